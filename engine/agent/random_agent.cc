// The weakest fixed opponent: every legal move with the same probability.
#include <memory>

#include "engine/agent/registry.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

class RandomAgent : public Agent {
 public:
  explicit RandomAgent(std::string spec) : spec_(std::move(spec)) {}

  const std::string& spec() const override { return spec_; }

  absl::Status Reset(const State& start, std::uint64_t seed) override {
    state_ = start.Clone();
    rng_ = Rng::Stream(seed, "agent");
    return absl::OkStatus();
  }

  absl::Status Observe(Action action) override {
    state_->Apply(action);
    return absl::OkStatus();
  }

  absl::StatusOr<Decision> Act(const SearchLimits* limits, std::stop_token) override {
    if (limits != nullptr && !limits->root_actions.empty()) {
      const auto size = static_cast<std::uint32_t>(limits->root_actions.size());
      return Decision{.action = limits->root_actions[rng_.Below(size)], .search = {}, .value = {}};
    }
    ActionList legal;
    state_->LegalActions(legal);
    return Decision{.action = legal[static_cast<int>(rng_.Below(static_cast<std::uint32_t>(legal.size())))], .search = {}, .value = {}};
  }

 private:
  const std::string spec_;
  std::unique_ptr<State> state_;
  Rng rng_{0};
};

absl::StatusOr<std::unique_ptr<Agent>> MakeRandomAgent(const Game&, const AgentSpec& spec) {
  const OptionReader options(spec);
  TANDEM_RETURN_IF_ERROR(options.Finish());
  return std::make_unique<RandomAgent>(options.Canonical());
}

TANDEM_REGISTER_AGENT({"random", "random", "a uniformly random legal move", MakeRandomAgent});

}  // namespace
}  // namespace tandem
