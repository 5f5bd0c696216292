#include "selfplay/worker/rating.h"

#include <array>
#include <utility>

#include "engine/agent/planner_agent.h"
#include "engine/base/status.h"
#include "engine/match/game_runner.h"
#include "engine/search/tree_planner.h"

namespace tandem {
namespace {

std::unique_ptr<Agent> MakePlayer(const RatingWork& work, const std::shared_ptr<const Network>& network) {
  SearchConfig config = work.search;
  config.set_simulations(work.job.simulations());
  config.set_threads(1);
  SearchLimits limits;
  limits.simulations = work.job.simulations();
  auto planner = NewTreePlanner(*work.game, config, network->NewEvaluator(static_cast<float>(config.policy_temperature())));
  return std::make_unique<PlannerAgent>("rating", network->id(), std::move(planner), std::move(limits));
}

absl::StatusOr<Opening> OpeningOf(const RatingWork& work) {
  Opening opening;
  const std::unique_ptr<State> state = work.game->NewState();
  for (const std::uint32_t move : work.job.opening()) {
    ActionList legal;
    if (!state->IsTerminal()) state->LegalActions(legal);
    if (legal.Find(static_cast<Action>(move)) < 0) return BadInput("rating job: action ", move, " of its opening is not legal");
    state->Apply(static_cast<Action>(move));
    opening.moves.push_back(static_cast<Action>(move));
  }
  if (state->IsTerminal()) return BadInput("rating job: its opening ends the game");
  return opening;
}

}  // namespace

absl::StatusOr<PutRating> PlayRatingPair(const RatingWork& work, std::stop_token stop) {
  TANDEM_ASSIGN_OR_RETURN(const Opening opening, OpeningOf(work));
  const std::unique_ptr<Agent> a = MakePlayer(work, work.net_a), b = MakePlayer(work, work.net_b);
  PutRating put;
  put.set_id(work.job.id());
  for (const bool a_first : {true, false}) {
    GameRules rules;
    rules.seed = work.job.seed() + (a_first ? 0 : 1);
    const std::array<Agent*, 2> players = a_first ? std::array{a.get(), b.get()} : std::array{b.get(), a.get()};
    TANDEM_ASSIGN_OR_RETURN(const PlayedGame played, PlayGame(*work.game, opening, players, rules, stop));
    if (played.ending == Ending::kForfeit) return absl::InternalError("rating game: " + played.note);
    RatingGame& game = a_first ? *put.mutable_a_first() : *put.mutable_b_first();
    for (const Action move : played.moves) game.add_moves(static_cast<std::uint32_t>(move));
  }
  return put;
}

}  // namespace tandem
