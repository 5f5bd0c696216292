// The network as the rest of the engine sees it: through engine/net/network.h, on real games.
#include "engine/net/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <thread>

#include "engine/game/registry.h"
#include "tests/engine/net/random_weights.h"

namespace tandem {
namespace {

const Game& FindOrDie(const char* spec) {
  const absl::StatusOr<const Game*> game = FindGame(spec);
  TANDEM_CHECK(game.ok());
  return **game;
}

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
    const Game& game = FindOrDie(spec);
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
  const Game& game = FindOrDie("connect_four");
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
  const Game& game = FindOrDie("connect_four");
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
  const Game& game = FindOrDie("tic_tac_toe");
  EXPECT_EQ(SerializeWeights(*InitialWeights(game, SmallNetwork(), 4)), SerializeWeights(*InitialWeights(game, SmallNetwork(), 4)));
  EXPECT_NE(SerializeWeights(*InitialWeights(game, SmallNetwork(), 4)), SerializeWeights(*InitialWeights(game, SmallNetwork(), 5)));
}

TEST(NetworkTest, TemperatureFlattensThePrior) {
  const Game& game = FindOrDie("connect_four");
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
  const Game& game = FindOrDie("connect_four");
  const Weights other = RandomWeights(FindOrDie("tic_tac_toe").facts(), SmallNetwork(), 1);
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
  const Game& game = FindOrDie("tic_tac_toe");
  const Weights weights = RandomWeights(game.facts(), SmallNetwork(), 1);
  EXPECT_EQ(MakeNetwork(game, weights, "n", {.device = "gpu9"}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(MakeNetwork(game, weights, "n", {.precision = Precision::kInt8}).status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_FALSE(ParsePrecision("fp64").ok());
}

TEST(NetworkTest, NamesTheNetworkWhoseOutputIsNotFinite) {
  const Game& game = FindOrDie("tic_tac_toe");
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
  const Game& game = FindOrDie("connect_four");
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

TEST(NetworkTest, ThreadsShareOneNetwork) {
  const Game& game = FindOrDie("connect_four");
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
  const Game& game = FindOrDie("othello:size=6");
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
