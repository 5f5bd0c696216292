// tandem train: the whole loop in one process.
#include <atomic>
#include <csignal>
#include <memory>
#include <stop_token>
#include <thread>

#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "tools/commands/command.h"
#include "tools/commands/run_limits.h"
#include "tools/commands/signals.h"
#include "training/loop/loop.h"
#include "training/store/keeper.h"

namespace tandem {
namespace {

struct TrainOptions {
  RunRequest run;
  RunLimits limits;
  std::string mirror;
};

absl::Status RunTrain(const TrainOptions& options) {
  std::stop_source stop;
  const StopOnSignals signals(stop);  // before any thread starts: each inherits that the signals are not for it
  RunRequest request = options.run;
  ApplyLimits(options.limits, &request);
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Run> run, Run::Open(request));
  if (!options.mirror.empty()) TANDEM_RETURN_IF_ERROR(CheckMirror(run->directory(), options.mirror));
  const StoreKeeper keeper({.directory = run->directory(), .config = run->config(), .mirror = options.mirror, .clock = &Clock::Real()});
  TANDEM_ASSIGN_OR_RETURN(const LoopSummary summary, TrainLoop(*run, LoopOptions(), stop.get_token(), Clock::Real()));
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
  app.add_option("--games", options->limits.games, "limit of self-play games; 0 = none")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
  app.add_option("--mirror", options->mirror, "second directory that gets a checked copy of chunks and networks (docs/store.md)");
  app.add_option("--set", options->run.overrides, "KEY=VALUE, any field of the run config (see `tandem options`)")->take_all();
  return [options] { return RunTrain(*options); };
}

TANDEM_REGISTER_COMMAND("train", "trains by self-play, the whole loop in one process; resumable", SetUpTrain);

}  // namespace
}  // namespace tandem
