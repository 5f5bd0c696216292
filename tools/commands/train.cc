// tandem train: the whole loop in one process.
#include <atomic>
#include <csignal>
#include <iostream>
#include <memory>
#include <stop_token>
#include <thread>

#include "absl/strings/str_format.h"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "tools/commands/command.h"
#include "tools/commands/signals.h"
#include "training/loop/loop.h"
#include "training/store/keeper.h"

namespace tandem {
namespace {

struct TrainOptions {
  RunRequest run;
  double minutes = -1;
  std::int64_t games = -1;
  std::string mirror;
};

absl::Status RunTrain(const TrainOptions& options) {
  std::stop_source stop;
  const StopOnSignals signals(stop);  // before any thread starts: each inherits that the signals are not for it
  RunRequest request = options.run;
  if (options.minutes >= 0) request.overrides.push_back(absl::StrFormat("loop.minutes=%g", options.minutes));
  if (options.games >= 0) request.overrides.push_back(absl::StrFormat("loop.games=%d", options.games));
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Run> run, Run::Open(request));
  if (!options.mirror.empty()) TANDEM_RETURN_IF_ERROR(CheckMirror(run->directory(), options.mirror));
  const StoreKeeper keeper({.directory = run->directory(), .config = run->config(), .mirror = options.mirror, .clock = &Clock::Real()});
  TANDEM_ASSIGN_OR_RETURN(const LoopSummary summary, TrainLoop(*run, LoopOptions(), stop.get_token(), Clock::Real()));
  std::cout << absl::StrFormat("%d games, %d rows, %d steps in %.1f minutes; network %s\n", summary.games, summary.rows, summary.steps,
                               summary.seconds / 60, summary.net_id);
  return absl::OkStatus();
}

CommandAction SetUpTrain(CLI::App& app) {
  auto options = std::make_shared<TrainOptions>();
  app.add_option("--game", options->run.game, "game, NAME[:key=value,...]; may be left out when resuming");
  app.add_option("--run", options->run.directory, "run directory")->required();
  app.add_flag("--resume", options->run.resume, "go on with the run in this directory, if there is one");
  app.add_option("--minutes", options->minutes, "time limit of the run, all sessions together; 0 = none")->check(CLI::Range(0.0, 1e7));
  app.add_option("--games", options->games, "limit of self-play games; 0 = none")->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
  app.add_option("--mirror", options->mirror, "second directory that gets a checked copy of chunks and networks (docs/store.md)");
  app.add_option("--set", options->run.overrides, "KEY=VALUE, any field of the run config (see `tandem options`)")->take_all();
  return [options] { return RunTrain(*options); };
}

TANDEM_REGISTER_COMMAND("train", "trains by self-play, the whole loop in one process; resumable", SetUpTrain);

}  // namespace
}  // namespace tandem
