// Checkpoints of a run: writing one, taking up the newest that is whole, and keeping the disk in bounds.
//
// Order of writing: learner state (directory, renamed into place), network (content-named), then the line in checkpoints.jsonl. A crash
// between any two leaves a directory or file that nobody names; the line is the commit.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/net/run_directory.h"
#include "training/learner/learner.h"

namespace tandem {

class Checkpoints {
 public:
  Checkpoints(RunDirectory directory, int keep) : directory_(std::move(directory)), keep_(keep) {}

  // Saves the learner and its averaged weights; fills info.step and info.net_id. On error (a full disk) nothing is named by the list.
  absl::StatusOr<CheckpointInfo> Write(const Learner& learner, CheckpointInfo info) const;
  // Loads the newest checkpoint whose learner state is whole into `learner`, skipping (and reporting) damaged ones.
  // No value when the run has none; kDataLoss when it has some and all are damaged.
  absl::StatusOr<std::optional<CheckpointInfo>> Restore(Learner* learner) const;

 private:
  void RemoveOldStates() const;  // beyond the newest `keep`; networks stay

  const RunDirectory directory_;
  const int keep_;
};

}  // namespace tandem
