// The Universal Chess Interface over any pair of streams, for every registered game. docs/uci.md is its page for users.
//
//   Uci uci(game, NewNetworkBrain(), Clock::Real(), [](std::string_view line) { std::cout << line << std::endl; });
//   uci.Run(std::cin);  // until "quit" or the end of the input
#pragma once

#include <functional>
#include <istream>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/clock.h"
#include "engine/protocol/brain.h"
#include "engine/protocol/session.h"

namespace tandem {

// Handle and Run belong to one thread; lines go out from that one and the searching one, whole and one at a time.
class Uci : private SessionObserver {
 public:
  using Sink = std::function<void(std::string_view line)>;  // without the line's end; must not call Uci

  Uci(const Game& game, std::unique_ptr<Brain> brain, const Clock& clock, Sink sink);

  // Obeys one line; false after "quit".
  bool Handle(std::string_view line);
  // Obeys lines until "quit" or the end of the input, then ends a running search.
  void Run(std::istream& input);
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
  void SetOption(Words words);
  void ShowBoard();
  void ShowMoves();
  void ShowOpinion();
  void Say(std::string_view line);
  void SayLines(const SearchReport& report);

  const Sink sink_;
  bool debug_ = false;
  absl::Mutex mutex_;  // one line at a time
  Session session_;    // last: its thread calls all of the above
};

// One "info" line of a report: move number `index` of its result, shown as line `multipv`.
std::string InfoLine(const SearchReport& report, int index, int multipv);

}  // namespace tandem
