#include "engine/protocol/gtp_clock.h"

#include <algorithm>

namespace tandem {

void GtpClock::Set(absl::Duration main_time, absl::Duration period, int stones) {
  main_time_ = main_time;
  period_ = period;
  stones_ = stones;
  limited_ = period > absl::ZeroDuration() ? stones > 0 : main_time > absl::ZeroDuration();
  Reset();
}

void GtpClock::Reset() {
  const bool has_main = main_time_ > absl::ZeroDuration();
  left_.fill(has_main ? Left{main_time_, 0} : Left{period_, stones_});
}

void GtpClock::Tell(int player, absl::Duration left, int stones) {
  limited_ = true;
  left_[player] = {left, stones};
}

void GtpClock::Spend(int player, absl::Duration used) {
  Left& left = left_[player];
  if (!limited_) return;
  left.time -= used;
  if (left.stones == 0) {
    if (left.time > absl::ZeroDuration() || stones_ == 0) return;
    // Main time is over; what it was overdrawn by is taken from the first period.
    left = {left.time + period_, stones_};
    return;
  }
  if (--left.stones == 0) left = {period_, stones_};
}

void GtpClock::Limit(int player, SearchRequest* request) const {
  if (!limited_) return;
  const Left& left = left_[player];
  request->remaining[player] = std::max(left.time, absl::ZeroDuration());
  if (left.stones > 0) {
    request->moves_to_go = left.stones;
  } else if (stones_ > 0) {
    // The periods to come allow as much for each move of the main time too.
    request->increment[player] = period_ / stones_;
  }
}

}  // namespace tandem
