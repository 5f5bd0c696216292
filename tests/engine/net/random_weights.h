// Weights that exercise everything: batch norm with statistics and scales of its own, no zero branches, heads that speak up.
#pragma once

#include "engine/base/rng.h"
#include "engine/net/initial.h"
#include "engine/net/spec.h"

namespace tandem {

inline Weights RandomWeights(const GameFacts& facts, const NetworkConfig& config, std::uint64_t seed) {
  Weights weights = DrawInitialWeights(facts, config, seed);
  Rng rng = Rng::Stream(seed, "random weights");
  for (const TensorSpec& spec : NetworkTensors(facts, config)) {
    for (float& x : weights.tensors[spec.name].data) {
      switch (spec.role) {
        case TensorRole::kScale:
        case TensorRole::kZeroScale:
        case TensorRole::kVariance:
          x = static_cast<float>(0.5 + rng.Uniform());
          break;
        case TensorRole::kBias:
        case TensorRole::kMean:
          x = static_cast<float>(0.2 * rng.Normal());
          break;
        case TensorRole::kLastLinear:
          x *= 30;
          break;
        default:
          break;
      }
    }
  }
  return weights;
}

inline NetworkConfig SmallNetwork(int blocks = 3, int channels = 16) {
  NetworkConfig config;
  config.set_blocks(blocks);
  config.set_channels(channels);
  config.set_pool_every(2);
  config.set_head_channels(8);
  config.set_value_hidden(16);
  return config;
}

}  // namespace tandem
