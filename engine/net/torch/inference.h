// Forward passes through LibTorch on the processor, where our own convolutions (cpu/tower.h) do not run or are not wanted:
//
//   folded  batch norm folded into the convolutions, channels-last, weights packed once, ReLU and the residual addition fused into
//   LibTorch's
//           oneDNN convolutions, heads in plain loops (cpu/heads.h); float32 or bfloat16, AMX where the processor has it
//   eager   the tower of tower.h as it is, float32: the baseline
//
// Partner: accelerator_pass.h.
#pragma once

#include <exception>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/net/forward_pass.h"
#include "engine/net/network.h"

namespace tandem {

// `precision` is kFloat32 or kBFloat16. kFailedPrecondition when the processor or this LibTorch can not.
absl::StatusOr<std::unique_ptr<ForwardPass>> MakeFoldedPass(const GameFacts& facts, const Weights& weights, Precision precision);
absl::StatusOr<std::unique_ptr<ForwardPass>> MakeEagerPass(const GameFacts& facts, const Weights& weights);

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
