// A run being made or taken up again: the directory, its resolved config, and the lock that keeps a second process out.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/state.h"
#include "engine/net/run_directory.h"
#include "proto/run_config.pb.h"

namespace tandem {

// What a process does with the run. A learner and a coordinator share one; a trainer is both and wants it alone.
enum class RunRole { kTrain, kLearn, kServe };

struct RunRequest {
  std::string directory;
  std::string game;                    // empty on resume: the run's own
  bool resume = false;                 // go on with a run that exists (one that does not is begun)
  std::vector<std::string> overrides;  // "search.simulations=64"
  RunRole role = RunRole::kTrain;
};

// An opened run. Locks (flock) are held until destruction and die with the process: RUN/lock for whoever learns, RUN/serve/lock for whoever
// takes games in. A process that has just been killed may hold one for a moment, so a lock is waited for, but only for a second.
class Run {
 public:
  // Begins or resumes a run. On resume the stored config is the base; `game`, `seed` and `network.*` can not change any more.
  // A coordinator (kServe) leaves the configuration of a run that exists as it is: overrides are for a new one.
  // Errors leave the directory as it was: a directory with other files in it, a run without `resume`, another game, a bad override,
  // a run in use by another process.
  static absl::StatusOr<std::unique_ptr<Run>> Open(const RunRequest& request);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  const RunDirectory& directory() const { return directory_; }
  const RunConfig& config() const { return config_; }
  const Game& game() const { return *game_; }
  const std::string& id() const { return id_; }
  bool resumed() const { return resumed_; }

 private:
  Run(RunDirectory directory, RunConfig config, const Game* game) : directory_(std::move(directory)), config_(std::move(config)), game_(game) {}
  absl::Status TakeLocks(RunRole role);
  absl::Status Begin(RunRole role);

  const RunDirectory directory_;
  const RunConfig config_;
  const Game* const game_;
  std::string id_;
  bool resumed_ = false;
  int learn_lock_ = -1;
  int serve_lock_ = -1;
};

}  // namespace tandem
