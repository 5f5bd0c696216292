// The Universal Chess Interface over any pair of streams, for every registered game. docs/uci.md is its page for users.
//
//   Uci uci(game, NewNetworkBrain(), Clock::Real(), [](std::string_view line) { std::cout << line << std::endl; });
//   RunFrontEnd(uci, std::cin);  // until "quit" or the end of the input
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/clock.h"
#include "engine/protocol/brain.h"
#include "engine/protocol/front_end.h"
#include "engine/protocol/session.h"

namespace tandem {

// What differs between protocols that are built like UCI.
struct UciStyle {
  std::string_view ready_word = "uciok";  // ends the list of options
  bool fairy_names = true;                // names of other programs for our games bring their notation along
};

class Uci : public FrontEnd, private SessionObserver {
 public:
  Uci(const Game& game, std::unique_ptr<Brain> brain, const Clock& clock, LineSink sink, UciStyle style = {});

  bool Handle(std::string_view line) override;
  void SetOption(std::string_view name, std::string_view value) override;
  void Close() override;
  void Say(std::string_view line);
  void Inform(std::string_view text) { OnMessage(text); }  // "info string TEXT"
  const State* position() const { return session_.position(); }
  // Waits for the end of the search that runs now, if any.
  void WaitUntilIdle() { session_.WaitUntilIdle(); }

 private:
  using Words = std::span<const std::string_view>;

  void OnMessage(std::string_view text) override;
  void OnText(std::string_view line) override;
  void OnGame(const Game& game) override;
  void OnProgress(const SearchReport& report) override;
  void OnFinished(const SearchReport& report) override;

  bool Obey(std::string_view command, Words words);
  void Extra(std::string_view command);
  void SayHello();
  void Go(Words words);
  void SetPosition(Words words);
  void ReadOption(Words words);
  void ShowBoard();
  void ShowMoves();
  void ShowOpinion();
  void SayLines(const SearchReport& report);
  void SayMoveStats(const SearchReport& report);

  const UciStyle style_;
  const LineSink sink_;
  bool debug_ = false;
  absl::Mutex mutex_;  // one line at a time
  Session session_;    // last: its thread calls all of the above
};

// One "info" line of a report: move number `index` of its result, shown as line `multipv`.
std::string InfoLine(const SearchReport& report, int index, int multipv);

}  // namespace tandem
