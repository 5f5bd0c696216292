#include "engine/eval/uniform.h"

#include <algorithm>

namespace tandem {
namespace {

class UniformEvaluator final : public Evaluator {
 public:
  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    for (const EvalRequest& request : batch) {
      std::fill(request.prior.begin(), request.prior.end(), 1.0f / static_cast<float>(request.prior.size()));
      *request.evaluation = Evaluation{.win = 0, .draw = 1, .loss = 0, .moves_left = 0};
    }
    const auto size = static_cast<std::int64_t>(batch.size());
    counters_.requests += size;
    counters_.evaluations += size;
    counters_.batches += size > 0;
    return absl::OkStatus();
  }
  EvalCounters counters() const override { return counters_; }
  std::string id() const override { return "uniform"; }

 private:
  EvalCounters counters_;
};

}  // namespace

std::unique_ptr<Evaluator> NewUniformEvaluator() { return std::make_unique<UniformEvaluator>(); }

}  // namespace tandem
