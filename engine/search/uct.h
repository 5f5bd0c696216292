// Plain UCT (Kocsis, Szepesvari 2006) with uniformly random rollouts: no network, no proofs, no reuse. The fixed yardstick `uct:sims=N`.
//
// A simulation descends by argmax Q(a) + c sqrt(ln N / N(a)), unvisited children first (in random order), adds one node, plays one random
// game from it and adds the result to every node of the path. Values lie in -1..1; the move with most visits is played.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/base/clock.h"
#include "engine/search/planner.h"

namespace tandem {

struct UctOptions {
  std::int64_t simulations = 1000;                    // when the limits name none
  double exploration = 1.4142135623730951;            // c, for values in -1..1
  std::size_t memory_bytes = std::size_t{256} << 20;  // cap of the tree; when full, rollouts start at its leaves
};

std::unique_ptr<Planner> NewUctPlanner(const Game& game, const UctOptions& options = {}, const Clock& clock = Clock::Real());

}  // namespace tandem
