// The two clocks of a GTP game: what the client has set and told, and what was used since, as limits of a search.
#pragma once

#include <array>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "engine/protocol/session.h"

namespace tandem {

// Main time, then periods of `period` for `stones` moves each: Canadian byo-yomi. Japanese byo-yomi is the same with one stone a period.
// Thread-compatible.
class GtpClock {
 public:
  // GTP's own convention: a period for no stones is no limit. All zero means none as well, as nobody can play on it.
  void Set(absl::Duration main_time, absl::Duration period, int stones);
  void SetUnlimited() { Set(absl::ZeroDuration(), absl::ZeroDuration(), 0); }
  // What the client's clock shows: `stones` to play in `left`, or 0 stones and main time.
  void Tell(int player, absl::Duration left, int stones);
  // A new game with the same settings.
  void Reset();
  // A move of `player` took `used`. Clients that tell the time correct it.
  void Spend(int player, absl::Duration used);

  bool limited() const { return limited_; }
  // Adds the limits of a move of `player`; nothing when there are none.
  void Limit(int player, SearchRequest* request) const;

 private:
  struct Left {
    absl::Duration time;
    int stones = 0;  // 0: main time
  };

  bool limited_ = false;
  absl::Duration main_time_ = absl::ZeroDuration();
  absl::Duration period_ = absl::ZeroDuration();
  int stones_ = 0;
  std::array<Left, 2> left_;
};

}  // namespace tandem
