// tandem perft: counts the sequences of moves of each length, the classic check of a game's rules. Speed goes to stderr.
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "boost/json.hpp"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "tools/commands/command.h"

namespace tandem {
namespace {

struct PerftOptions {
  std::string game;
  int depth = 0;
  std::string fen;
  std::vector<std::string> moves;
  bool json = false;
};

absl::StatusOr<std::unique_ptr<State>> RootOf(const Game& game, const PerftOptions& options) {
  std::unique_ptr<State> state = game.NewState();
  if (!options.fen.empty()) {
    TANDEM_ASSIGN_OR_RETURN(state, game.StateFromText(options.fen));
  }
  for (std::size_t i = 0; i < options.moves.size(); ++i) {
    const absl::StatusOr<Action> action = state->ParseAction(options.moves[i]);
    if (!action.ok()) return Annotate(action.status(), absl::StrCat("--moves, ply ", i));
    state->Apply(*action);
  }
  return state;
}

absl::Status RunPerft(const PerftOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(options.game));
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<State> root, RootOf(*game, options));
  boost::json::array rows;
  for (int depth = 1; depth <= options.depth; ++depth) {
    const absl::Time start = Clock::Real().Now();
    const std::uint64_t count = game->Perft(*root, depth);
    const double seconds = absl::ToDoubleSeconds(Clock::Real().Now() - start);
    if (options.json) {
      rows.push_back({{"depth", depth}, {"count", count}, {"seconds", seconds}});
      continue;
    }
    std::cout << depth << " " << count << "\n";
    TANDEM_RETURN_IF_ERROR(CheckStdout());
    std::cerr << absl::StrFormat("depth %d: %.3f s, %.1f million leaves/s\n", depth, seconds, count / seconds / 1e6);
  }
  if (options.json) std::cout << boost::json::serialize(rows) << "\n";
  return absl::OkStatus();
}

CommandAction SetUpPerft(CLI::App& app) {
  auto options = std::make_shared<PerftOptions>();
  app.add_option("--game", options->game, "game, NAME[:key=value,...]")->required();
  app.add_option("--depth", options->depth, "greatest depth, plies")->required()->check(CLI::Range(1, 100));
  app.add_option("--fen", options->fen, "position to count from, instead of the game's start");
  app.add_option("--moves", options->moves, "moves played before counting");
  app.add_flag("--json", options->json, "machine-readable");
  return [options] { return RunPerft(*options); };
}

TANDEM_REGISTER_COMMAND("perft", "counts the leaves of the game tree for each depth", SetUpPerft);

}  // namespace
}  // namespace tandem
