// The network as the rest of the engine sees it: through engine/net/network.h, on real games.
#include "engine/net/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <thread>

#include "engine/net/cpu/processor.h"
#include "engine/net/spec.h"
#include "tests/engine/net/random_weights.h"
#include "tests/game_named.h"

namespace tandem {
namespace {

std::shared_ptr<const Network> MakeOrDie(const Game& game, const Weights& weights, Precision precision = Precision::kFloat32) {
  const auto network = MakeNetwork(game, weights, "test", {.precision = precision});
  EXPECT_TRUE(network.ok()) << network.status();
  return *network;
}

// Positions of random games with room for the outputs.
struct Positions {
  Positions(const Game& game, int count) : evaluations(count) {
    Rng rng(5);
    std::unique_ptr<State> state = game.NewState();
    for (int i = 0; i < count; ++i) {
      if (state->IsTerminal()) state = game.NewState();
      states.push_back(state->Clone());
      state->LegalActions(legals.emplace_back());
      priors.emplace_back(legals.back().size());
      state->Apply(legals.back()[rng.Below(legals.back().size())]);
    }
  }
  EvalRequest Request(std::size_t i) { return {states[i].get(), legals[i].span(), priors[i], &evaluations[i]}; }
  std::vector<EvalRequest> Requests() {
    std::vector<EvalRequest> requests;
    for (std::size_t i = 0; i < states.size(); ++i) requests.push_back(Request(i));
    return requests;
  }

  std::vector<std::unique_ptr<State>> states;
  std::vector<ActionList> legals;
  std::vector<std::vector<float>> priors;
  std::vector<Evaluation> evaluations;
};

void ExpectEqual(const Positions& a, const Positions& b, float tolerance) {
  for (std::size_t i = 0; i < a.states.size(); ++i) {
    for (std::size_t k = 0; k < a.priors[i].size(); ++k) EXPECT_NEAR(a.priors[i][k], b.priors[i][k], tolerance) << i;
    EXPECT_NEAR(a.evaluations[i].win, b.evaluations[i].win, tolerance) << i;
    EXPECT_NEAR(a.evaluations[i].draw, b.evaluations[i].draw, tolerance) << i;
    EXPECT_NEAR(a.evaluations[i].moves_left, b.evaluations[i].moves_left, 100 * tolerance) << i;
  }
}

TEST(NetworkTest, OutputsAreProbabilities) {
  for (const char* spec : {"tic_tac_toe", "connect_four", "othello:size=6"}) {
    const Game& game = GameNamed(spec);
    Positions positions(game, 20);
    std::vector<EvalRequest> batch = positions.Requests();
    const auto evaluator = MakeOrDie(game, RandomWeights(game.facts(), SmallNetwork(), 1))->NewEvaluator();
    ASSERT_TRUE(evaluator->Evaluate(batch).ok());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      double sum = 0;
      for (float p : positions.priors[i]) sum += p;
      EXPECT_NEAR(sum, 1.0, 1e-5);
      const Evaluation& e = positions.evaluations[i];
      EXPECT_NEAR(e.win + e.draw + e.loss, 1.0, 1e-5);
      EXPECT_GE(e.moves_left, 0);
    }
    EXPECT_EQ(evaluator->counters().evaluations, 20);
    EXPECT_EQ(evaluator->counters().batches, 1);
  }
}

TEST(NetworkTest, AnswersDoNotDependOnBatchSizeOrOrder) {
  const Game& game = GameNamed("connect_four");
  const auto evaluator = MakeOrDie(game, RandomWeights(game.facts(), SmallNetwork(), 2))->NewEvaluator();
  Positions together(game, 23);
  Positions alone(game, 23);
  Positions reversed(game, 23);
  std::vector<EvalRequest> batch = together.Requests();
  ASSERT_TRUE(evaluator->Evaluate(batch).ok());
  for (std::size_t i = 0; i < 23; ++i) {
    EvalRequest request = alone.Request(i);
    ASSERT_TRUE(evaluator->Evaluate({&request, 1}).ok());
  }
  std::vector<EvalRequest> backwards = reversed.Requests();
  std::reverse(backwards.begin(), backwards.end());
  ASSERT_TRUE(evaluator->Evaluate(backwards).ok());
  ExpectEqual(together, alone, 1e-5f);
  ExpectEqual(together, reversed, 1e-5f);
}

TEST(NetworkTest, FreshWeightsAreIndifferent) {
  const Game& game = GameNamed("connect_four");
  const auto weights = InitialWeights(game, SmallNetwork(), 3);
  ASSERT_TRUE(weights.ok()) << weights.status();
  Positions positions(game, 10);
  std::vector<EvalRequest> batch = positions.Requests();
  ASSERT_TRUE(MakeOrDie(game, *weights)->NewEvaluator()->Evaluate(batch).ok());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    EXPECT_NEAR(positions.evaluations[i].Value(), 0.0, 0.1);
    for (float p : positions.priors[i]) EXPECT_NEAR(p * static_cast<float>(positions.priors[i].size()), 1.0f, 0.5f);
  }
}

TEST(NetworkTest, InitialWeightsFollowTheSeed) {
  const Game& game = GameNamed("tic_tac_toe");
  EXPECT_EQ(SerializeWeights(*InitialWeights(game, SmallNetwork(), 4)), SerializeWeights(*InitialWeights(game, SmallNetwork(), 4)));
  EXPECT_NE(SerializeWeights(*InitialWeights(game, SmallNetwork(), 4)), SerializeWeights(*InitialWeights(game, SmallNetwork(), 5)));
}

TEST(NetworkTest, TemperatureFlattensThePrior) {
  const Game& game = GameNamed("connect_four");
  const auto network = MakeOrDie(game, RandomWeights(game.facts(), SmallNetwork(), 6));
  Positions sharp(game, 1);
  Positions flat(game, 1);
  EvalRequest request = sharp.Request(0);
  ASSERT_TRUE(network->NewEvaluator(1.0f)->Evaluate({&request, 1}).ok());
  request = flat.Request(0);
  ASSERT_TRUE(network->NewEvaluator(2.0f)->Evaluate({&request, 1}).ok());
  const float ratio = sharp.priors[0][0] / sharp.priors[0][1];
  EXPECT_NEAR(flat.priors[0][0] / flat.priors[0][1], std::sqrt(ratio), 1e-3 * std::sqrt(ratio));
}

TEST(NetworkTest, RefusesWeightsOfAnotherGameOrShape) {
  const Game& game = GameNamed("connect_four");
  const Weights other = RandomWeights(GameNamed("tic_tac_toe").facts(), SmallNetwork(), 1);
  const absl::Status wrong_game = MakeNetwork(game, other, "n", {}).status();
  EXPECT_EQ(wrong_game.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(wrong_game.message().find("tic_tac_toe; expected connect_four"), std::string::npos) << wrong_game;

  Weights weights = RandomWeights(game.facts(), SmallNetwork(), 1);
  weights.tensors["stem.conv.weight"].shape[0] = 15;
  EXPECT_NE(MakeNetwork(game, weights, "n", {}).status().message().find("stem.conv.weight has shape [15, "), std::string::npos);
  weights = RandomWeights(game.facts(), SmallNetwork(), 1);
  weights.tensors.erase("value.out.bias");
  EXPECT_NE(MakeNetwork(game, weights, "n", {}).status().message().find("no tensor value.out.bias"), std::string::npos);
  weights = RandomWeights(game.facts(), SmallNetwork(), 1);
  weights.tensors["surplus"] = {{1}, {0}};
  EXPECT_NE(MakeNetwork(game, weights, "n", {}).status().message().find("unknown tensor surplus"), std::string::npos);
}

TEST(NetworkTest, RefusesDevicesAndPrecisionsItDoesNotHave) {
  const Game& game = GameNamed("tic_tac_toe");
  const Weights weights = RandomWeights(game.facts(), SmallNetwork(), 1);
  EXPECT_EQ(MakeNetwork(game, weights, "n", {.device = "gpu9"}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeNetwork(game, weights, "n", {.precision = Precision::kFloat16, .device = "cpu"}).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(ParsePrecision("fp64").ok());
}

TEST(NetworkTest, NamesTheNetworkWhoseOutputIsNotFinite) {
  const Game& game = GameNamed("tic_tac_toe");
  Weights weights = RandomWeights(game.facts(), SmallNetwork(), 1);
  for (float& x : weights.tensors["head.conv.weight"].data) x *= 1e30f;
  for (float& x : weights.tensors["value.hidden.weight"].data) x *= 1e30f;
  const auto network = MakeNetwork(game, weights, "exploded", {.precision = Precision::kFloat32});
  ASSERT_TRUE(network.ok()) << network.status();
  Positions positions(game, 3);
  std::vector<EvalRequest> batch = positions.Requests();
  const absl::Status status = (*network)->NewEvaluator()->Evaluate(batch);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("exploded"), std::string::npos) << status;
}

TEST(NetworkTest, AutomaticPrecisionAgreesWithFp32) {
  const Game& game = GameNamed("connect_four");
  const auto weights = InitialWeights(game, SmallNetwork(), 3);
  const auto network = MakeOrDie(game, *weights, Precision::kAuto);
  EXPECT_NE(network->precision(), Precision::kAuto);
  EXPECT_NE(network->description().find(PrecisionName(network->precision())), std::string::npos);
  Positions automatic(game, 12);
  Positions exact(game, 12);
  std::vector<EvalRequest> batch = automatic.Requests();
  ASSERT_TRUE(network->NewEvaluator()->Evaluate(batch).ok());
  batch = exact.Requests();
  ASSERT_TRUE(MakeOrDie(game, *weights)->NewEvaluator()->Evaluate(batch).ok());
  ExpectEqual(automatic, exact, 0.02f);
}

// A trained network is not at hand here, but weights of the usual spread are; every precision that this machine has must agree on them.
TEST(NetworkTest, PrecisionsAgreeOnPositionsOfPlay) {
  NetworkConfig config = SmallNetwork(4, 32);
  for (const char* spec : {"connect_four", "othello:size=6"}) {
    const Game& game = GameNamed(spec);
    const Weights weights = RandomWeights(game.facts(), config, 21);
    Positions exact(game, 60);
    std::vector<EvalRequest> batch = exact.Requests();
    ASSERT_TRUE(MakeOrDie(game, weights)->NewEvaluator()->Evaluate(batch).ok());
    for (Precision precision : {Precision::kBFloat16, Precision::kInt8}) {
      const auto network = MakeNetwork(game, weights, "n", {.precision = precision});
      if (!network.ok()) {
        EXPECT_EQ(network.status().code(), absl::StatusCode::kFailedPrecondition) << network.status();
        continue;
      }
      Positions rounded(game, 60);
      batch = rounded.Requests();
      ASSERT_TRUE((*network)->NewEvaluator()->Evaluate(batch).ok());
      double kl = 0, value = 0;
      for (std::size_t i = 0; i < 60; ++i) {
        value += std::abs(exact.evaluations[i].Value() - rounded.evaluations[i].Value()) / 60;
        for (std::size_t k = 0; k < exact.priors[i].size(); ++k) {
          kl += exact.priors[i][k] * std::log(exact.priors[i][k] / rounded.priors[i][k]) / 60;
        }
      }
      EXPECT_LT(kl, 0.01) << spec << " " << PrecisionName(precision);
      EXPECT_LT(value, 0.02) << spec << " " << PrecisionName(precision);
    }
  }
}

TEST(NetworkTest, PlaysInFp32OnAProcessorWithoutAvx2) {
  const ScopedProcessorLimit old_machine({});
  const Game& game = GameNamed("connect_four");
  const Weights weights = RandomWeights(game.facts(), SmallNetwork(), 3);
  const auto network = MakeOrDie(game, weights, Precision::kAuto);
  EXPECT_EQ(network->precision(), Precision::kFloat32);
  Positions positions(game, 5);
  std::vector<EvalRequest> batch = positions.Requests();
  EXPECT_TRUE(network->NewEvaluator()->Evaluate(batch).ok());
  for (Precision precision : {Precision::kBFloat16, Precision::kInt8}) {
    const absl::Status status = MakeNetwork(game, weights, "n", {.precision = precision, .device = "cpu"}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_NE(status.message().find("this processor has n"), std::string::npos) << status;
  }
}

TEST(NetworkTest, TakesInt8WithoutBFloat16) {
  if (!Processor().avx2) GTEST_SKIP() << "this processor has no AVX2";
  constexpr ProcessorFeatures kZen3 = {.avx2 = true};
  constexpr ProcessorFeatures kCascadeLake = {.avx2 = true, .avx512_vnni = true};
  for (const ProcessorFeatures& processor : {kZen3, kCascadeLake}) {
    const ScopedProcessorLimit limit(processor);
    const Game& game = GameNamed("connect_four");
    const auto network = MakeOrDie(game, *InitialWeights(game, SmallNetwork(), 3), Precision::kInt8);
    Positions positions(game, 5);
    std::vector<EvalRequest> batch = positions.Requests();
    EXPECT_TRUE(network->NewEvaluator()->Evaluate(batch).ok());
  }
}

TEST(NetworkTest, ChoosesAlikeWithoutTheClock) {
  const Game& game = GameNamed("connect_four");
  const Weights weights = *InitialWeights(game, SmallNetwork(), 3);
  const auto network = MakeNetwork(game, weights, "n", {.device = "cpu", .timed = false});
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ((*network)->precision(), Processor().avx512_bf16 ? Precision::kBFloat16 : Precision::kFloat32);
}

TEST(NetworkTest, SamplesThePositionsItIsAskedAbout) {
  const Game& game = GameNamed("connect_four");
  const auto sample = std::make_shared<PositionSample>(/*capacity=*/96, /*stride=*/3);
  const Weights weights = *InitialWeights(game, SmallNetwork(), 3);
  const auto network = MakeNetwork(game, weights, "n", {.precision = Precision::kFloat32, .positions = sample});
  const auto evaluator = (*network)->NewEvaluator();
  Positions positions(game, 96);
  std::vector<EvalRequest> batch = positions.Requests();
  ASSERT_TRUE(evaluator->Evaluate(batch).ok());
  EXPECT_TRUE(sample->Positions().empty());
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(evaluator->Evaluate(batch).ok());
  ASSERT_EQ(sample->Positions().size(), 96u);
  EXPECT_EQ(sample->Positions()[1]->Key(), positions.states[3]->Key());
  if (!Processor().avx2) return;
  const auto next = MakeNetwork(game, weights, "n", {.precision = Precision::kInt8, .device = "cpu", .positions = sample});
  EXPECT_NE((*next)->description().find("calibrated on 64 recent positions"), std::string::npos) << (*next)->description();
}

TEST(NetworkTest, PlaysOnABoardOfAnotherSize) {
  const Game& small = GameNamed("othello:size=6");
  const Game& large = GameNamed("othello");
  NetworkConfig config = SmallNetwork();
  config.set_board_scale(true);
  const Weights weights = RandomWeights(small.facts(), config, 5);
  for (Precision precision : {Precision::kFloat32, Precision::kAuto}) {
    Positions positions(large, 10);
    std::vector<EvalRequest> batch = positions.Requests();
    const auto network = MakeNetwork(large, weights, "n", {.precision = precision});
    ASSERT_TRUE(network.ok()) << network.status();
    ASSERT_TRUE((*network)->NewEvaluator()->Evaluate(batch).ok());
  }
}

TEST(NetworkTest, CountsTheOperationsOfOneEvaluation) {
  GameFacts facts;
  facts.rows = 2;
  facts.cols = 3;
  facts.num_planes = 1;
  NetworkConfig config;
  config.set_blocks(1);
  config.set_channels(4);
  config.set_pool_every(0);
  config.set_head_channels(2);
  config.set_value_hidden(5);
  // Cells x (first layer + two convolutions + head + policy map) + pooled policy bias + value layers, twice.
  EXPECT_EQ(EvaluationFlops(facts, config), 2 * (6 * (9 * 4 + 2 * 9 * 16 + 4 * 6 + 2) + 4 * 2 + 4 * 5 + 5 * 4));
}

TEST(NetworkTest, MeasuresTheConvolutionOfThisCore) {
  const absl::StatusOr<double> rate = MeasureConvolution({.batch = 4, .channels = 16}, Precision::kFloat32, 0.01);
  if (!Processor().avx2) {
    EXPECT_EQ(rate.status().code(), absl::StatusCode::kFailedPrecondition);
    return;
  }
  ASSERT_TRUE(rate.ok()) << rate.status();
  EXPECT_GT(*rate, 1e8);
}

TEST(NetworkTest, ThreadsShareOneNetwork) {
  const Game& game = GameNamed("connect_four");
  const auto network = MakeOrDie(game, RandomWeights(game.facts(), SmallNetwork(), 8));
  std::vector<Positions> positions;
  for (int i = 0; i < 4; ++i) positions.emplace_back(game, 16);
  {
    std::vector<std::jthread> threads;
    for (Positions& own : positions) {
      threads.emplace_back([&network, &own] {
        const auto evaluator = network->NewEvaluator();
        std::vector<EvalRequest> batch = own.Requests();
        for (int i = 0; i < 10; ++i) EXPECT_TRUE(evaluator->Evaluate(batch).ok());
      });
    }
  }
  for (int i = 1; i < 4; ++i) ExpectEqual(positions[0], positions[i], 0.0f);
}

TEST(NetworkTest, LoadsAFileByItsContent) {
  const Game& game = GameNamed("othello:size=6");
  const std::filesystem::path directory = std::filesystem::path(testing::TempDir()) / "network_test";
  const auto id = WriteWeights(directory, RandomWeights(game.facts(), SmallNetwork(), 9));
  ASSERT_TRUE(id.ok());
  const auto network = LoadNetwork(game, directory / (*id + ".safetensors"), {.precision = Precision::kFloat32});
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ((*network)->id(), *id);
  EXPECT_FALSE(LoadNetwork(game, directory / "absent.safetensors", {}).ok());
}

}  // namespace
}  // namespace tandem
