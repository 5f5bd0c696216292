#include "selfplay/worker/rating.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/agent/agent.h"
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

// Agents without a file or a process. Any other must be allowed to the letter: of "gtp" alone nobody knows which program it runs.
constexpr std::array<const char*, 3> kOwnKinds = {"random", "solver", "uct"};

std::string KindOf(std::string_view spec) { return std::string(spec.substr(0, spec.find(':'))); }

absl::StatusOr<std::unique_ptr<Agent>> MakeRival(const RatingWork& work) {
  if (!work.job.has_opponent()) return MakePlayer(work, work.net_b);
  absl::StatusOr<std::unique_ptr<Agent>> opponent = MakeAgent(*work.game, work.job.opponent());
  if (!opponent.ok()) return absl::InternalError(absl::StrCat("rating game: ", opponent.status().message()));
  return opponent;
}

}  // namespace

std::set<std::string> OfferedOpponents(const std::set<std::string>& allowed, std::string_view failed) {
  std::set<std::string> offered(kOwnKinds.begin(), kOwnKinds.end());
  offered.insert(allowed.begin(), allowed.end());
  offered.erase(std::string(failed));
  offered.erase(KindOf(failed));
  return offered;
}

bool IsOffered(const std::set<std::string>& offered, std::string_view opponent) {
  if (offered.count(std::string(opponent)) > 0) return true;
  const std::string kind = KindOf(opponent);
  return offered.count(kind) > 0 && std::find(kOwnKinds.begin(), kOwnKinds.end(), kind) != kOwnKinds.end();
}

absl::StatusOr<PutRating> PlayRatingPair(const RatingWork& work, std::stop_token stop) {
  TANDEM_ASSIGN_OR_RETURN(const Opening opening, OpeningOf(work));
  const std::unique_ptr<Agent> a = MakePlayer(work, work.net_a);
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Agent> b, MakeRival(work));
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
