#include "training/learner/learner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "engine/base/file.h"
#include "engine/net/spec.h"
#include "tests/game_named.h"
#include "tests/training/learner/random_batch.h"
#include "training/learner/schedule.h"

namespace tandem {
namespace {

std::unique_ptr<Learner> MakeOrDie(const Game& game, const RunConfig& config, Precision precision = Precision::kAuto) {
  auto learner = NewLearner(game, config, {.precision = precision});
  TANDEM_CHECK(learner.ok());
  return *std::move(learner);
}

std::string Bytes(const Learner& learner) { return SerializeWeights(learner.AveragedWeights()); }

void Train(Learner& learner, const TrainingBatch& batch, int steps) {
  for (int i = 0; i < steps; ++i) {
    const auto report = learner.Step(batch, -1);
    ASSERT_TRUE(report.ok()) << report.status();
    ASSERT_FALSE(report->skipped);
  }
}

std::filesystem::path FreshDirectory(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove_all(path);
  return path;
}

TEST(LearnerTest, LearnsASmallBatchByHeart) {
  for (LearnerConfig::Optimizer optimizer : {LearnerConfig::ADAMW, LearnerConfig::SGD}) {
    const Game& game = GameNamed("tic_tac_toe");
    RunConfig config = SmallConfig();
    config.mutable_learner()->set_optimizer(optimizer);
    config.mutable_learner()->set_moves_left_weight(1);  // as urgent as the others, or it would take more steps
    if (optimizer == LearnerConfig::SGD) config.mutable_learner()->set_learning_rate(0.1);
    const auto learner = MakeOrDie(game, config);
    const TrainingBatch batch = RandomBatch(game.facts(), 16, 1);
    Train(*learner, batch, 150);
    const auto report = learner->Step(batch, -1);
    ASSERT_TRUE(report.ok());
    EXPECT_LT(report->policy_loss - report->policy_entropy, 0.03) << LearnerConfig::Optimizer_Name(optimizer);
    EXPECT_GE(report->policy_loss, report->policy_entropy - 1e-5);
    EXPECT_LT(report->value_loss, 0.05);
    EXPECT_LT(report->moves_left_loss, 0.02);
  }
}

TEST(LearnerTest, LearnsOwnershipWhereTheGameHasIt) {
  const Game& game = GameNamed("othello:size=6");
  ASSERT_TRUE(game.facts().has_ownership);
  const auto learner = MakeOrDie(game, SmallConfig());
  const TrainingBatch batch = RandomBatch(game.facts(), 4, 2);
  const auto first = learner->Step(batch, -1);
  ASSERT_TRUE(first.ok()) << first.status();
  Train(*learner, batch, 100);
  const auto last = learner->Step(batch, -1);
  EXPECT_LT(last->ownership_loss, 0.9 * first->ownership_loss);
  EXPECT_LT(last->margin_loss, 0.5 * first->margin_loss + 1e-4);
}

TEST(LearnerTest, EveryTrainedTensorMoves) {
  for (const char* spec : {"connect_four", "othello:size=6"}) {
    const Game& game = GameNamed(spec);
    RunConfig config = SmallConfig();
    config.mutable_learner()->set_weight_decay(0);
    const auto learner = MakeOrDie(game, config);
    const Weights before = learner->AveragedWeights();
    Train(*learner, RandomBatch(game.facts(), 16, 3), 5);
    const Weights after = learner->AveragedWeights();
    for (const auto& [name, tensor] : before.tensors) EXPECT_NE(tensor.data, after.tensors.at(name).data) << spec << " " << name;
  }
}

TEST(LearnerTest, EqualSeedsGiveEqualBytes) {
  const Game& game = GameNamed("connect_four");
  const TrainingBatch batch = RandomBatch(game.facts(), 16, 4);
  const auto a = MakeOrDie(game, SmallConfig());
  const auto b = MakeOrDie(game, SmallConfig());
  Train(*a, batch, 10);
  Train(*b, batch, 10);
  EXPECT_EQ(Bytes(*a), Bytes(*b));
}

TEST(LearnerTest, ResumedTrainingEqualsUninterruptedTraining) {
  for (LearnerConfig::Optimizer optimizer : {LearnerConfig::ADAMW, LearnerConfig::SGD}) {
    const Game& game = GameNamed("connect_four");
    RunConfig config = SmallConfig();
    config.mutable_learner()->set_optimizer(optimizer);
    const TrainingBatch batch = RandomBatch(game.facts(), 16, 5);
    const std::filesystem::path directory = FreshDirectory("learner_resume");
    const auto whole = MakeOrDie(game, config);
    Train(*whole, batch, 5);
    ASSERT_TRUE(whole->Save(directory).ok());
    config.set_seed(99);  // other start values, which Load replaces
    const auto resumed = MakeOrDie(game, config);
    const absl::Status loaded = resumed->Load(directory);
    ASSERT_TRUE(loaded.ok()) << loaded;
    EXPECT_EQ(resumed->step(), 5);
    EXPECT_EQ(Bytes(*resumed), Bytes(*whole));
    Train(*whole, batch, 5);
    Train(*resumed, batch, 5);
    EXPECT_EQ(Bytes(*resumed), Bytes(*whole));
  }
}

TEST(LearnerTest, SaveReplacesAnOlderDirectory) {
  const Game& game = GameNamed("tic_tac_toe");
  const std::filesystem::path directory = FreshDirectory("learner_replace");
  const auto learner = MakeOrDie(game, SmallConfig());
  ASSERT_TRUE(learner->Save(directory).ok());
  Train(*learner, RandomBatch(game.facts(), 4, 1), 2);
  ASSERT_TRUE(learner->Save(directory).ok());
  ASSERT_TRUE(learner->Load(directory).ok());
  EXPECT_EQ(learner->step(), 2);
  EXPECT_FALSE(std::filesystem::exists(directory.string() + ".tmp"));
  EXPECT_FALSE(std::filesystem::exists(directory.string() + ".old"));
}

TEST(LearnerTest, ABadCheckpointChangesNothing) {
  const Game& game = GameNamed("tic_tac_toe");
  const auto learner = MakeOrDie(game, SmallConfig());
  const std::string before = Bytes(*learner);
  EXPECT_EQ(learner->Load(FreshDirectory("learner_absent")).code(), absl::StatusCode::kNotFound);

  const std::filesystem::path directory = FreshDirectory("learner_corrupt");
  RunConfig larger = SmallConfig();
  larger.mutable_network()->set_channels(20);
  const auto other = MakeOrDie(game, larger);
  Train(*other, RandomBatch(game.facts(), 4, 1), 1);
  ASSERT_TRUE(other->Save(directory).ok());
  EXPECT_EQ(learner->Load(directory).code(), absl::StatusCode::kInvalidArgument);
  const auto other_game = MakeOrDie(GameNamed("connect_four"), SmallConfig());
  EXPECT_EQ(other_game->Load(directory).code(), absl::StatusCode::kInvalidArgument);

  std::fstream file(directory / "training.safetensors", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-1, std::ios::end);
  file.put('\x41');
  file.close();
  EXPECT_EQ(learner->Load(directory).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Bytes(*learner), before);
}

TEST(LearnerTest, SkipsStepsThatAreNotFiniteAndRollsBackAfterThree) {
  const Game& game = GameNamed("tic_tac_toe");
  const TrainingBatch good = RandomBatch(game.facts(), 8, 6);
  TrainingBatch bad = good;
  bad.planes[3] = std::numeric_limits<float>::quiet_NaN();
  const auto learner = MakeOrDie(game, SmallConfig());
  Train(*learner, good, 3);
  ASSERT_TRUE(learner->Save(FreshDirectory("learner_bad")).ok());
  const Weights saved = learner->AveragedWeights();
  Train(*learner, good, 2);
  const std::string before = Bytes(*learner);
  for (int i = 0; i < 2; ++i) {
    const auto report = learner->Step(bad, -1);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->skipped);
    EXPECT_FALSE(report->rolled_back);
    EXPECT_EQ(Bytes(*learner), before);
  }
  const auto third = learner->Step(bad, -1);
  ASSERT_TRUE(third.ok());
  EXPECT_TRUE(third->rolled_back);
  EXPECT_EQ(learner->step(), 5);
  for (const auto& [name, tensor] : learner->AveragedWeights().tensors) EXPECT_EQ(tensor.data, saved.tensors.at(name).data) << name;
  Train(*learner, good, 2);
}

TEST(LearnerTest, AverageFollowsItsFormula) {
  const Game& game = GameNamed("tic_tac_toe");
  const TrainingBatch batch = RandomBatch(game.facts(), 8, 7);
  RunConfig config = SmallConfig();
  config.mutable_learner()->set_ema_decay(0);
  const auto raw = MakeOrDie(game, config);  // its average is the raw weights
  config.mutable_learner()->set_ema_decay(0.9);
  const auto averaged = MakeOrDie(game, config);
  Weights expected = averaged->AveragedWeights();
  for (int step = 0; step < 4; ++step) {
    Train(*raw, batch, 1);
    Train(*averaged, batch, 1);
    const Weights now = raw->AveragedWeights();
    const double decay = AverageDecay(config.learner(), step);
    for (auto& [name, tensor] : expected.tensors) {
      const std::vector<float>& target = now.tensors.at(name).data;
      for (std::size_t i = 0; i < target.size(); ++i) {
        tensor.data[i] = static_cast<float>(decay * tensor.data[i] + (1 - decay) * target[i]);
      }
    }
  }
  const Weights result = averaged->AveragedWeights();
  for (const auto& [name, tensor] : expected.tensors) {
    for (std::size_t i = 0; i < tensor.data.size(); ++i) EXPECT_NEAR(result.tensors.at(name).data[i], tensor.data[i], 1e-5) << name;
  }
}

TEST(LearnerTest, RefusesABatchOfAnotherShape) {
  const Game& game = GameNamed("tic_tac_toe");
  const auto learner = MakeOrDie(game, SmallConfig());
  TrainingBatch batch = RandomBatch(game.facts(), 4, 8);
  batch.legal.pop_back();
  const absl::Status status = learner->Step(batch, -1).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("legal has 35 elements; expected 36"), std::string::npos) << status;
  EXPECT_FALSE(learner->Step(TrainingBatch(), -1).ok());
}

TEST(LearnerTest, AStepReportsItsSpeedInSamplesAndInOperations) {
  const Game& game = GameNamed("tic_tac_toe");
  const RunConfig config = SmallConfig();
  const auto report = MakeOrDie(game, config)->Step(RandomBatch(game.facts(), 16, 1), -1);
  ASSERT_TRUE(report.ok());
  EXPECT_GT(report->samples_per_second, 0);
  EXPECT_NEAR(report->gflops_per_second / report->samples_per_second * 1e9, TrainingFlops(game.facts(), config.network()), 1);
}

TEST(LearnerTest, CountsItsParameters) {
  const Game& game = GameNamed("tic_tac_toe");
  const auto learner = MakeOrDie(game, SmallConfig());
  std::int64_t count = 0;
  for (const TensorSpec& spec : NetworkTensors(game.facts(), SmallConfig().network())) count += spec.trained() ? spec.size() : 0;
  EXPECT_EQ(learner->num_parameters(), count);
}

}  // namespace
}  // namespace tandem
