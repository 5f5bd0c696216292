// The best rate of our own 3x3 convolution on this core: what a network's speed is compared with.
#pragma once

#include "absl/status/statusor.h"
#include "engine/net/network.h"

namespace tandem {

// See MeasureConvolution in engine/net/network.h.
absl::StatusOr<double> MeasureOwnConvolution(const ConvolutionShape& shape, Precision precision, double seconds);

}  // namespace tandem
