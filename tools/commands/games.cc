// tandem games: the registered games, their sizes, options and notation.
#include <iostream>
#include <memory>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "boost/json.hpp"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "tools/commands/command.h"

namespace tandem {
namespace {

struct GamesOptions {
  std::string game;
  bool json = false;
};

boost::json::array ToJson(const std::vector<std::string>& texts) { return boost::json::array(texts.begin(), texts.end()); }

boost::json::object Describe(const RegisteredGame& registered, const GameFacts& facts, int num_symmetries) {
  return {{"name", facts.name},
          {"spec", facts.spec},
          {"title", facts.title},
          {"options", ToJson(registered.option_keys)},
          {"variant_names", ToJson(facts.variant_names)},
          {"rows", facts.rows},
          {"cols", facts.cols},
          {"num_planes", facts.num_planes},
          {"num_actions", facts.num_actions},
          {"num_symmetries", num_symmetries},
          {"max_plies", facts.max_plies},
          {"has_ownership", facts.has_ownership},
          {"notation", facts.notation}};
}

void Print(const RegisteredGame& registered, const GameFacts& facts, int num_symmetries) {
  std::cout << absl::StrFormat("%-16s %s: board %dx%d, %d actions, %d planes, %d symmetries, at most %d plies\n", facts.spec, facts.title,
                               facts.rows, facts.cols, facts.num_actions, facts.num_planes, num_symmetries, facts.max_plies);
  std::cout << absl::StrFormat("%-16s moves: %s\n", "", facts.notation);
  if (!registered.option_keys.empty()) std::cout << absl::StrFormat("%-16s options: %s\n", "", absl::StrJoin(registered.option_keys, ", "));
  for (const auto& [variant, spec] : registered.variants) std::cout << absl::StrFormat("%-16s %s is %s\n", "", variant, spec);
}

absl::Status RunGames(const GamesOptions& options) {
  boost::json::array all;
  const Game* chosen = nullptr;
  if (!options.game.empty()) {
    TANDEM_ASSIGN_OR_RETURN(chosen, FindGame(options.game));
  }
  for (const RegisteredGame& registered : RegisteredGames()) {
    if (chosen != nullptr && chosen->facts().name != registered.name) continue;
    TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(registered.name));
    if (chosen != nullptr) game = chosen;
    const int num_symmetries = static_cast<int>(game->symmetries().size());
    if (options.json) {
      all.push_back(Describe(registered, game->facts(), num_symmetries));
    } else {
      Print(registered, game->facts(), num_symmetries);
    }
  }
  if (options.json) std::cout << boost::json::serialize(all) << "\n";
  return absl::OkStatus();
}

CommandAction SetUpGames(CLI::App& app) {
  auto options = std::make_shared<GamesOptions>();
  app.add_option("--game", options->game, "only this game, NAME[:key=value,...]");
  app.add_flag("--json", options->json, "machine-readable");
  return [options] { return RunGames(*options); };
}

TANDEM_REGISTER_COMMAND("games", "lists games, their sizes, options and notation", SetUpGames);

}  // namespace
}  // namespace tandem
