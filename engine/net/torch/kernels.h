// The small parts of a forward pass that a general operator does slowly: the global-pooling branch of a block, and the heads, which need
// only the logits of legal moves. Plain loops over channels-last rows that the compiler vectorises; free of torch.
// Activations are float or bfloat16 (16 bits, read and rounded here), weights and arithmetic are float.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/game/types.h"
#include "engine/net/weights.h"

namespace tandem {

// Upper half of a float.
struct BFloat16 {
  std::uint16_t bits;
};
inline float ToFloat(float x) { return x; }
inline float ToFloat(BFloat16 x) { return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16); }
template <typename T>
T FromFloat(float x);
template <>
inline float FromFloat<float>(float x) {
  return x;
}
// Round to nearest even.
template <>
inline BFloat16 FromFloat<BFloat16>(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  return {static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)};
}

// Weight of a linear layer stored input-major, [in, out], so that the loop over outputs is the inner one.
std::vector<float> InputMajor(const Tensor& weight);

// Global pooling inside a block (Wu 2019, sec. 3.3) for one position. `y` is [cells, channels]: the first `pooled` channels go through
// ReLU, their mean and maximum through `weight` ([2 pooled, channels - pooled], input-major), and the result is added to the others:
// out [cells, channels - pooled] = ReLU(others + bias).
template <typename T>
void PoolBiasRelu(const T* y, int cells, int channels, int pooled, const float* weight, T* out);

// Everything after "head.conv" (spec.h), prepared once. Immutable afterwards, thread-safe.
class Heads {
 public:
  Heads(const GameFacts& facts, const NetworkConfig& config, const Weights& weights);

  int num_features() const { return 3 * channels_; }
  // One position: `features` is [cells, 3 head_channels] before any ReLU. Writes a logit for each legal action, and win, draw, loss
  // logits and moves left (before its softplus) to `values`.
  template <typename T>
  void Compute(const T* features, std::span<const Action> legal, std::span<float> logits, std::span<float, 4> values) const;

 private:
  template <typename T>
  void Pool(const T* features, int first_channel, float* pooled) const;
  void PolicyLogits(const float* hidden, const float* pooled, std::span<const Action> legal, std::span<float> logits) const;

  const int rows_, cols_, channels_, value_hidden_;
  const PolicyLayout layout_;
  const int num_map_actions_;       // actions below this come from maps, the others from pooled features
  std::vector<float> policy_pool_;  // [2C, C] input-major
  std::vector<float> policy_out_;   // [planes, C]
  std::vector<float> policy_bias_;  // [planes]
  std::vector<float> global_;       // [num_global, 2C]
  std::vector<float> global_bias_;
  std::vector<float> hidden_;  // [2C, V] input-major
  std::vector<float> hidden_bias_;
  std::vector<float> value_out_;  // [4, V]
  std::vector<float> value_bias_;
};

// Replaces logits by their softmax at `temperature`; false when one is not finite.
bool SoftmaxInPlace(std::span<float> logits, float temperature);

}  // namespace tandem
