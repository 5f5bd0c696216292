// What the network is worth alone: two planners that do not search.
#pragma once

#include <memory>

#include "engine/search/planner.h"

namespace tandem {

// argmax of the prior. policy = prior; one evaluation.
std::unique_ptr<Planner> NewPriorPlanner(const Game& game, std::unique_ptr<Evaluator> evaluator);
// Best value one ply ahead: all positions after a legal move in one batch, finished ones exactly. policy is 1 on the chosen move; ties go
// to the larger prior.
std::unique_ptr<Planner> NewValuePlanner(const Game& game, std::unique_ptr<Evaluator> evaluator);

}  // namespace tandem
