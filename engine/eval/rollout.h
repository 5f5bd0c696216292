// The evaluator of plain Monte-Carlo search: a uniform prior, and as value the outcomes of uniformly random games played from the position.
// Puct over it plays sensibly without any network.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/eval/evaluator.h"

namespace tandem {

// `num_rollouts` >= 1 random games a position; `seed` drives them. moves_left stays 0.
std::unique_ptr<Evaluator> NewRolloutEvaluator(int num_rollouts, std::uint64_t seed);

}  // namespace tandem
