#include "engine/net/cpu/fold.h"

#include <cmath>

#include "engine/net/spec.h"

namespace tandem {

FoldedWeights FoldNorm(const Weights& weights, const std::string& convolution, const std::string& norm) {
  FoldedWeights folded;
  folded.weight = weights.tensors.at(convolution + ".weight");
  folded.bias = weights.tensors.at(norm + ".bias").data;
  const std::vector<float>& scale = weights.tensors.at(norm + ".weight").data;
  const std::vector<float>& mean = weights.tensors.at(norm + ".running_mean").data;
  const std::vector<float>& variance = weights.tensors.at(norm + ".running_var").data;
  const std::size_t fan_in = folded.weight.data.size() / folded.bias.size();
  for (std::size_t out = 0; out < folded.bias.size(); ++out) {
    const double factor = scale[out] / std::sqrt(variance[out] + kNormEpsilon);
    folded.bias[out] = static_cast<float>(folded.bias[out] - mean[out] * factor);
    for (std::size_t i = 0; i < fan_in; ++i) {
      float& element = folded.weight.data[out * fan_in + i];
      element = static_cast<float>(element * factor);
    }
  }
  return folded;
}

}  // namespace tandem
