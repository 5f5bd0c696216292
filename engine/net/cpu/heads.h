// The small parts of a forward pass that a general operator does slowly: the global-pooling branch of a block, and the heads, which need
// only the logits of legal moves. Plain loops over channels-last rows that the compiler vectorises; free of torch.
// Activations are float or bfloat16 (16 bits, read and rounded here), weights and arithmetic are float.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/game/types.h"
#include "engine/net/cpu/bfloat16.h"
#include "engine/net/weights.h"

namespace tandem {

// Weight of a linear layer stored input-major, [in, out], so that the loop over outputs is the inner one.
std::vector<float> InputMajor(const Tensor& weight);

// Global pooling inside a block (Wu 2019, sec. 3.3) for one position. `y` is [cells, stride]: the first `pooled` channels go through ReLU,
// their mean, maximum and (values = 3) mean times BoardScale through `weight` ([values * pooled, others], input-major), and the result is
// added to the `others` channels that follow.
struct PoolBranch {
  int cells = 0;
  int pooled = 0;
  int others = 0;
  int values = 2;  // PoolValues
  std::vector<float> weight = {};
};
// out [cells, out_stride] = ReLU(others + bias), divided by `output_step` and rounded when Out is std::uint8_t; zeros after them.
template <typename In, typename Out>
void PoolBiasRelu(const PoolBranch& branch, const In* y, int stride, Out* out, int out_stride, float output_step = 1);

// Everything after "head.conv" (spec.h), prepared once. Immutable afterwards, thread-safe.
class Heads {
 public:
  Heads(const GameFacts& facts, const NetworkConfig& config, const Weights& weights);

  int num_features() const { return 3 * channels_; }
  // One position: `features` is [cells, stride], the first num_features() of each cell before any ReLU. Writes a logit for each legal
  // action, and win, draw, loss logits and moves left (before its softplus) to `values`.
  template <typename T>
  void Compute(const T* features, int stride, std::span<const Action> legal, std::span<float> logits, std::span<float, 4> values) const;

 private:
  template <typename T>
  void Pool(const T* features, int stride, float* pooled) const;
  void PolicyLogits(const float* hidden, const float* pooled, std::span<const Action> legal, std::span<float> logits) const;

  const int rows_, cols_, channels_, value_hidden_;
  const int pool_values_;  // PoolValues
  const PolicyLayout layout_;
  const int num_map_actions_;       // actions below this come from maps, the others from pooled features
  std::vector<float> policy_pool_;  // [pool_values C, C] input-major
  std::vector<float> policy_out_;   // [planes, C]
  std::vector<float> policy_bias_;  // [planes]
  std::vector<float> global_;       // [num_global, pool_values C]
  std::vector<float> global_bias_;
  std::vector<float> hidden_;  // [pool_values C, V] input-major
  std::vector<float> hidden_bias_;
  std::vector<float> value_out_;  // [4, V]
  std::vector<float> value_bias_;
};

// Replaces logits by their softmax at `temperature`; false when one is not finite.
bool SoftmaxInPlace(std::span<float> logits, float temperature);

}  // namespace tandem
