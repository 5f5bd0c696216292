#include "engine/net/initial.h"

#include <cmath>

#include "engine/base/rng.h"
#include "engine/net/spec.h"

namespace tandem {
namespace {

constexpr double kLastLayerScale = 0.01;

Tensor DrawTensor(const TensorSpec& spec, Rng rng) {
  Tensor tensor;
  tensor.shape = spec.shape;
  switch (spec.role) {
    case TensorRole::kConvolution:
    case TensorRole::kLinear:
    case TensorRole::kLastLinear: {
      const double fan_in = static_cast<double>(spec.size() / spec.shape[0]);
      const double deviation = std::sqrt(2.0 / fan_in) * (spec.role == TensorRole::kLastLinear ? kLastLayerScale : 1.0);
      tensor.data.resize(spec.size());
      for (float& x : tensor.data) x = static_cast<float>(deviation * rng.Normal());
      break;
    }
    case TensorRole::kScale:
    case TensorRole::kVariance:
      tensor.data.assign(spec.size(), 1.0f);
      break;
    case TensorRole::kZeroScale:
    case TensorRole::kBias:
    case TensorRole::kMean:
      tensor.data.assign(spec.size(), 0.0f);
      break;
  }
  return tensor;
}

}  // namespace

Weights DrawInitialWeights(const GameFacts& facts, const NetworkConfig& config, std::uint64_t seed) {
  Weights weights;
  SetWeightsMetadata(facts, config, /*step=*/0, weights);
  // One stream a tensor, by name: a block added at the end leaves the others as they were.
  for (const TensorSpec& spec : NetworkTensors(facts, config)) {
    weights.tensors[spec.name] = DrawTensor(spec, Rng::Stream(seed, "weights." + spec.name));
  }
  return weights;
}

}  // namespace tandem
