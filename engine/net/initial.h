// Fresh weights of a network, drawn from our own random streams, so that a seed gives the same bytes with any version of LibTorch.
#pragma once

#include <cstdint>

#include "engine/game/types.h"
#include "engine/net/weights.h"
#include "proto/run_config.pb.h"

namespace tandem {

// He normal for convolution and linear weights (He 2015), a hundredth of that for the last layer of a head, so that priors are nearly
// uniform and values nearly 0; the last batch norm of each block starts at 0 (Goyal 2017, sec. 5.1), so that it is the identity.
Weights DrawInitialWeights(const GameFacts& facts, const NetworkConfig& config, std::uint64_t seed);

}  // namespace tandem
