// One way to compute the network: planes in, logits out. Implementations: cpu/tower.h (our own convolutions),
// torch/folded_pass.h (oneDNN through LibTorch), torch/eager_pass.h (the tower operator by operator, on any device).
#pragma once

#include <array>
#include <span>

#include "engine/eval/evaluator.h"

namespace tandem {

// win, draw, loss logits and moves left before its softplus.
using RawValues = std::array<float, 4>;

// Immutable after construction, thread-safe.
class ForwardPass {
 public:
  virtual ~ForwardPass() = default;
  // `planes` is [B, H, W, C] in the processor's memory. Writes the logits of the legal moves to each request's prior and the values to
  // `values` [B]. Does not look for NaN. May throw c10::Error.
  virtual void Run(const float* planes, std::span<EvalRequest> batch, std::span<RawValues> values) const = 0;
};

}  // namespace tandem
