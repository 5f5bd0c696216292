// What evaluators without a network share: every legal move gets the same prior, and only the value is theirs to say.
#pragma once

#include <algorithm>

#include "engine/eval/evaluator.h"

namespace tandem {

class UniformPriorEvaluator : public Evaluator {
 public:
  absl::Status Evaluate(std::span<EvalRequest> batch) final {
    for (const EvalRequest& request : batch) {
      std::fill(request.prior.begin(), request.prior.end(), 1.0f / static_cast<float>(request.prior.size()));
      *request.evaluation = Value(*request.state);
    }
    const auto size = static_cast<std::int64_t>(batch.size());
    counters_.requests += size;
    counters_.evaluations += size;
    counters_.batches += size > 0;
    return absl::OkStatus();
  }
  EvalCounters counters() const final { return counters_; }

 private:
  // Value of a position that is not terminal, mover's view.
  virtual Evaluation Value(const State& state) = 0;

  EvalCounters counters_;
};

}  // namespace tandem
