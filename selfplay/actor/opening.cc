#include "selfplay/actor/opening.h"

#include <algorithm>
#include <memory>

namespace tandem {

OpeningPlan DrawOpening(const GameFacts& facts, const SelfplayConfig& config, Rng& rng) {
  OpeningPlan plan;
  plan.random = rng.Uniform() < config.random_opening_share();
  const int longest = std::max(facts.max_plies - 1, 0);
  if (plan.random) {
    const int most = std::min(static_cast<int>(config.random_opening_max_fraction() * facts.max_plies), longest);
    plan.plies = static_cast<int>(rng.Below(static_cast<std::uint32_t>(most) + 1));
  } else if (config.policy_opening_mean_plies() > 0) {
    plan.plies = static_cast<int>(std::min(rng.Exponential(config.policy_opening_mean_plies()), static_cast<double>(longest)));
  }
  return plan;
}

std::vector<Action> PlayRandomOpening(int plies, State* state, Rng& rng) {
  const std::unique_ptr<State> start = state->Clone();
  std::vector<Action> moves;
  ActionList legal;
  while (static_cast<int>(moves.size()) < plies) {
    state->LegalActions(legal);
    moves.push_back(legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))]);
    state->Apply(moves.back());
    if (!state->IsTerminal()) continue;
    plies = static_cast<int>(rng.Below(static_cast<std::uint32_t>(moves.size())));
    moves.clear();
    state->CopyFrom(*start);
  }
  return moves;
}

}  // namespace tandem
