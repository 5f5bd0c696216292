// The forward pass for an accelerator: batch norm folded, half precision, channels-last, one copy of pinned memory each way a batch, a
// stream for each batch in flight, and (with the CUDA wheel and CUDA's headers) the launches of a batch replayed as one graph.
//
// Weights are plain tensors, so a new network is an upload and compiles nothing. Nothing here is CUDA's but device_graph.cc: the same code
// runs on the processor, where the tests compare it with the tower.
#pragma once

#include <c10/core/Device.h>

#include <memory>

#include "absl/status/statusor.h"
#include "engine/net/forward_pass.h"
#include "engine/net/network.h"

namespace tandem {

// `precision` is kFloat32, kBFloat16 or kFloat16. Calls from several threads run at once, each on a stream of its own.
absl::StatusOr<std::unique_ptr<ForwardPass>> MakeAcceleratorPass(const GameFacts& facts, const Weights& weights, Precision precision,
                                                                 const c10::Device& device);

}  // namespace tandem
