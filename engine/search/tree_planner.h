// A tree search with evaluators, a clock and a stop token: the planner behind `puct:`, `gumbel:` and the protocols.
#pragma once

#include <memory>
#include <vector>

#include "engine/base/clock.h"
#include "engine/search/planner.h"
#include "proto/run_config.pb.h"

namespace tandem {

// config.algorithm chooses PUCT or Gumbel; config.batch leaves go to one call of an evaluator; config.simulations holds when the limits
// name none. With limits.infinite and a proven root it sleeps until stopped. An evaluator's error ends Plan with that error; the tree stays
// usable. `clock` must outlive the planner. NewGame forgets the tree, not the evaluator's cache (that is EvalCache::Clear).
//
// As many threads search the one tree as there are evaluators (at least one; all must answer alike): the caller of Plan and, while it is
// inside, helpers that live as long as the call. With one evaluator the result repeats exactly; with more the number of simulations does,
// and which moves they visit depends on the scheduler. config.threads is for whoever makes the evaluators.
std::unique_ptr<Planner> NewTreePlanner(const Game& game, const SearchConfig& config, std::vector<std::unique_ptr<Evaluator>> evaluators,
                                        const Clock& clock = Clock::Real());
// With one thread.
std::unique_ptr<Planner> NewTreePlanner(const Game& game, const SearchConfig& config, std::unique_ptr<Evaluator> evaluator,
                                        const Clock& clock = Clock::Real());

}  // namespace tandem
