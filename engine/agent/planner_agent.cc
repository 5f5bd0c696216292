#include "engine/agent/planner_agent.h"

#include "engine/base/status.h"

namespace tandem {

absl::Status PlannerAgent::Reset(const State& start, std::uint64_t seed) {
  state_ = start.Clone();
  rng_ = Rng::Stream(seed, "agent");
  planner_->NewGame();
  return absl::OkStatus();
}

absl::Status PlannerAgent::Observe(Action action) {
  state_->Apply(action);
  return absl::OkStatus();
}

absl::StatusOr<Decision> PlannerAgent::Act(const SearchLimits* limits, std::stop_token stop) {
  TANDEM_ASSIGN_OR_RETURN(SearchResult result, planner_->Plan(*state_, limits != nullptr ? *limits : limits_, rng_, stop, nullptr));
  Decision decision;
  decision.action = result.action;
  decision.value = result.root_value;
  decision.search = std::move(result);
  return decision;
}

}  // namespace tandem
