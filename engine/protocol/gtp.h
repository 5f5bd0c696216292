// The Go Text Protocol, version 2, for every game: Go, and Othello, Hex and Gomoku in the forms that their programs use (gtp_board.h).
// Analysis as in Leela Zero, KataGo and Sabaki. docs/gtp.md is its page for users.
//
// Commands are answered in order. Only an analysis goes on by itself: any further line, an empty one too, ends it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/protocol/brain.h"
#include "engine/protocol/front_end.h"
#include "engine/protocol/gtp_board.h"
#include "engine/protocol/gtp_clock.h"
#include "engine/protocol/session.h"

namespace tandem {

// Whether GTP has a command of this name, for any game.
bool IsGtpCommand(std::string_view name);

// How the moves of an analysis are written.
struct AnalysisStyle {
  bool decimals = false;  // winrate 0..1 (kata-), else percent times 100
  bool root_info = false;
  int max_moves = 500;
};

// "info move D4 visits 10 winrate 5120 prior 900 lcb 4800 order 0 pv D4 E5 info move ..." in the view of the side to move. The lower
// confidence bound is that of a binomial share at two standard deviations, lcb = w - 2 sqrt(w (1 - w) / visits).
std::string AnalysisLine(const SearchReport& report, const AnalysisStyle& style);

class Gtp : public FrontEnd, private SessionObserver {
 public:
  Gtp(const Game& game, std::unique_ptr<Brain> brain, const Clock& clock, LineSink sink);

  bool Handle(std::string_view line) override;
  void SetOption(std::string_view name, std::string_view value) override;
  void Close() override;

  using Words = std::span<const std::string_view>;
  using Answer = absl::StatusOr<std::string>;  // the text behind "=", or behind "?"
  struct Command {
    std::string_view name;
    Answer (Gtp::*run)(Words words);
    int num_words = 0;         // at least
    std::string_view usage{};  // of its words
    std::string_view game{};   // the one game that has it; empty: all
  };
  static std::span<const Command> Commands();

 private:
  // A search whose reports are shown.
  struct Analysis {
    bool open = false;   // the end of the answer is still to come
    bool plays = false;  // its move is played when it has ended
    int player = 0;
    AnalysisStyle style;
    absl::Duration interval;
    absl::Time next;
  };

  void OnMessage(std::string_view text) override;
  void OnText(std::string_view) override {}
  void OnGame(const Game&) override {}
  void OnProgress(const SearchReport& report) override;
  void OnFinished(const SearchReport& report) override;

  // gtp.cc: lines, searches.
  const Command* Find(std::string_view name) const;
  void Say(std::string_view line);
  void EndAnalysis();
  absl::Status SetGame(std::string_view spec);
  void BeginGame(const Game& game);
  absl::StatusOr<int> ReadColor(std::string_view word) const;
  // The move that a search finds for `player`; kNoAction when the game is over. With `among`,
  // texts of legal moves, it is one of them, also when passes have ended the game.
  absl::StatusOr<Action> Choose(int player, std::vector<std::string> among = {});
  absl::StatusOr<std::string> PlayChosen(int player, Action action);
  SearchRequest RequestFor(int player) const;
  std::string SearchedText(Action action) const;

  // gtp_commands.cc: the program, the board, moves.
  Answer ProtocolVersion(Words) { return "2"; }
  Answer Name(Words) { return "Tandem"; }
  Answer ShowVersion(Words);
  Answer KnownCommand(Words words);
  Answer ListCommands(Words);
  Answer Quit(Words);
  Answer BoardSize(Words words);
  Answer ClearBoard(Words);
  Answer Komi(Words words);
  Answer GetKomi(Words);
  Answer Play(Words words);
  Answer Undo(Words);
  Answer ShowBoard(Words);
  Answer AllLegal(Words words);
  Answer SetGameByName(Words words);
  Answer ListGames(Words);
  Answer ParamGame(Words words);
  Answer ReadOption(Words words);
  Answer LoadSgf(Words words);
  Answer PrintSgf(Words words);
  Answer ClearCache(Words);
  Answer CpuTime(Words);

  // gtp_rules.cc: Go's handicaps, rules, scores and dead stones; clocks.
  Answer FixedHandicap(Words words);
  Answer PlaceFreeHandicap(Words words);
  Answer SetFreeHandicap(Words words);
  Answer FinalScoreText(Words);
  Answer FinalStatusList(Words words);
  Answer GenMoveCleanup(Words words);
  std::vector<std::string> MovesBesideTheDead(int player) const;
  Answer GetRules(Words);
  Answer SetRules(Words words);
  Answer TimeSettings(Words words);
  Answer TimeLeft(Words words);
  Answer KgsTimeSettings(Words words);
  absl::StatusOr<FinalScore> ScoreNow() const;
  double KomiNow() const;

  // gtp_analysis.cc
  Answer GenMove(Words words);
  Answer RegGenMove(Words words);
  Answer Analyze(Words words);
  Answer KataAnalyze(Words words);
  Answer GenMoveAnalyze(Words words);
  Answer KataGenMoveAnalyze(Words words);
  Answer Stop(Words) { return ""; }
  Answer GoguiAnalyzeCommands(Words);
  Answer StartAnalysis(Words words, bool decimals, bool plays);

  const Clock& clock_;
  const LineSink sink_;
  GtpGame game_;
  GtpClock time_;
  double komi_;  // the client's word for it
  bool quit_ = false;
  std::string id_;  // of the command that is being obeyed

  // Set while idle, used by the searching thread while it searches.
  Analysis analysis_;
  std::optional<Action> decision_;  // of the last search; kNoAction when there was no move
  std::string played_text_;         // of an analysis that plays
  absl::Duration search_time_;

  absl::Mutex mutex_;
  std::optional<std::string> complaint_ ABSL_GUARDED_BY(mutex_);  // of an option, where one is listened for
  Session session_;                                               // last: its thread calls back
};

}  // namespace tandem
