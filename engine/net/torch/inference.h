// Forward passes for play. One interface, two ways to compute:
//
//   folded  the processor: batch norm folded into the convolutions, channels-last, weights packed once, ReLU and the residual addition
//           fused into LibTorch's oneDNN convolutions, heads in plain loops (kernels.h); float32 or bfloat16
//   eager   the tower of tower.h as it is, on any device LibTorch knows; float32, or half precision on an accelerator
//
// An int8 pass would be a third implementation.
#pragma once

#include <ATen/ATen.h>

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/eval/evaluator.h"
#include "engine/net/network.h"

namespace tandem {

// win, draw, loss logits and moves left before its softplus.
using RawValues = std::array<float, 4>;

// Immutable after construction, thread-safe.
class ForwardPass {
 public:
  virtual ~ForwardPass() = default;
  // `planes` is float32 [B, H, W, C] on the processor. Writes the logits of the legal moves to each request's prior and the values to
  // `values` [B]. Does not look for NaN. May throw c10::Error.
  virtual void Run(const at::Tensor& planes, std::span<EvalRequest> batch, std::span<RawValues> values) const = 0;
};

// `precision` is kFloat32 or kBFloat16. kFailedPrecondition when the processor or this LibTorch can not.
absl::StatusOr<std::unique_ptr<ForwardPass>> MakeFoldedPass(const GameFacts& facts, const Weights& weights, Precision precision);
absl::StatusOr<std::unique_ptr<ForwardPass>> MakeEagerPass(const GameFacts& facts, const Weights& weights, const at::Device& device);

// The processor multiplies bfloat16 in hardware (avx512_bf16 or AMX).
bool ProcessorHasBFloat16();

// Runs `function`, which returns absl::Status, and turns an exception of LibTorch into kInternal.
template <typename Function>
absl::Status CatchTorchErrors(std::string_view what, Function&& function) {
  try {
    return function();
  } catch (const std::exception& error) {
    const std::string text = error.what();  // its first line; a stack trace follows
    return absl::InternalError(std::string(what) + ": " + text.substr(0, text.find('\n')));
  }
}

}  // namespace tandem
