// Clocks: the real one never goes back, the fake one obeys.

#include "engine/base/clock.h"

#include <gtest/gtest.h>

namespace tandem {
namespace {

TEST(ClockTest, TheRealClockNeverGoesBack) {
  absl::Time last = Clock::Real().Now();
  for (int i = 0; i < 10000; ++i) {
    const absl::Time now = Clock::Real().Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(ClockTest, TheRealClockTellsTheTimeOfDay) { EXPECT_LT(absl::AbsDuration(Clock::Real().Now() - absl::Now()), absl::Minutes(1)); }

TEST(ClockTest, TheFakeClockMovesOnlyWhenTold) {
  FakeClock clock;
  const absl::Time start = clock.Now();
  EXPECT_EQ(clock.Now(), start);
  clock.Advance(absl::Milliseconds(1500));
  EXPECT_EQ(clock.Now() - start, absl::Milliseconds(1500));
}

}  // namespace
}  // namespace tandem
