#include "engine/match/game_runner.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/rng.h"

namespace tandem {
namespace {

void Forfeit(int player, std::string why, PlayedGame& game) {
  game.ending = Ending::kForfeit;
  game.forfeited_by = player;
  game.outcome = player == 0 ? Outcome::kSecondWins : Outcome::kFirstWins;
  game.note = std::move(why);
}

std::string Words(const absl::Status& status) { return std::string(status.message()); }

absl::Status BeginGame(const Game& game, const Opening& opening, std::uint64_t seed, Agent& player) {
  absl::Status status = player.Reset(*game.NewState(), seed);
  for (const Action action : opening.moves) {
    if (status.ok()) status = player.Observe(action);
  }
  return status;
}

// Asks the player to move and books what it spent. False after a forfeit.
bool PlayMove(State& state, int player, const std::array<Agent*, 2>& players, const Clock& clock, std::stop_token stop, PlayedGame& game) {
  const auto side = static_cast<std::size_t>(player);
  const absl::Time begin = clock.Now();
  const absl::StatusOr<Decision> decision = players[side]->Act(nullptr, stop);
  SideUse& use = game.use[side];
  use.seconds += absl::ToDoubleSeconds(clock.Now() - begin);
  ++use.moves;
  if (!decision.ok()) {
    if (stop.stop_requested()) return false;
    Forfeit(player, absl::StrCat("no move at ply ", game.moves.size(), ": ", Words(decision.status())), game);
    return false;
  }
  if (decision->search) {
    use.simulations += decision->search->simulations;
    use.evaluations += decision->search->evaluations;
  }
  ActionList legal;
  state.LegalActions(legal);
  if (legal.Find(decision->action) < 0) {
    Forfeit(player, absl::StrCat("illegal action ", decision->action, " at ply ", game.moves.size()), game);
    return false;
  }
  state.Apply(decision->action);
  game.moves.push_back(decision->action);
  if (state.IsTerminal()) return true;
  for (int observer = 0; observer < 2; ++observer) {
    const absl::Status status = players[static_cast<std::size_t>(observer)]->Observe(decision->action);
    if (status.ok()) continue;
    Forfeit(observer, absl::StrCat("refused the move at ply ", game.moves.size() - 1, ": ", Words(status)), game);
    return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<PlayedGame> PlayGame(const Game& game, const Opening& opening, const std::array<Agent*, 2>& players, const GameRules& rules,
                                    std::stop_token stop) {
  PlayedGame played;
  played.moves = opening.moves;
  played.opening_plies = static_cast<int>(opening.moves.size());
  const std::unique_ptr<State> state = OpeningState(game, opening);
  for (int player = 0; player < 2; ++player) {
    const std::uint64_t seed = Rng::Stream(rules.seed, "player", static_cast<std::uint64_t>(player))();
    // From the start and through the opening's moves: programs that take up no position know only games.
    const absl::Status status = BeginGame(game, opening, seed, *players[static_cast<std::size_t>(player)]);
    if (status.ok()) continue;
    Forfeit(player, absl::StrCat("could not begin: ", Words(status)), played);
    return played;
  }
  const auto max_plies = static_cast<std::size_t>(rules.max_plies > 0 ? rules.max_plies : game.facts().max_plies);
  while (!state->IsTerminal()) {
    if (played.moves.size() >= max_plies) {
      played.ending = Ending::kAdjudicated;
      played.note = absl::StrCat("draw by adjudication after ", max_plies, " plies");
      return played;
    }
    const bool moved = PlayMove(*state, state->ToMove(), players, *rules.clock, stop, played);
    if (stop.stop_requested()) return absl::CancelledError("the match was stopped");
    if (!moved) return played;
  }
  played.outcome = state->GetOutcome();
  return played;
}

std::string GameText(const Game& game, const std::vector<Action>& moves) {
  const std::unique_ptr<State> state = game.NewState();
  std::vector<std::string> texts;
  for (const Action action : moves) {
    texts.push_back(state->ActionText(action));
    state->Apply(action);
  }
  return absl::StrJoin(texts, " ");
}

}  // namespace tandem
