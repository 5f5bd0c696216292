// The evaluator that knows nothing: every legal move is equally likely, every position a draw. Search over it is plain tree search whose
// only knowledge is the end of the game; it is free, so it also measures what the tree itself costs.
#pragma once

#include <memory>

#include "engine/eval/evaluator.h"

namespace tandem {

std::unique_ptr<Evaluator> NewUniformEvaluator();

}  // namespace tandem
