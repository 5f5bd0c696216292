// Rates over a window, time left, and metric names that the documentation knows.

#include "training/metrics/loop_status.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include "engine/base/clock.h"
#include "engine/base/file.h"

namespace tandem {
namespace {

LoopStatus StatusAt(std::int64_t n) {
  LoopStatus status;
  status.games = n;
  status.moves = 10 * n;
  status.simulations = 1000 * n;
  status.step.step = n / 2;
  status.evaluator.requests = 1000 * n;
  status.evaluator.evaluations = 500 * n;
  status.evaluator.cache_hits = 400 * n;
  status.evaluator.duplicates = 100 * n;
  status.evaluator.batches = 5 * n;
  status.evaluator.network_nanoseconds = 1500000000 * n;
  return status;
}

TEST(RateMeterTest, TheFirstLookHasNoRates) {
  RateMeter meter;
  EXPECT_EQ(meter.Update(StatusAt(100), absl::UnixEpoch()).games_per_second, 0);
}

TEST(RateMeterTest, RatesAreDifferencesPerSecond) {
  FakeClock clock;
  RateMeter meter;
  meter.Update(StatusAt(100), clock.Now());
  clock.Advance(absl::Seconds(2));
  const LoopRates rates = meter.Update(StatusAt(104), clock.Now());
  EXPECT_DOUBLE_EQ(rates.games_per_second, 2);
  EXPECT_DOUBLE_EQ(rates.moves_per_second, 20);
  EXPECT_DOUBLE_EQ(rates.simulations_per_second, 2000);
  EXPECT_DOUBLE_EQ(rates.evaluations_per_second, 1000);
  EXPECT_DOUBLE_EQ(rates.steps_per_second, 1);
  EXPECT_DOUBLE_EQ(rates.mean_batch, 100);
  EXPECT_DOUBLE_EQ(rates.cache_share, 0.5);
  EXPECT_DOUBLE_EQ(rates.network_threads, 3);
}

TEST(RateMeterTest, ForgetsWhatIsOlderThanTheWindow) {
  FakeClock clock;
  RateMeter meter(absl::Seconds(10));
  LoopRates rates;
  // A game a second for a minute, then ten seconds of nothing.
  for (int second = 0; second <= 70; ++second) {
    rates = meter.Update(StatusAt(std::min(second, 60)), clock.Now());
    if (second == 60) {
      EXPECT_DOUBLE_EQ(rates.games_per_second, 1);
    }
    if (second == 65) {
      EXPECT_DOUBLE_EQ(rates.games_per_second, 0.5);
    }
    clock.Advance(absl::Seconds(1));
  }
  EXPECT_DOUBLE_EQ(rates.games_per_second, 0);
  EXPECT_DOUBLE_EQ(rates.mean_batch, 0);
  EXPECT_DOUBLE_EQ(rates.cache_share, 0);
}

TEST(RateMeterTest, CountersThatFellGiveNoNegativeRates) {
  FakeClock clock;
  RateMeter meter;
  meter.Update(StatusAt(100), clock.Now());
  clock.Advance(absl::Seconds(1));
  EXPECT_EQ(meter.Update(StatusAt(1), clock.Now()).evaluations_per_second, 0);
}

TEST(TimeLeftTest, IsUntilTheFirstLimit) {
  LoopStatus status;
  LoopRates rates;
  EXPECT_EQ(TimeLeft(status, rates), absl::InfiniteDuration());
  status.seconds = 40;
  status.limit_seconds = 100;
  EXPECT_EQ(TimeLeft(status, rates), absl::Seconds(60));
  status.games = 80;
  status.limit_games = 100;
  EXPECT_EQ(TimeLeft(status, rates), absl::Seconds(60));
  rates.games_per_second = 2;
  EXPECT_EQ(TimeLeft(status, rates), absl::Seconds(10));
  status.games = 120;
  EXPECT_EQ(TimeLeft(status, rates), absl::ZeroDuration());
}

TEST(LoopMetricsTest, LeavesTheLearnerOutBeforeItsFirstStep) {
  for (const Metric& metric : LoopMetrics(LoopStatus(), LoopRates())) EXPECT_NE(metric.name.substr(0, 8), "learner/");
}

TEST(LoopMetricsTest, ShowsThePolicyLossAboveItsFloor) {
  LoopStatus status = StatusAt(10);
  status.step.policy_loss = 1.5;
  status.step.policy_entropy = 1.25;
  for (const Metric& metric : LoopMetrics(status, LoopRates())) {
    if (metric.name == "learner/policy_kl_nats") {
      EXPECT_DOUBLE_EQ(metric.value, 0.25);
    }
  }
}

TEST(LoopMetricsTest, EveryNameIsUniqueAndDocumented) {
  const auto page = std::filesystem::canonical("WORKSPACE").parent_path() / "docs/run_directory.md";
  const std::string text = ReadFile(page).value();
  std::set<std::string> names;
  for (const Metric& metric : LoopMetrics(StatusAt(10), LoopRates())) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_NE(text.find("| `" + metric.name + "` |"), std::string::npos) << metric.name << " has no row in " << page;
  }
}

}  // namespace
}  // namespace tandem
