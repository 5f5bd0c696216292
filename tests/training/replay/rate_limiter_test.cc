// The limiter's promises, over random schedules: neither side is ever stopped for good, the ratio stays in its band.
#include <gtest/gtest.h>

#include "engine/base/rng.h"
#include "training/replay/window.h"

namespace tandem {
namespace {

ReplayConfig Config(std::int64_t min_rows, double samples_per_row, double slack) {
  ReplayConfig config;
  config.set_min_rows(min_rows);
  config.set_samples_per_row(samples_per_row);
  config.set_samples_slack(slack);
  return config;
}

TEST(RateLimiterTest, SelfPlayAloneRunsBeforeMinRows) {
  const RateLimiter limiter(Config(1000, 8, 0.2));
  EXPECT_FALSE(limiter.MayTrain(999, 0));
  EXPECT_TRUE(limiter.MayPlay(999, 0));
  EXPECT_TRUE(limiter.MayPlay(999, 1 << 30));
  EXPECT_TRUE(limiter.MayTrain(1000, 0));
}

TEST(RateLimiterTest, HoldsBackEachSideAtItsEndOfTheBand) {
  const RateLimiter limiter(Config(1000, 8, 0.25));
  // 10,000 rows beyond min_rows: centre 80,000, half width 20,000.
  EXPECT_TRUE(limiter.MayTrain(11000, 99999));
  EXPECT_FALSE(limiter.MayTrain(11000, 100000));
  EXPECT_TRUE(limiter.MayPlay(11000, 60000));
  EXPECT_FALSE(limiter.MayPlay(11000, 59999));
}

TEST(RateLimiterTest, NeverStopsBothSides) {
  Rng rng(1);
  for (int trial = 0; trial < 100000; ++trial) {
    const RateLimiter limiter(Config(1 + rng.Below(5000), 0.01 + 50 * rng.Uniform(), 0.01 + 2 * rng.Uniform()));
    const std::int64_t rows = rng.Below(20000), samples = rng.Below(200000);
    EXPECT_TRUE(limiter.MayTrain(rows, samples) || limiter.MayPlay(rows, samples)) << rows << " " << samples;
  }
}

TEST(RateLimiterTest, KeepsTheRatioWhicheverSideIsFaster) {
  Rng rng(2);
  for (int trial = 0; trial < 50; ++trial) {
    const double ratio = 1 + 10 * rng.Uniform();
    const RateLimiter limiter(Config(500, ratio, 0.2));
    const int game_rows = 1 + static_cast<int>(rng.Below(60)), batch = 64 + static_cast<int>(rng.Below(512));
    const double play_share = 0.02 + 0.96 * rng.Uniform();  // who gets the processor
    std::int64_t rows = 0, samples = 0, steps_played = 0, steps_trained = 0;
    while (rows < 50000) {
      const bool plays = rng.Uniform() < play_share ? limiter.MayPlay(rows, samples) : !limiter.MayTrain(rows, samples);
      if (plays) {
        ASSERT_TRUE(limiter.MayPlay(rows, samples));
        rows += game_rows, ++steps_played;
      } else if (limiter.MayTrain(rows, samples)) {
        samples += batch, ++steps_trained;
      }
    }
    EXPECT_GT(steps_played, 0);
    EXPECT_GT(steps_trained, 0);
    const double reached = static_cast<double>(samples) / static_cast<double>(rows - 500);
    EXPECT_GT(reached, ratio * 0.78);
    EXPECT_LT(reached, ratio * 1.22);
  }
}

}  // namespace
}  // namespace tandem
