// tandem evaluate: what a run's network is worth alone and with search.
#include <iostream>
#include <memory>
#include <stop_token>

#include "engine/base/clock.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "tools/commands/command.h"
#include "tools/commands/signals.h"
#include "tools/report/evaluation.h"
#include "tools/report/evaluation_report.h"

namespace tandem {
namespace {

struct EvaluateOptions {
  EvaluationRequest request;
  std::string run, data;
  bool json = false;
};

absl::Status RunEvaluate(const EvaluateOptions& options) {
  EvaluationRequest request = options.request;
  request.run = options.run;
  request.data = options.data;
  std::stop_source stop;
  const StopOnSignals signals(stop);
  const auto progress = [](const std::string& line) { std::cerr << line << std::endl; };
  TANDEM_ASSIGN_OR_RETURN(const EvaluationReport report, Evaluate(request, progress, Clock::Real(), stop.get_token()));
  TANDEM_ASSIGN_OR_RETURN(const std::filesystem::path page, WriteEvaluation(report));
  if (options.json) {
    std::cout << JsonPage(EvaluationJson(report));
  } else {
    std::cout << EvaluationText(report) << "Page " << page.string() << " (JSON beside it)\n";
  }
  return absl::OkStatus();
}

CommandAction SetUpEvaluate(CLI::App& app) {
  auto options = std::make_shared<EvaluateOptions>();
  EvaluationRequest& request = options->request;
  app.add_option("--run", options->run, "run directory")->required();
  app.add_option("--sims", request.simulations, "simulations of the searching players, e.g. 1,4,16,64,256")
      ->delimiter(',')
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{100000000}));
  app.add_option("--opponent", request.opponents, "agent spec of a further player, e.g. uci:cmd=stockfish,nodes=1000; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--games", request.games, "games a pairing, at most")->check(CLI::Range(2, 1000000));
  app.add_option("--checkpoints", request.checkpoints, "checkpoints along the run, evenly spaced in time; 0 = only the newest")
      ->check(CLI::Range(0, 1000));
  app.add_option("--data", options->data,
                 "folder of solved positions (GAME/FILE); default: TANDEM_SHARED_DATA, ../shared/data, or made here");
  app.add_option("--positions", request.positions, "solved positions that each player answers")->check(CLI::Range(1, 1000000));
  app.add_option("--minutes", request.minutes, "time for everything; each pairing plays at least 4 games; 0 = no limit")
      ->check(CLI::Range(0.0, 1e6));
  app.add_option("--threads", request.threads, "games at once; 0 = all processors")->check(CLI::Range(0, 1024));
  app.add_option("--seed", request.seed, "seed of openings, agents and intervals");
  app.add_flag("--json", options->json, "machine-readable on stdout");
  return [options] { return RunEvaluate(*options); };
}

TANDEM_REGISTER_COMMAND("evaluate", "network only against search: one rating pool, solved positions, plots", SetUpEvaluate);

}  // namespace
}  // namespace tandem
