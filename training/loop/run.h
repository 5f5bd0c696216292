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

struct RunRequest {
  std::string directory;
  std::string game;                    // empty on resume: the run's own
  bool resume = false;                 // go on with a run that exists (one that does not is begun)
  std::vector<std::string> overrides;  // "search.simulations=64"
};

// An opened run. The lock (flock on RUN/lock) is held until destruction and dies with the process.
class Run {
 public:
  // Begins or resumes a run. On resume the stored config is the base; `game`, `seed` and `network.*` can not change any more.
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
  absl::Status TakeLock();
  absl::Status Begin();

  const RunDirectory directory_;
  const RunConfig config_;
  const Game* const game_;
  std::string id_;
  bool resumed_ = false;
  int lock_fd_ = -1;
};

}  // namespace tandem
