// tandem rules: replays games from stdin, a line each, and prints every position as JSON. Other programs check our rules with it, and
// shared test data are compared position by position.
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "boost/json.hpp"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "tools/commands/command.h"

namespace tandem {
namespace {

struct RulesOptions {
  std::string game;
  std::string fen;
};

std::string PositionLine(const State& state, int ply) {
  ActionList actions;
  state.LegalActions(actions);
  std::vector<std::string> legal;
  for (const Action action : actions) legal.push_back(state.ActionText(action));
  std::sort(legal.begin(), legal.end());
  boost::json::object line = {{"ply", ply},
                              {"to_move", state.ToMove()},
                              {"legal", boost::json::array(legal.begin(), legal.end())},
                              {"terminal", state.IsTerminal()},
                              {"result", nullptr},
                              {"fen", state.ToText()},
                              {"hash", absl::StrFormat("%016x", state.Hash())}};
  if (state.IsTerminal()) line["result"] = static_cast<int>(state.GetOutcome());
  return boost::json::serialize(line);
}

// Prints the positions of one game up to its end or its first bad move; the error names the ply of the position it was meant for.
absl::Status Replay(const State& start, const std::string& line, int line_number) {
  const std::unique_ptr<State> state = start.Clone();
  int ply = 0;
  std::cout << PositionLine(*state, ply) << "\n";
  for (const absl::string_view move : absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty())) {
    const absl::StatusOr<Action> action = state->ParseAction(std::string_view(move.data(), move.size()));
    if (!action.ok()) return Annotate(action.status(), absl::StrCat("line ", line_number, ", ply ", ply));
    state->Apply(*action);
    std::cout << PositionLine(*state, ++ply) << "\n";
  }
  return absl::OkStatus();
}

absl::Status RunRules(const RulesOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(options.game));
  std::unique_ptr<State> start = game->NewState();
  if (!options.fen.empty()) {
    TANDEM_ASSIGN_OR_RETURN(start, game->StateFromText(options.fen));
  }
  bool all_good = true;
  std::string line;
  for (int number = 1; std::getline(std::cin, line); ++number) {
    const absl::Status status = Replay(*start, line, number);
    TANDEM_RETURN_IF_ERROR(CheckStdout());
    if (status.ok()) continue;
    PrintErrorLine("tandem rules", status.message());
    all_good = false;
  }
  return all_good ? absl::OkStatus() : AlreadyReported();
}

CommandAction SetUpRules(CLI::App& app) {
  auto options = std::make_shared<RulesOptions>();
  app.add_option("--game", options->game, "game, NAME[:key=value,...]")->required();
  app.add_option("--fen", options->fen, "position to start every game from, instead of the game's own");
  return [options] { return RunRules(*options); };
}

TANDEM_REGISTER_COMMAND("rules", "replays games from stdin (a line each, moves split by blanks), prints every position as JSON",
                        SetUpRules);

}  // namespace
}  // namespace tandem
