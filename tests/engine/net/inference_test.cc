// The folded forward pass against the tower it was folded from.
#include "engine/net/torch/inference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/game/registry.h"
#include "tests/engine/net/random_weights.h"

namespace tandem {
namespace {

// Planes and legal moves of random positions, and the logits a pass gives for them.
struct Outputs {
  std::vector<std::vector<float>> logits;
  std::vector<RawValues> values;
};

class Inputs {
 public:
  Inputs(const Game& game, int count) {
    const GameFacts& facts = game.facts();
    planes_ = at::empty({count, facts.rows, facts.cols, facts.num_planes});
    Rng rng(11);
    std::unique_ptr<State> state = game.NewState();
    for (int i = 0; i < count; ++i) {
      if (state->IsTerminal()) state = game.NewState();
      state->LegalActions(legals_.emplace_back());
      const std::size_t size = static_cast<std::size_t>(facts.cells()) * facts.num_planes;
      state->WritePlanes(std::span<float>(planes_.data_ptr<float>() + i * size, size));
      state->Apply(legals_.back()[rng.Below(legals_.back().size())]);
    }
  }

  Outputs Run(const ForwardPass& pass) const {
    Outputs outputs;
    outputs.values.resize(legals_.size());
    for (const ActionList& legal : legals_) outputs.logits.emplace_back(legal.size());
    std::vector<EvalRequest> batch;
    for (std::size_t i = 0; i < legals_.size(); ++i) batch.push_back({nullptr, legals_[i].span(), outputs.logits[i], nullptr});
    pass.Run(planes_, batch, outputs.values);
    return outputs;
  }

 private:
  at::Tensor planes_;
  std::vector<ActionList> legals_;
};

double LargestDifference(const Outputs& a, const Outputs& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    for (std::size_t k = 0; k < a.logits[i].size(); ++k) largest = std::max<double>(largest, std::abs(a.logits[i][k] - b.logits[i][k]));
    for (std::size_t k = 0; k < 4; ++k) largest = std::max<double>(largest, std::abs(a.values[i][k] - b.values[i][k]));
  }
  return largest;
}

double LargestLogit(const Outputs& a) {
  double largest = 0;
  for (const auto& row : a.logits) {
    for (float x : row) largest = std::max<double>(largest, std::abs(x));
  }
  return largest;
}

class FoldedPassTest : public testing::TestWithParam<const char*> {};

TEST_P(FoldedPassTest, EqualsTheTower) {
  const Game& game = **FindGame(GetParam());
  for (const NetworkConfig& config : {SmallNetwork(), SmallNetwork(2, 20)}) {
    const Weights weights = RandomWeights(game.facts(), config, 12);
    const Inputs inputs(game, 9);
    const Outputs eager = inputs.Run(**MakeEagerPass(game.facts(), weights, at::kCPU));
    const auto folded = MakeFoldedPass(game.facts(), weights, Precision::kFloat32);
    ASSERT_TRUE(folded.ok()) << folded.status();
    EXPECT_GT(LargestLogit(eager), 0.1);
    EXPECT_LT(LargestDifference(eager, inputs.Run(**folded)), 1e-4 * (1 + LargestLogit(eager)));
  }
}

// 8 bits of mantissa in each activation: a few per cent of the largest logit.
TEST_P(FoldedPassTest, NearlyEqualsTheTowerInBFloat16) {
  if (!ProcessorHasBFloat16()) GTEST_SKIP() << "this processor has no avx512_bf16";
  const Game& game = **FindGame(GetParam());
  const Weights weights = RandomWeights(game.facts(), SmallNetwork(), 12);
  const Inputs inputs(game, 9);
  const Outputs eager = inputs.Run(**MakeEagerPass(game.facts(), weights, at::kCPU));
  const auto folded = MakeFoldedPass(game.facts(), weights, Precision::kBFloat16);
  ASSERT_TRUE(folded.ok()) << folded.status();
  EXPECT_LT(LargestDifference(eager, inputs.Run(**folded)), 0.05 * (1 + LargestLogit(eager)));
}

INSTANTIATE_TEST_SUITE_P(Games, FoldedPassTest, testing::Values("tic_tac_toe", "connect_four", "othello:size=6", "othello"));

}  // namespace
}  // namespace tandem
