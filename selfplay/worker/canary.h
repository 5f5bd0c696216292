// Canaries: a few positions whose evaluation is known, so that a processor, driver or build that computes wrongly is found before it plays.
// The coordinator makes them with its own arithmetic (fp32); a worker may use another precision, so it must come close, not agree bit by
// bit.
#pragma once

#include "absl/status/statusor.h"
#include "engine/net/network.h"
#include "proto/wire.pb.h"

namespace tandem {

// Positions of random games, evaluated by `network`; the same for the same network.
absl::StatusOr<std::vector<Canary>> MakeCanaries(const Network& network);

// kFailedPrecondition with the numbers when `network` differs from the canaries on average by more than the bounds below; kDataLoss when
// they are no positions of its game. No canaries: OK.
absl::Status CheckCanaries(const Network& network, const Canaries& canaries);

// Three to five times what bf16 and int8 differ from fp32 by (docs/results.md); wrong arithmetic is off by ten times that.
inline constexpr double kMaxCanaryValueError = 0.1;  // mean over positions of |win error| + |draw error| + |loss error|
inline constexpr double kMaxCanaryKl = 0.05;         // mean KL(coordinator || worker) of the policies, nats

}  // namespace tandem
