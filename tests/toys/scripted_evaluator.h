// Evaluators whose answers a test knows: by a function, by a table, or as noise that depends on nothing but the position.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/eval/evaluator.h"

namespace tandem {

// Answers with `opinion(request)` and remembers the sizes of the batches. Errors when told to.
class ScriptedEvaluator final : public Evaluator {
 public:
  using Opinion = std::function<void(const EvalRequest&)>;
  explicit ScriptedEvaluator(Opinion opinion) : opinion_(std::move(opinion)) {}

  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    batch_sizes.push_back(static_cast<int>(batch.size()));
    if (!next_error.ok()) return std::exchange(next_error, absl::OkStatus());
    for (const EvalRequest& request : batch) opinion_(request);
    counters_.requests += static_cast<std::int64_t>(batch.size());
    counters_.evaluations += static_cast<std::int64_t>(batch.size());
    ++counters_.batches;
    return absl::OkStatus();
  }
  EvalCounters counters() const override { return counters_; }
  std::string id() const override { return "scripted"; }

  std::vector<int> batch_sizes;
  absl::Status next_error = absl::OkStatus();

 private:
  Opinion opinion_;
  EvalCounters counters_;
};

// value in -1..1 as win/draw/loss with this much draw.
inline Evaluation Opinion(float value, float draw = 0) {
  return {.win = (1 - draw + value) / 2, .draw = draw, .loss = (1 - draw - value) / 2, .moves_left = 0};
}

// Prior and value of one position of a toy game, by its number (key.low).
struct ScriptedOpinion {
  std::vector<float> prior = {};  // empty = uniform
  float value = 0;
  float draw = 0;
};
inline std::unique_ptr<ScriptedEvaluator> NewTableEvaluator(std::map<std::uint64_t, ScriptedOpinion> table) {
  return std::make_unique<ScriptedEvaluator>([table = std::move(table)](const EvalRequest& request) {
    const auto found = table.find(request.state->Key().low);
    const ScriptedOpinion opinion = found == table.end() ? ScriptedOpinion() : found->second;
    for (std::size_t i = 0; i < request.prior.size(); ++i) {
      request.prior[i] = opinion.prior.empty() ? 1.0f / static_cast<float>(request.prior.size()) : opinion.prior[i];
    }
    *request.evaluation = Opinion(opinion.value, opinion.draw);
  });
}

// A made-up network: prior and value are hashes of the position and the seed, all different.
inline void HashOpinion(std::uint64_t seed, const EvalRequest& request) {
  const std::uint64_t hash = Mix64(request.state->Hash() ^ Mix64(seed));
  const auto unit = [](std::uint64_t x) { return static_cast<float>(Mix64(x) >> 40) * 0x1.0p-24f; };
  float sum = 0;
  for (std::size_t i = 0; i < request.prior.size(); ++i) sum += request.prior[i] = 0.05f + unit(hash + request.legal[i] + 10);
  for (float& p : request.prior) p /= sum;
  *request.evaluation = Opinion(1.4f * unit(hash + 1) - 0.7f, 0.3f * unit(hash + 2));
  request.evaluation->moves_left = 10 * unit(hash + 3);
}
inline std::unique_ptr<ScriptedEvaluator> NewHashEvaluator(std::uint64_t seed) {
  return std::make_unique<ScriptedEvaluator>([seed](const EvalRequest& request) { HashOpinion(seed, request); });
}

}  // namespace tandem
