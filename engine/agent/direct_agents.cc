// Agents that need no network: `uct` with random rollouts, a fixed outside yardstick, and `solver`, exact alpha-beta.
#include <memory>

#include "engine/agent/planner_agent.h"
#include "engine/agent/registry.h"
#include "engine/base/status.h"
#include "engine/search/solver.h"
#include "engine/search/uct.h"

namespace tandem {
namespace {

absl::StatusOr<std::unique_ptr<Agent>> MakeUctAgent(const Game& game, const AgentSpec& spec) {
  OptionReader options(spec);
  UctOptions uct;
  SearchLimits limits;
  TANDEM_ASSIGN_OR_RETURN(uct.simulations, options.Integer("sims", uct.simulations, 1, 1'000'000'000));
  TANDEM_ASSIGN_OR_RETURN(uct.exploration, options.Number("c", uct.exploration, 0, 1000));
  TANDEM_ASSIGN_OR_RETURN(const double seconds, options.Number("time", 0, 0, 1e6));
  TANDEM_RETURN_IF_ERROR(options.Finish());
  limits.simulations = uct.simulations;
  if (seconds > 0) {
    limits.time = absl::Seconds(seconds);
    if (!options.Has("sims")) limits.simulations = 0;
  }
  return std::make_unique<PlannerAgent>(options.Canonical(), "", NewUctPlanner(game, uct), std::move(limits));
}

absl::StatusOr<std::unique_ptr<Agent>> MakeSolverAgent(const Game& game, const AgentSpec& spec) {
  OptionReader options(spec);
  SolverOptions solver;
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t nodes, options.Integer("nodes", 0, 0, std::int64_t{1} << 60));
  TANDEM_RETURN_IF_ERROR(options.Finish());
  if (nodes > 0) solver.max_nodes = static_cast<std::uint64_t>(nodes);
  return std::make_unique<PlannerAgent>(options.Canonical(), "", NewSolverPlanner(game, solver), SearchLimits());
}

[[maybe_unused]] const bool tandem_registered_agents =
    RegisterAgent({"uct", "uct:sims=1000", "plain UCT with random rollouts; c=1.414..., time=SECONDS", MakeUctAgent}) &&
    RegisterAgent({"solver", "solver", "exact alpha-beta, the first best move; nodes=N bounds it (UCT answers beyond)", MakeSolverAgent});

}  // namespace
}  // namespace tandem
