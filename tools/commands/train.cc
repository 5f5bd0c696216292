// tandem train: the whole loop in one process; with --listen also the coordinator of workers elsewhere.
#include <memory>
#include <stop_token>

#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "tools/commands/command.h"
#include "tools/commands/run_limits.h"
#include "tools/commands/serving.h"
#include "tools/commands/signals.h"
#include "training/loop/loop.h"
#include "training/store/keeper.h"

namespace tandem {
namespace {

struct TrainOptions {
  RunRequest run;
  RunLimits limits;
  ServingOptions serving;  // without an address to listen on: nobody else plays
  std::string mirror;
};

absl::Status RunTrain(const TrainOptions& options) {
  std::stop_source stop;
  const StopOnSignals signals(stop);  // before any thread starts: each inherits that the signals are not for it
  const bool serves = !options.serving.listen.empty();
  if (serves) TANDEM_RETURN_IF_ERROR(CheckServing(options.serving));
  RunRequest request = options.run;
  ApplyLimits(options.limits, &request);
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Run> run, Run::Open(request));
  if (!options.mirror.empty()) TANDEM_RETURN_IF_ERROR(CheckMirror(run->directory(), options.mirror));
  const StoreKeeper keeper({.directory = run->directory(), .config = run->config(), .mirror = options.mirror, .clock = &Clock::Real()});
  LoopOptions loop;
  std::unique_ptr<Serving> serving;
  if (serves) {
    TANDEM_ASSIGN_OR_RETURN(serving, Serving::Start(*run, options.serving));
    loop.coordinator = &serving->coordinator();
  }
  TANDEM_ASSIGN_OR_RETURN(const LoopSummary summary, TrainLoop(*run, loop, stop.get_token(), Clock::Real()));
  PrintSummary(summary);
  return absl::OkStatus();
}

CommandAction SetUpTrain(CLI::App& app) {
  auto options = std::make_shared<TrainOptions>();
  app.add_option("--game", options->run.game, "game, NAME[:key=value,...]; may be left out when resuming");
  app.add_option("--run", options->run.directory, "run directory")->required();
  app.add_flag("--resume", options->run.resume, "go on with the run in this directory, if there is one");
  app.add_option("--minutes", options->limits.minutes, "time limit of the run, all sessions together; 0 = none")
      ->check(CLI::Range(0.0, 1e7));
  app.add_option("--games", options->limits.games, "limit of self-play games, those of workers included; 0 = none")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
  app.add_option("--mirror", options->mirror, "second directory that gets a checked copy of chunks and networks (docs/store.md)");
  app.add_option("--set", options->run.overrides, "KEY=VALUE, any field of the run config (see `tandem options`)")->take_all();
  AddServingOptions(app, &options->serving);
  for (const char* more : {"--plaintext", "--heartbeat-seconds", "--max-workers", "--metrics"}) {
    app.get_option(more)->needs(app.get_option("--listen"));
  }
  return [options] { return RunTrain(*options); };
}

TANDEM_REGISTER_COMMAND("train", "trains by self-play, the whole loop in one process; resumable", SetUpTrain);

}  // namespace
}  // namespace tandem
