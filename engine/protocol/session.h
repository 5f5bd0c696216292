// Session: what all text protocols share. A game, a position with the moves that led to it, options, and one search at a time on a
// thread of its own, which thinks, ponders and stops on command. A front-end (uci.h) turns words into calls and reports into words.
//
// Promises: every Search ends in exactly one OnFinished; nothing of an older search is reported after it; a search that was told to be
// infinite or to ponder ends only by Stop (or, pondering, after PonderHit), whatever it has found; Stop never waits.
//
// Calls come from one thread, the control thread. Reports come from the searching thread, but for the end that StopNow tells itself;
// messages from both.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/game/state.h"
#include "engine/protocol/brain.h"
#include "engine/protocol/options.h"
#include "engine/search/planner.h"

namespace tandem {

// What a search is asked for. The first limit that is met ends it. Without any, Settings::simulations holds, and when that is 0 the
// search lasts until Stop. At least one simulation is made whatever the limits say.
struct SearchRequest {
  std::vector<std::string> root_moves;                     // only these moves; empty = all
  std::optional<std::int64_t> nodes;                       // simulations
  std::optional<int> depth;                                // plies of the principal variation
  std::optional<int> mate;                                 // until the result is proven
  std::optional<absl::Duration> move_time;                 // of this move
  std::array<std::optional<absl::Duration>, 2> remaining;  // on the clocks of first and second player; when the mover's is not given,
                                                           // the other's is taken for it
  std::array<absl::Duration, 2> increment = {absl::ZeroDuration(), absl::ZeroDuration()};
  int moves_to_go = 0;  // to the next time control; 0 = the rest of the game
  bool infinite = false;
  bool ponder = false;  // the clock starts at PonderHit

  bool HasClock() const;
};

// How a search stands, or stood at its end. Points into memory that is valid during the call.
struct SearchReport {
  const State* root = nullptr;           // null when the position was refused
  const SearchResult* result = nullptr;  // null when there is no move to choose
  std::span<const Action> root_actions;  // the moves that were asked for; empty = all
  std::int64_t simulations = 0;          // since the search began, pondering included
  absl::Duration elapsed;
  const Settings* settings = nullptr;
  bool is_news = true;  // false when the end is just as the last OnProgress had it
};

// Implementations are thread-safe and do not call the session.
class SessionObserver {
 public:
  virtual ~SessionObserver() = default;
  virtual void OnMessage(std::string_view text) = 0;  // one line for people
  virtual void OnText(std::string_view line) = 0;     // output that was asked for
  virtual void OnGame(const Game& game) = 0;          // an option has changed the game
  virtual void OnProgress(const SearchReport& report) = 0;
  virtual void OnFinished(const SearchReport& report) = 0;
};

// The network's opinion of one position, mover's view.
struct RawOpinion {
  Evaluation evaluation;
  std::vector<std::pair<Action, float>> prior;  // LegalActions order, sums to 1
};

class Session {
 public:
  // `observer` and `clock` outlive the session.
  Session(const Game& game, std::unique_ptr<Brain> brain, const Clock& clock, SessionObserver* observer, bool fairy_names = true);
  ~Session();  // stops; a running search still reports its end
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const Options& options() const { return options_; }
  // While searching the option waits for the search's end; errors are messages.
  void SetOption(std::string name, std::string value);
  // Loads the network where that is due; nothing while searching.
  void Ready();
  // Ends a search. Trees, caches and random numbers are as in a fresh session; the position is the start.
  void NewGame();
  // Ends a search. The game's start, or the position of `text`, and then `moves`. On error a message says why, and there is no position
  // until the next call: searches end without a move.
  // Both may be in the game's notation or, where the game has one, in Fairy-Stockfish's (engine/notation/variant.h).
  void SetPosition(std::optional<std::string_view> text, std::span<const std::string> moves);
  // The same with a position at hand, of the game in play.
  void SetPosition(std::unique_ptr<State> state);
  // Null when the last SetPosition failed.
  const State* position() const { return position_.get(); }

  // Ends a running search first.
  void Search(SearchRequest request);
  // The text of a legal move of `state` in the dialect of the client.
  std::string MoveText(const State& state, Action action) const;
  std::string PositionText() const;  // of position(), which is not null
  // Counts sequences of `depth` moves, by first move, as OnText.
  void Perft(int depth);
  void Stop();  // idle: nothing
  // Stop, and an answer soon: when the searching thread has not reported its end after a moment (it gets no processor on a machine under
  // load, or a batch takes long), that end is reported from here with what the search had said last, if it had said anything.
  void StopNow();
  void PonderHit();  // not pondering: nothing
  bool searching() const;
  void WaitUntilIdle();  // for the end of the search, without stopping it

  // kFailedPrecondition while searching or without a position in play.
  absl::StatusOr<RawOpinion> Opinion();

 private:
  struct Job;

  void ApplyOption(const std::string& name, const std::string& value);
  void ApplyWaitingOptions();
  void StopAndWait();
  void Prepare();
  absl::Status FindRootActions(const std::vector<std::string>& moves, std::vector<Action>* actions) const;
  void Post(std::unique_ptr<Job> job);

  // On the searching thread.
  void Work();
  void RunSearch(Job& job);
  void RunPerft(Job& job);
  bool Think(Job& job, const SearchLimits& limits);
  void ThinkWithoutNetwork(Job& job, const SearchLimits& limits, const absl::Status& why);
  bool AwaitRelease(bool infinite);
  SearchReport Report(const Job& job) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(report_mutex_);
  void ReportEnd(Job& job) ABSL_EXCLUSIVE_LOCKS_REQUIRED(report_mutex_);

  const Clock& clock_;
  SessionObserver* const observer_;

  // Of the control thread, and lent to the searching thread while a search runs.
  const std::unique_ptr<Brain> brain_;
  std::unique_ptr<Planner> planner_;

  // Of the control thread.
  Options options_;
  std::vector<std::pair<std::string, std::string>> waiting_options_;
  std::unique_ptr<State> position_;
  bool network_due_ = true;
  std::uint64_t num_searches_ = 0;  // in this game

  // Held while a search is reported, so that nothing comes after its end. Taken before mutex_.
  absl::Mutex report_mutex_;
  Job* running_ ABSL_GUARDED_BY(report_mutex_) = nullptr;  // the search that is being made

  mutable absl::Mutex mutex_;
  std::unique_ptr<Job> job_ ABSL_GUARDED_BY(mutex_);  // waits for the searching thread
  bool searching_ ABSL_GUARDED_BY(mutex_) = false;    // from Post to after the last report
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;    // its end is being reported
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool pondering_ ABSL_GUARDED_BY(mutex_) = false;
  bool leaving_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time clock_start_ ABSL_GUARDED_BY(mutex_);  // when the mover's clock began to run
  std::stop_source stop_ ABSL_GUARDED_BY(mutex_);   // of what the planner does now

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace tandem
