// Every tensor of the residual tower, by name and shape, in one place: the module that trains, the inference that folds and the check of
// a weights file all go through this list. Names are those of the weights file.
//
//   planes -> stem -> blocks.0 .. blocks.N-1 -> head.conv (1x1, 3 parts of head_channels each: policy, pooled for the policy, value)
//
// Convolution weights are [out, in, kernel, kernel], linear weights [out, in], all others [channels].
// Partners: torch/tower.h (forward pass), torch/inference.h (folded forward pass), weights.h (file).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "engine/game/state.h"
#include "engine/net/weights.h"
#include "proto/run_config.pb.h"

namespace tandem {

// What a tensor is for: decides its start value, and whether it is trained and decays.
enum class TensorRole {
  kConvolution,  // He normal (He 2015)
  kLinear,       // He normal, but the last layer of a head starts near 0, so that a fresh network is nearly indifferent
  kLastLinear,
  kScale,      // batch norm's gamma; starts at 1
  kZeroScale,  // gamma of a residual branch's last batch norm; starts at 0, so that a fresh block is the identity (Goyal 2017, sec. 5.1)
  kBias,       // starts at 0
  kMean,       // running statistics: not trained
  kVariance,
};

struct TensorSpec {
  std::string name;
  TensorRole role;
  std::vector<std::int64_t> shape;

  std::int64_t size() const;
  bool trained() const { return role != TensorRole::kMean && role != TensorRole::kVariance; }
  bool decays() const { return role == TensorRole::kConvolution || role == TensorRole::kLinear || role == TensorRole::kLastLinear; }
};

// In the order of computation. The config must be in its ranges (ValidateConfig).
std::vector<TensorSpec> NetworkTensors(const GameFacts& facts, const NetworkConfig& config);

// Channels of block `block`'s first convolution that are pooled over the board and turned into a bias of the others; 0 = plain block.
int PooledChannels(const NetworkConfig& config, int block);

// Rows of "value.out": win, draw, loss logits, moves left, and the margin for games with ownership.
int ValueOutputs(const GameFacts& facts);

// Floating-point operations of one evaluation, 2 a multiply-add: convolutions (with their padding, as is usual) and linear layers.
double EvaluationFlops(const GameFacts& facts, const NetworkConfig& config);
// Of one sample of a training step, optimiser aside: forward, and backward for the gradients of activations and of weights, which take as
// much as a forward pass each.
inline double TrainingFlops(const GameFacts& facts, const NetworkConfig& config) { return 3 * EvaluationFlops(facts, config); }

// Values a pooled channel gives: mean and maximum over the board, and with NetworkConfig.board_scale the mean times BoardScale.
int PoolValues(const NetworkConfig& config);
// KataGo's measure of a board's size, (sqrt(cells) - 14) / 10: what a pooled sum means differs between boards.
float BoardScale(int cells);

// The network's moves-left output is softplus(x) in this unit (as Lc0 scales it): keeps the loss of the order of the others.
inline constexpr float kMovesLeftUnitPlies = 20.0f;
// Batch norm's epsilon.
inline constexpr double kNormEpsilon = 1e-5;

// The weights belong to this game, or to another board size of it (the same name and the same options but for size, rows, cols, width and
// height: no tensor has a dimension that depends on the board), and have exactly the tensors of their own NetworkConfig; variances are not
// negative. kInvalidArgument names what differs (another game or shape), kDataLoss a value that no training can have made.
absl::Status CheckWeights(const GameFacts& facts, const Weights& weights);

// Metadata of a network of this game.
void SetWeightsMetadata(const GameFacts& facts, const NetworkConfig& config, std::int64_t step, Weights& weights);

}  // namespace tandem
