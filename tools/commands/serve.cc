// tandem serve: the coordinator of a run: gives workers assignments and networks, takes their games in.
#include <memory>
#include <stop_token>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "tools/commands/command.h"
#include "tools/commands/serving.h"
#include "tools/commands/signals.h"
#include "training/store/keeper.h"

namespace tandem {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(200);
constexpr absl::Duration kReportEvery = absl::Seconds(10);

struct ServeOptions {
  RunRequest run;
  ServingOptions serving;
  std::string mirror;
};

// One line whenever games came in.
class Reporter {
 public:
  explicit Reporter(const Coordinator& coordinator) : coordinator_(coordinator) {}
  void Report(bool final) {
    const absl::Time now = Clock::Real().Now();
    if (!final && now - reported_ < kReportEvery) return;
    const CoordinatorCounters counters = coordinator_.counters();
    if (!final && counters.games == games_ && counters.workers == workers_) return;
    Log().info("{} workers; {} games of the run, {:.1f} games/s; {} chunks stored, {} came again, {} refused", counters.workers,
               counters.run_games, static_cast<double>(counters.games - games_) / absl::ToDoubleSeconds(now - reported_), counters.chunks,
               counters.repeated_chunks, counters.refused_chunks);
    reported_ = now;
    games_ = counters.games;
    workers_ = counters.workers;
  }

 private:
  const Coordinator& coordinator_;
  absl::Time reported_ = Clock::Real().Now();
  std::int64_t games_ = 0;
  int workers_ = 0;
};

absl::Status RunServe(const ServeOptions& options) {
  std::stop_source stop;
  const StopOnSignals signals(stop);  // before any thread starts: each inherits that the signals are not for it
  TANDEM_RETURN_IF_ERROR(CheckServing(options.serving));
  RunRequest request = options.run;
  request.resume = true;
  request.role = RunRole::kServe;
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Run> run, Run::Open(request));
  if (!options.mirror.empty()) TANDEM_RETURN_IF_ERROR(CheckMirror(run->directory(), options.mirror));
  const StoreKeeper keeper({.directory = run->directory(), .config = run->config(), .mirror = options.mirror, .clock = &Clock::Real()});
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Serving> serving, Serving::Start(*run, options.serving));
  Reporter reporter(serving->coordinator());
  while (!stop.stop_requested()) {
    absl::SleepFor(kLook);
    reporter.Report(/*final=*/false);
  }
  reporter.Report(/*final=*/true);
  return absl::OkStatus();
}

CommandAction SetUpServe(CLI::App& app) {
  auto options = std::make_shared<ServeOptions>();
  options->serving.listen = "127.0.0.1:4800";
  app.add_option("--run", options->run.directory, "run directory; begun when it is new")->required();
  app.add_option("--game", options->run.game, "game of a new run, NAME[:key=value,...]");
  app.add_option("--set", options->run.overrides, "KEY=VALUE of a new run's config (see `tandem options`)")->take_all();
  AddServingOptions(app, &options->serving);
  app.add_option("--threads", options->serving.threads, "threads that check uploads")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--mirror", options->mirror, "second directory that gets a checked copy of chunks and networks (docs/store.md)");
  return [options] { return RunServe(*options); };
}

TANDEM_REGISTER_COMMAND("serve", "coordinates remote workers: hands out games and networks, takes games in", SetUpServe);

}  // namespace
}  // namespace tandem
