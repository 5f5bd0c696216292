// tandem learn: replay and training over a run directory into which a coordinator (tandem serve) writes games.
#include <iostream>
#include <memory>
#include <stop_token>

#include "absl/strings/str_format.h"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "tools/commands/command.h"
#include "tools/commands/signals.h"
#include "training/loop/loop.h"

namespace tandem {
namespace {

struct LearnOptions {
  RunRequest run;
  double minutes = -1;
  std::int64_t games = -1;
};

absl::Status RunLearn(const LearnOptions& options) {
  RunRequest request = options.run;
  request.resume = true;
  request.role = RunRole::kLearn;
  if (options.minutes >= 0) request.overrides.push_back(absl::StrFormat("loop.minutes=%g", options.minutes));
  if (options.games >= 0) request.overrides.push_back(absl::StrFormat("loop.games=%d", options.games));
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Run> run, Run::Open(request));
  std::stop_source stop;
  const StopOnSignals signals(stop);
  TANDEM_ASSIGN_OR_RETURN(const LoopSummary summary, TrainLoop(*run, LoopOptions{.self_play = false}, stop.get_token(), Clock::Real()));
  std::cout << absl::StrFormat("%d games, %d rows, %d steps in %.1f minutes; network %s\n", summary.games, summary.rows, summary.steps,
                               summary.seconds / 60, summary.net_id);
  return absl::OkStatus();
}

CommandAction SetUpLearn(CLI::App& app) {
  auto options = std::make_shared<LearnOptions>();
  app.add_option("--run", options->run.directory, "run directory; begun when it is new")->required();
  app.add_option("--game", options->run.game, "game of a new run, NAME[:key=value,...]");
  app.add_option("--minutes", options->minutes, "time limit of the run, all sessions together; 0 = none")->check(CLI::Range(0.0, 1e7));
  app.add_option("--games", options->games, "stop when this many games have been trained on; 0 = never")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
  app.add_option("--set", options->run.overrides, "KEY=VALUE, any field of the run config (see `tandem options`)")->take_all();
  return [options] { return RunLearn(*options); };
}

TANDEM_REGISTER_COMMAND("learn", "trains on the games that workers bring to a run (see serve and work); resumable", SetUpLearn);

}  // namespace
}  // namespace tandem
