#include "engine/eval/rollout.h"

#include "engine/base/check.h"
#include "engine/base/rng.h"
#include "engine/eval/uniform_prior.h"

namespace tandem {
namespace {

class RolloutEvaluator final : public UniformPriorEvaluator {
 public:
  RolloutEvaluator(int num_rollouts, std::uint64_t seed) : num_rollouts_(num_rollouts), rng_(Rng::Stream(seed, "rollout")) {
    TANDEM_CHECK(num_rollouts >= 1);
  }

  std::string id() const override { return "rollout"; }

 private:
  Evaluation Value(const State& state) override {
    const int mover = state.ToMove();
    int counts[3] = {};  // losses, draws, wins of the mover
    for (int i = 0; i < num_rollouts_; ++i) ++counts[MoverResult(state.Rollout(rng_), mover) + 1];
    const float share = 1.0f / static_cast<float>(num_rollouts_);
    return {.win = static_cast<float>(counts[2]) * share,
            .draw = static_cast<float>(counts[1]) * share,
            .loss = static_cast<float>(counts[0]) * share,
            .moves_left = 0};
  }

  const int num_rollouts_;
  Rng rng_;
};

}  // namespace

std::unique_ptr<Evaluator> NewRolloutEvaluator(int num_rollouts, std::uint64_t seed) {
  return std::make_unique<RolloutEvaluator>(num_rollouts, seed);
}

}  // namespace tandem
