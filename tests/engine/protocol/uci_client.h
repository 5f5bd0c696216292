// The other end of a UCI session, in one process: sends lines, keeps what comes back.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/clock.h"
#include "engine/game/registry.h"
#include "engine/protocol/uci.h"
#include "gtest/gtest.h"

namespace tandem {

class UciClient {
 public:
  UciClient(std::string_view game, std::unique_ptr<Brain> brain, const Clock& clock = Clock::Real())
      : uci_(**FindGame(game), std::move(brain), clock, [this](std::string_view line) {
          absl::MutexLock lock(&mutex_);
          lines_.emplace_back(line);
        }) {}

  bool Send(std::string_view line) { return uci_.Handle(line); }
  Uci& uci() { return uci_; }

  // Takes the lines up to the first that begins with `word`; fails when it does not come.
  std::vector<std::string> Await(std::string_view word) {
    absl::MutexLock lock(&mutex_);
    const auto found = [this, word] { return Find(word) < lines_.size(); };
    // A minute stands for never.
    if (!mutex_.AwaitWithTimeout(absl::Condition(&found), absl::Minutes(1))) {
      ADD_FAILURE() << "no '" << word << "' came";
      return {""};
    }
    const std::size_t end = Find(word) + 1;
    std::vector<std::string> taken(lines_.begin(), lines_.begin() + end);
    lines_.erase(lines_.begin(), lines_.begin() + end);
    return taken;
  }
  // Sends and takes what comes up to `word`.
  std::vector<std::string> Ask(std::string_view line, std::string_view word) {
    Send(line);
    return Await(word);
  }
  // What has come by now and was not taken.
  std::vector<std::string> Take() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(lines_, {});
  }
  // The move of the search that `go` begins.
  std::string BestMove(std::string_view go) { return WordAfter(Ask(go, "bestmove").back(), "bestmove"); }

  static bool Begins(std::string_view line, std::string_view word) {
    return line.substr(0, word.size()) == word && (line.size() == word.size() || line[word.size()] == ' ');
  }
  static std::string WordAfter(const std::string& line, std::string_view word) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
      if (words[i] == word) return words[i + 1];
    }
    return "";
  }
  static int Count(const std::vector<std::string>& lines, std::string_view word) {
    int count = 0;
    for (const std::string& line : lines) count += Begins(line, word);
    return count;
  }

 private:
  std::size_t Find(std::string_view word) const {
    std::size_t i = 0;
    while (i < lines_.size() && !Begins(lines_[i], word)) ++i;
    return i;
  }

  absl::Mutex mutex_;
  std::vector<std::string> lines_;
  Uci uci_;
};

}  // namespace tandem
