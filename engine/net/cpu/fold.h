// Batch norm folded into the convolution before it: the shape in which every inference path takes its weights.
#pragma once

#include <string>
#include <vector>

#include "engine/net/weights.h"

namespace tandem {

struct FoldedWeights {
  Tensor weight;            // [out, in, kernel, kernel]
  std::vector<float> bias;  // [out]
};

// norm(convolution(x)) = weight * x + bias, with the running statistics. The tensors must be there (CheckWeights).
FoldedWeights FoldNorm(const Weights& weights, const std::string& convolution, const std::string& norm);

}  // namespace tandem
