// Every forward pass against the tower that it was made from.
#include "engine/net/torch/inference.h"

#include <c10/core/DeviceType.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/game/registry.h"
#include "engine/net/cpu/convolution.h"
#include "engine/net/cpu/processor.h"
#include "engine/net/cpu/tower.h"
#include "engine/net/torch/accelerator_pass.h"
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
    const std::size_t size = static_cast<std::size_t>(facts.cells()) * facts.num_planes;
    planes_.resize(count * size);
    Rng rng(11);
    std::unique_ptr<State> state = game.NewState();
    for (int i = 0; i < count; ++i) {
      if (state->IsTerminal()) state = game.NewState();
      state->LegalActions(legals_.emplace_back());
      state->WritePlanes(std::span<float>(planes_.data() + i * size, size));
      state->Apply(legals_.back()[rng.Below(legals_.back().size())]);
    }
  }

  Outputs Run(const ForwardPass& pass) const {
    Outputs outputs;
    outputs.values.resize(legals_.size());
    for (const ActionList& legal : legals_) outputs.logits.emplace_back(legal.size());
    std::vector<EvalRequest> batch;
    for (std::size_t i = 0; i < legals_.size(); ++i) batch.push_back({nullptr, legals_[i].span(), outputs.logits[i], nullptr});
    pass.Run(planes_.data(), batch, outputs.values);
    return outputs;
  }
  const float* planes() const { return planes_.data(); }

 private:
  std::vector<float> planes_;
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

NetworkConfig WithBoardScale(NetworkConfig config) {
  config.set_board_scale(true);
  return config;
}

class ForwardPassTest : public testing::TestWithParam<const char*> {
 protected:
  const Game& game() const { return **FindGame(GetParam()); }
};

TEST_P(ForwardPassTest, FoldedEqualsTheTower) {
  for (const NetworkConfig& config : {SmallNetwork(), SmallNetwork(2, 20), WithBoardScale(SmallNetwork())}) {
    const Weights weights = RandomWeights(game().facts(), config, 12);
    const Inputs inputs(game(), 9);
    const Outputs eager = inputs.Run(**MakeEagerPass(game().facts(), weights));
    const auto folded = MakeFoldedPass(game().facts(), weights, Precision::kFloat32);
    ASSERT_TRUE(folded.ok()) << folded.status();
    EXPECT_GT(LargestLogit(eager), 0.1);
    EXPECT_LT(LargestDifference(eager, inputs.Run(**folded)), 1e-4 * (1 + LargestLogit(eager)));
  }
}

// The loops of this processor, and those of one without AVX-512.
constexpr ProcessorFeatures kProcessors[] = {{.avx2 = true, .avx512_bf16 = true, .avx512_vnni = true, .amx_bf16 = true},
                                             {.avx2 = true}};

// Channels that fill registers, that leave padding, that need two blocks of 64; one position, a few, and more than one group.
TEST_P(ForwardPassTest, OurConvolutionsEqualTheTower) {
  if (!HasConvolution(Dot::kFloat32)) GTEST_SKIP() << "this processor has no AVX2";
  for (const NetworkConfig& config : {SmallNetwork(), SmallNetwork(2, 20), SmallNetwork(2, 72), WithBoardScale(SmallNetwork(4, 48))}) {
    const Weights weights = RandomWeights(game().facts(), config, 12);
    for (const ProcessorFeatures& processor : kProcessors) {
      const ScopedProcessorLimit limit(processor);
      const auto tower = CpuTower::Make(game().facts(), weights, Precision::kFloat32);
      ASSERT_TRUE(tower.ok()) << tower.status();
      for (int count : {1, 7, 40}) {
        const Inputs inputs(game(), count);
        const Outputs eager = inputs.Run(**MakeEagerPass(game().facts(), weights));
        EXPECT_LT(LargestDifference(eager, inputs.Run(**tower)), 1e-4 * (1 + LargestLogit(eager))) << count;
      }
    }
  }
}

// 8 bits of mantissa in each activation: a few per cent of the largest logit.
TEST_P(ForwardPassTest, BFloat16NearlyEqualsTheTower) {
  if (!ProcessorHasBFloat16()) GTEST_SKIP() << "this processor has no avx512_bf16";
  const Weights weights = RandomWeights(game().facts(), SmallNetwork(), 12);
  const Inputs inputs(game(), 9);
  const Outputs eager = inputs.Run(**MakeEagerPass(game().facts(), weights));
  const auto folded = MakeFoldedPass(game().facts(), weights, Precision::kBFloat16);
  ASSERT_TRUE(folded.ok()) << folded.status();
  EXPECT_LT(LargestDifference(eager, inputs.Run(**folded)), 0.05 * (1 + LargestLogit(eager)));
  const auto tower = CpuTower::Make(game().facts(), weights, Precision::kBFloat16);
  ASSERT_TRUE(tower.ok()) << tower.status();
  EXPECT_LT(LargestDifference(eager, inputs.Run(**tower)), 0.05 * (1 + LargestLogit(eager)));
}

// Steps of a 255th of each layer's range.
TEST_P(ForwardPassTest, Int8NearlyEqualsTheTower) {
  if (!HasConvolution(Dot::kInt8)) GTEST_SKIP() << "this processor has neither AVX2 nor AVX-512 with VNNI";
  for (const ProcessorFeatures& processor : kProcessors) {
    const ScopedProcessorLimit limit(processor);
    const NetworkConfig config = SmallNetwork(4, 72);
    const Weights weights = RandomWeights(game().facts(), config, 12);
    const Inputs calibration(game(), 128);
    const auto exact = CpuTower::Make(game().facts(), weights, Precision::kFloat32);
    const auto ranges = (*exact)->Observe(calibration.planes(), 128);
    ASSERT_TRUE(ranges.ok()) << ranges.status();
    const auto int8 = CpuTower::Make(game().facts(), weights, Precision::kInt8, &*ranges);
    ASSERT_TRUE(int8.ok()) << int8.status();
    const Inputs inputs(game(), 30);
    const Outputs eager = inputs.Run(**MakeEagerPass(game().facts(), weights));
    EXPECT_LT(LargestDifference(eager, inputs.Run(**int8)), 0.08 * (1 + LargestLogit(eager)));
  }
}

// The code for a device, run on the processor.
TEST_P(ForwardPassTest, AcceleratorPassEqualsTheTower) {
  for (const NetworkConfig& config : {SmallNetwork(), WithBoardScale(SmallNetwork())}) {
    const Weights weights = RandomWeights(game().facts(), config, 12);
    const auto pass = MakeAcceleratorPass(game().facts(), weights, Precision::kFloat32, c10::kCPU);
    ASSERT_TRUE(pass.ok()) << pass.status();
    for (int count : {1, 9}) {
      const Inputs inputs(game(), count);
      const Outputs eager = inputs.Run(**MakeEagerPass(game().facts(), weights));
      EXPECT_LT(LargestDifference(eager, inputs.Run(**pass)), 1e-4 * (1 + LargestLogit(eager)));
    }
    const auto half = MakeAcceleratorPass(game().facts(), weights, Precision::kBFloat16, c10::kCPU);
    ASSERT_TRUE(half.ok()) << half.status();
    const Inputs inputs(game(), 5);
    const Outputs eager = inputs.Run(**MakeEagerPass(game().facts(), weights));
    EXPECT_LT(LargestDifference(eager, inputs.Run(**half)), 0.05 * (1 + LargestLogit(eager)));
  }
}

INSTANTIATE_TEST_SUITE_P(Games, ForwardPassTest, testing::Values("tic_tac_toe", "connect_four", "othello:size=6", "othello"));

TEST(ActivationRangesTest, NeedEnoughPositions) {
  if (!HasConvolution(Dot::kFloat32)) GTEST_SKIP() << "this processor has no AVX2";
  const Game& game = **FindGame("tic_tac_toe");
  const auto tower = CpuTower::Make(game.facts(), RandomWeights(game.facts(), SmallNetwork(), 1), Precision::kFloat32);
  const absl::Status status = (*tower)->Observe(Inputs(game, 10).planes(), 10).status();
  EXPECT_EQ(status.message(), "precision int8: 10 calibration positions; expected at least 64");
}

TEST(ActivationRangesTest, MustBeFinite) {
  if (!HasConvolution(Dot::kFloat32)) GTEST_SKIP() << "this processor has no AVX2";
  const Game& game = **FindGame("tic_tac_toe");
  Weights weights = RandomWeights(game.facts(), SmallNetwork(), 1);
  for (float& x : weights.tensors["blocks.0.conv1.weight"].data) x *= 1e30f;
  for (float& x : weights.tensors["blocks.0.conv2.weight"].data) x *= 1e30f;
  const auto tower = CpuTower::Make(game.facts(), weights, Precision::kFloat32);
  EXPECT_EQ((*tower)->Observe(Inputs(game, 64).planes(), 64).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace tandem
