// tandem uci: the Universal Chess Interface on stdin and stdout. docs/uci.md is its page.
#include "engine/protocol/uci.h"

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "engine/net/run_directory.h"
#include "engine/protocol/brain.h"
#include "tools/commands/command.h"

namespace tandem {
namespace {

struct UciOptions {
  std::string game;
  std::string run;
  std::string weights;
};

// The game that is named, else the run's, else Connect Four.
absl::StatusOr<const Game*> ChooseGame(const UciOptions& options) {
  std::string spec = options.game;
  if (spec.empty() && !options.run.empty()) {
    TANDEM_ASSIGN_OR_RETURN(const RunConfig config, RunDirectory(options.run).ReadConfig());
    spec = config.game();
  }
  if (spec.empty()) spec = RunConfig::default_instance().game();
  absl::StatusOr<const Game*> game = FindGame(spec);
  if (!game.ok()) return Annotate(game.status(), "--game");
  return game;
}

absl::Status RunUci(const UciOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const Game* const game, ChooseGame(options));
  // Nothing is said before the client speaks.
  bool silent = true;
  Uci uci(*game, NewNetworkBrain(), Clock::Real(), [&silent](std::string_view line) {
    if (!silent) std::cout << line << std::endl;
  });
  // Named on the command line, they are options like those a client sets: loaded at isready, errors are info strings then.
  if (!options.game.empty()) uci.Handle(absl::StrCat("setoption name UCI_Variant value ", options.game));
  if (!options.run.empty()) uci.Handle(absl::StrCat("setoption name Run value ", options.run));
  if (!options.weights.empty()) uci.Handle(absl::StrCat("setoption name WeightsFile value ", options.weights));
  silent = false;
  uci.Run(std::cin);
  return absl::OkStatus();
}

CommandAction SetUpUci(CLI::App& app) {
  auto options = std::make_shared<UciOptions>();
  app.add_option("--game", options->game, "game, NAME[:key=value,...]; the run's by default");
  app.add_option("--run", options->run, "run directory; its newest network plays");
  app.add_option("--weights", options->weights, "weights file, goes before --run");
  return [options] { return RunUci(*options); };
}

TANDEM_REGISTER_COMMAND("uci", "a UCI session on stdin and stdout", SetUpUci);

}  // namespace
}  // namespace tandem
