// tandem learn: replay and training over a run directory into which a coordinator (tandem serve) writes games. In the environment of
// torchrun, Slurm or Kubernetes every rank runs the same command line: rank 0 has the run, the others follow it
// (docs/distributed_learning.md).
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "absl/strings/str_format.h"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/thread.h"
#include "engine/game/registry.h"
#include "tools/commands/command.h"
#include "tools/commands/run_limits.h"
#include "tools/commands/signals.h"
#include "training/learner/distributed_agreement.h"
#include "training/learner/distributed_learner.h"
#include "training/loop/loop.h"

namespace tandem {
namespace {

struct LearnOptions {
  RunRequest run;
  RunLimits limits;
  std::string device = "cpu";
};

RunRequest Request(const LearnOptions& options) {
  RunRequest request = options.run;
  request.resume = true;
  request.role = RunRole::kLearn;
  ApplyLimits(options.limits, &request);
  return request;
}

// A rank's share of its host.
int RankThreads(const RunConfig& config, const World& world) {
  if (config.threads() > 0) return config.threads();
  return std::max(1, AvailableProcessors() / world.local_size);
}

absl::Status Lead(Run& run, const LearnerOptions& learner, std::stop_token stop) {
  const LoopOptions loop{.self_play = false, .learner = learner};
  TANDEM_ASSIGN_OR_RETURN(const LoopSummary summary, TrainLoop(run, loop, std::move(stop), Clock::Real()));
  PrintSummary(summary);
  return absl::OkStatus();
}

absl::Status LeadRanks(const RunRequest& request, LearnerOptions learner, std::stop_token stop) {
  const absl::StatusOr<std::unique_ptr<Run>> run = Run::Open(request);
  if (!run.ok()) {
    CancelAgreement(*learner.group, run.status());
    return run.status();
  }
  TANDEM_RETURN_IF_ERROR(LeadAgreement(*learner.group, (*run)->config(), (*run)->directory()));
  learner.threads = RankThreads((*run)->config(), learner.group->world());
  return Lead(**run, learner, std::move(stop));
}

// The leader stops when it is told to, and its followers with it: a follower takes no part in that.
absl::Status Follow(const RunRequest& request, LearnerOptions learner) {
  const RankRequest mine{request.directory, request.game, request.overrides};
  TANDEM_ASSIGN_OR_RETURN(const RunConfig config, FollowAgreement(*learner.group, mine));
  TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(config.game()));
  learner.threads = RankThreads(config, learner.group->world());
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Learner> follower, NewLearner(*game, config, learner));
  TANDEM_RETURN_IF_ERROR(FollowLeader(*game, *follower, learner.group));
  std::cout << absl::StrFormat("%s followed to step %d\n", learner.group->world().Name(), follower->step());
  return absl::OkStatus();
}

absl::Status RunLearn(const LearnOptions& options) {
  const RunRequest request = Request(options);
  TANDEM_ASSIGN_OR_RETURN(const std::optional<World> world, FindWorld(ProcessEnvironment()));
  std::stop_source stop;
  const StopOnSignals signals(stop);  // before the group, which starts threads
  LearnerOptions learner{.device = options.device, .threads = 0};
  if (!world.has_value()) {
    TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Run> run, Run::Open(request));
    return Lead(*run, learner, stop.get_token());
  }
  if (options.device == "cuda") learner.device = absl::StrFormat("cuda:%d", world->local_rank);
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<LearnerGroup> group, LearnerGroup::Join(*world, learner.device));
  Log().info("{} has joined, {}:{}, sums by {}", world->Name(), world->address, world->port, group->transport());
  learner.group = group.get();
  return group->leads() ? LeadRanks(request, learner, stop.get_token()) : Follow(request, learner);
}

CommandAction SetUpLearn(CLI::App& app) {
  auto options = std::make_shared<LearnOptions>();
  app.add_option("--run", options->run.directory, "run directory; begun when it is new")->required();
  app.add_option("--game", options->run.game, "game of a new run, NAME[:key=value,...]");
  app.add_option("--minutes", options->limits.minutes, "time limit of the run, all sessions together; 0 = none")
      ->check(CLI::Range(0.0, 1e7));
  app.add_option("--games", options->limits.games, "stop when this many games have been trained on; 0 = never")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
  app.add_option("--device", options->device, "cpu, cuda[:INDEX]; cuda is the GPU of its LOCAL_RANK where several ranks learn");
  app.add_option("--set", options->run.overrides, "KEY=VALUE, any field of the run config (see `tandem options`)")->take_all();
  return [options] { return RunLearn(*options); };
}

TANDEM_REGISTER_COMMAND("learn",
                        "trains on the games that workers bring to a run (see serve and work); resumable, alone or as ranks of torchrun",
                        SetUpLearn);

}  // namespace
}  // namespace tandem
