// A tree search with an evaluator, a clock and a stop token: the planner behind `puct:`, `gumbel:` and the protocols.
#pragma once

#include <memory>

#include "engine/base/clock.h"
#include "engine/search/planner.h"
#include "proto/run_config.pb.h"

namespace tandem {

// config.algorithm chooses PUCT or Gumbel; config.batch leaves go to one call of the evaluator; config.simulations holds when the limits
// name none. With limits.infinite and a proven root it sleeps until stopped. An evaluator's error ends Plan with that error; the tree stays
// usable. `clock` must outlive the planner. NewGame forgets the tree, not the evaluator's cache (that is EvalCache::Clear).
std::unique_ptr<Planner> NewTreePlanner(const Game& game, const SearchConfig& config, std::unique_ptr<Evaluator> evaluator,
                                        const Clock& clock = Clock::Real());

}  // namespace tandem
