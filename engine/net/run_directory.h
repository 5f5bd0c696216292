// Where things lie in a run directory, for everybody who reads one:
//
//   RUN/config.textproto        resolved RunConfig
//   RUN/run.json                run id, game, build and library versions, time of birth
//   RUN/chunks/ID.chunk         self-play games, immutable, named by content (docs/chunk_format.md)
//   RUN/networks/ID.safetensors weights, immutable, named by content
//   RUN/checkpoints/STEP/       learner state: manifest.json, training.safetensors (raw weights and optimiser)
//   RUN/checkpoints.jsonl       a line per checkpoint: step, net id, games, rows, seconds of run; the last whole line is the newest
//   RUN/metrics.jsonl, RUN/events.out.tfevents.*   numbers over time
//   RUN/evaluation/             reports of `tandem evaluate`
//   RUN/serve/                  the coordinator's own: tokens, number ranges, certificate, table of workers (docs/wire.md)
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/run_config.pb.h"

namespace tandem {

struct CheckpointInfo {
  std::int64_t step = 0;
  std::string net_id;      // averaged weights, the ones that play
  std::int64_t games = 0;  // acknowledged games when it was made
  std::int64_t rows = 0;   // training rows made so far
  double seconds = 0;      // time the run had been training, all sessions together
  bool snapshot = false;   // kept for evaluation along the run
};

class RunDirectory {
 public:
  explicit RunDirectory(std::filesystem::path root) : root_(std::move(root)) {}
  const std::filesystem::path& root() const { return root_; }
  std::filesystem::path config_path() const { return root_ / "config.textproto"; }
  std::filesystem::path run_path() const { return root_ / "run.json"; }
  std::filesystem::path chunks() const { return root_ / "chunks"; }
  std::filesystem::path networks() const { return root_ / "networks"; }
  std::filesystem::path network_path(const std::string& net_id) const { return networks() / (net_id + ".safetensors"); }
  std::filesystem::path checkpoints() const { return root_ / "checkpoints"; }
  std::filesystem::path checkpoints_path() const { return root_ / "checkpoints.jsonl"; }
  std::filesystem::path metrics_path() const { return root_ / "metrics.jsonl"; }
  std::filesystem::path serve() const { return root_ / "serve"; }
  std::filesystem::path evaluation() const { return root_ / "evaluation"; }

  bool Exists() const;  // has a config
  // kNotFound when the directory is no run directory, kDataLoss when the config is unreadable.
  absl::StatusOr<RunConfig> ReadConfig() const;
  // Checkpoints in order of time whose network file exists; ill-formed lines are skipped.
  absl::StatusOr<std::vector<CheckpointInfo>> ReadCheckpoints() const;
  absl::Status AppendCheckpoint(const CheckpointInfo& info) const;
  // The newest checkpoint's network file; kNotFound when there is none yet.
  absl::StatusOr<std::filesystem::path> NewestNetwork() const;

 private:
  std::filesystem::path root_;
};

}  // namespace tandem
