// Time as a dependency: production code takes a Clock, tests pass a FakeClock and never sleep.
#pragma once

#include <atomic>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tandem {

// Thread-safe. Now() never goes back.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
  static const Clock& Real();  // monotonic, started at the wall clock's time
};

class FakeClock : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + absl::Nanoseconds(nanoseconds_.load()); }
  void Advance(absl::Duration duration) { nanoseconds_ += absl::ToInt64Nanoseconds(duration); }

 private:
  std::atomic<std::int64_t> nanoseconds_{0};
};

}  // namespace tandem
