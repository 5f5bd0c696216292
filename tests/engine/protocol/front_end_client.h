// The other end of a UGI or GTP session, in one process: sends lines, keeps what comes back.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/clock.h"
#include "engine/game/registry.h"
#include "engine/protocol/protocols.h"
#include "gtest/gtest.h"

namespace tandem {

class FrontEndClient {
 public:
  FrontEndClient(Protocol protocol, std::string_view game, std::unique_ptr<Brain> brain, const Clock& clock = Clock::Real())
      : front_end_(NewFrontEnd(protocol, **FindGame(game), std::move(brain), clock, [this](std::string_view text) {
          absl::MutexLock lock(&mutex_);
          for (const absl::string_view line : absl::StrSplit(absl::string_view(text.data(), text.size()), '\n')) lines_.emplace_back(line);
        })) {}

  bool Send(std::string_view line) { return front_end_->Handle(line); }
  void Close() { front_end_->Close(); }
  FrontEnd& front_end() { return *front_end_; }
  std::vector<std::string> Take() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(lines_, {});
  }
  // What a command is answered with that is answered at once; lines joined.
  std::string Ask(std::string_view line) {
    Send(line);
    std::string text;
    for (const std::string& part : Take()) text += text.empty() ? part : "\n" + part;
    return text;
  }
  // Waits for a line that begins so; takes all up to it.
  std::vector<std::string> Await(std::string_view begin) {
    absl::MutexLock lock(&mutex_);
    const auto find = [&] {
      std::size_t i = 0;
      while (i < lines_.size() && lines_[i].substr(0, begin.size()) != begin) ++i;
      return i;
    };
    const auto found = [&] { return find() < lines_.size(); };
    // A minute stands for never.
    if (!mutex_.AwaitWithTimeout(absl::Condition(&found), absl::Minutes(1))) {
      ADD_FAILURE() << "no '" << begin << "' came";
      return {""};
    }
    const auto end = lines_.begin() + static_cast<std::ptrdiff_t>(find()) + 1;
    std::vector<std::string> taken(lines_.begin(), end);
    lines_.erase(lines_.begin(), end);
    return taken;
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> lines_;
  std::unique_ptr<FrontEnd> front_end_;  // last: it writes the lines
};

}  // namespace tandem
