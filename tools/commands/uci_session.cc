#include "tools/commands/uci_session.h"

#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "engine/net/run_directory.h"
#include "engine/protocol/brain.h"

namespace tandem {
namespace {

struct ProtocolOptions {
  std::string game;
  std::string run;
  std::string weights;
};

// The game that is named, else the run's, else Go for GTP and Connect Four for the others.
absl::StatusOr<const Game*> ChooseGame(const ProtocolOptions& options, Protocol protocol) {
  std::string spec = options.game;
  if (spec.empty() && !options.run.empty()) {
    TANDEM_ASSIGN_OR_RETURN(const RunConfig config, RunDirectory(options.run).ReadConfig());
    spec = config.game();
  }
  if (spec.empty() && protocol == Protocol::kGtp) {
    if (const absl::StatusOr<const Game*> go = FindGame("go"); go.ok()) return go;
  }
  if (spec.empty()) spec = RunConfig::default_instance().game();
  absl::StatusOr<const Game*> game = FindGame(spec);
  if (!game.ok()) return Annotate(game.status(), "--game");
  return game;
}

absl::Status RunProtocol(const ProtocolOptions& options, Protocol protocol) {
  // A bad command line is said before the client speaks.
  TANDEM_RETURN_IF_ERROR(ChooseGame(options, protocol).status());
  std::string first;
  while (absl::StripAsciiWhitespace(first).empty()) {
    if (!std::getline(std::cin, first)) return absl::OkStatus();
  }
  protocol = ProtocolOfLine(first).value_or(protocol);
  TANDEM_ASSIGN_OR_RETURN(const Game* const game, ChooseGame(options, protocol));
  // Nothing is said before the client asks.
  bool silent = true;
  const std::unique_ptr<FrontEnd> front_end =
      NewFrontEnd(protocol, *game, NewNetworkBrain(), Clock::Real(), [&silent](std::string_view line) {
        if (!silent) std::cout << line << std::endl;
      });
  // Named on the command line, they are options like those a client sets: loaded when it asks whether we are ready, errors are said then.
  if (!options.game.empty()) front_end->SetOption("UCI_Variant", options.game);
  if (!options.run.empty()) front_end->SetOption("Run", options.run);
  if (!options.weights.empty()) front_end->SetOption("WeightsFile", options.weights);
  silent = false;
  if (front_end->Handle(first)) RunFrontEnd(*front_end, std::cin);
  return absl::OkStatus();
}

}  // namespace

CommandAction SetUpProtocol(CLI::App& app, Protocol protocol) {
  auto options = std::make_shared<ProtocolOptions>();
  app.add_option("--game", options->game, "game, NAME[:key=value,...]; the run's by default");
  app.add_option("--run", options->run, "run directory; its newest network plays");
  app.add_option("--weights", options->weights, "weights file, goes before --run");
  return [options, protocol] { return RunProtocol(*options, protocol); };
}

}  // namespace tandem
