#include "training/learner/schedule.h"

#include <gtest/gtest.h>

namespace tandem {
namespace {

LearnerConfig Config() {
  LearnerConfig config;
  config.set_learning_rate(0.1);
  config.set_learning_rate_final(0.2);
  config.set_warmup_steps(10);
  return config;
}

TEST(ScheduleTest, WarmsUpLinearly) {
  EXPECT_DOUBLE_EQ(LearningRate(Config(), 0, -1), 0.01);
  EXPECT_DOUBLE_EQ(LearningRate(Config(), 4, -1), 0.05);
  EXPECT_DOUBLE_EQ(LearningRate(Config(), 9, -1), 0.1);
}

TEST(ScheduleTest, StaysConstantWhenTheEndIsUnknown) { EXPECT_DOUBLE_EQ(LearningRate(Config(), 1'000'000, -1), 0.1); }

TEST(ScheduleTest, FollowsTheProgressOfALimitedRun) {
  EXPECT_DOUBLE_EQ(LearningRate(Config(), 100, 0), 0.1);
  EXPECT_NEAR(LearningRate(Config(), 100, 0.5), 0.1 * (0.2 + 0.8 * 0.5), 1e-12);
  EXPECT_NEAR(LearningRate(Config(), 100, 1), 0.02, 1e-12);
  EXPECT_NEAR(LearningRate(Config(), 100, 7), 0.02, 1e-12);
}

TEST(ScheduleTest, DecaysOverItsStepsAfterTheWarmUp) {
  LearnerConfig config = Config();
  config.set_decay_steps(100);
  EXPECT_DOUBLE_EQ(LearningRate(config, 10, 0.9), 0.1);
  EXPECT_NEAR(LearningRate(config, 60, 0.1), 0.1 * (0.2 + 0.8 * 0.5), 1e-12);
  EXPECT_NEAR(LearningRate(config, 5000, 0.1), 0.02, 1e-12);
}

TEST(ScheduleTest, AverageForgetsTheStartFast) {
  LearnerConfig config;
  config.set_ema_decay(0.99);
  EXPECT_DOUBLE_EQ(AverageDecay(config, 0), 0.1);
  EXPECT_DOUBLE_EQ(AverageDecay(config, 1'000'000), 0.99);
}

}  // namespace
}  // namespace tandem
