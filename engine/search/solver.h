// The exact planner: the game's own alpha-beta solver behind the Planner interface. Every legal move carries its proven result; the first
// of the best is played.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/base/clock.h"
#include "engine/search/planner.h"

namespace tandem {

struct SolverOptions {
  std::size_t table_bytes = std::size_t{64} << 20;
  std::uint64_t max_nodes = ~std::uint64_t{0};  // positions a search may visit; limits.simulations lowers it
};

// A position that is not solved within the limits is answered by plain UCT with 1000 simulations, with nothing marked as proven.
std::unique_ptr<Planner> NewSolverPlanner(const Game& game, const SolverOptions& options = {}, const Clock& clock = Clock::Real());

}  // namespace tandem
