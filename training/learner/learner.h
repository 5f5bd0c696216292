// Learner: LibTorch training of one network. Free of torch here; learner.cc and its neighbours include it.
//
// Loss = policy cross entropy + value_weight * WDL cross entropy + moves_left_weight * Huber + ownership and margin terms where the game
// has them. An averaged copy (EMA) of the weights is what plays. A step whose loss or gradient is not finite changes nothing; after
// several in a row the weights roll back to the last checkpoint.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/net/network.h"
#include "engine/net/weights.h"
#include "proto/run_config.pb.h"
#include "training/learner/checkpoint_files.h"
#include "training/target/batch.h"

namespace tandem {

// Mean losses of a step, unweighted, in nats where they are entropies.
struct StepReport {
  std::int64_t step = 0;
  double loss = 0;  // weighted sum
  double policy_loss = 0;
  double value_loss = 0;
  double moves_left_loss = 0;
  double ownership_loss = 0;
  double margin_loss = 0;
  double policy_entropy = 0;  // of the targets: policy_loss's floor
  double gradient_norm = 0;   // before clipping
  double learning_rate = 0;
  double samples_per_second = 0;  // of this step alone, in wall time
  double gflops_per_second = 0;   // the same in operations (spec.h, TrainingFlops)
  bool skipped = false;      // not finite: nothing was changed, step() neither
  bool rolled_back = false;  // weights and optimiser are those of the last Save, Load or start again; step() goes on
};

// Single-threaded.
class Learner {
 public:
  virtual ~Learner() = default;
  // `progress` in 0..1 is the share of a time-limited run that has gone, for the learning-rate schedule; negative = unknown.
  virtual absl::StatusOr<StepReport> Step(const TrainingBatch& batch, double progress) = 0;
  virtual std::int64_t step() const = 0;
  virtual Weights AveragedWeights() const = 0;  // batch norm with the averaged weights' statistics
  // Learner state (raw and averaged weights, optimiser, step) in one directory, written to DIRECTORY.tmp and renamed; a manifest holds
  // the SHA-256 of each part.
  virtual absl::Status Save(const std::filesystem::path& directory) const = 0;
  // All or nothing: on error (kDataLoss, kInvalidArgument for another tower or game) the learner is unchanged.
  virtual absl::Status Load(const std::filesystem::path& directory) = 0;
  virtual std::int64_t num_parameters() const = 0;

  // What Save writes and Load reads, in memory: how the ranks of a data-parallel learner come to be equal.
  virtual LearnerState ExportState() const = 0;
  virtual absl::Status ImportState(const LearnerState& state) = 0;
  // The weights as they are become those that a roll-back returns to. Save, Load and ImportState do it themselves.
  virtual void KeepForRollBack() const = 0;
};

class LearnerGroup;

struct LearnerOptions {
  std::string device = "cpu";  // "cpu", "cuda", "cuda:1"
  int threads = 1;             // of the thread that calls Step; other threads keep theirs
  // Of the tower's convolutions while training; weights, statistics, heads and losses stay float32. kAuto: bf16 where the processor
  // computes with it. kInt8 is refused.
  Precision precision = Precision::kAuto;
  // Of several ranks (distributed_group.h): steps, losses and batch norm are those of all ranks' rows together. Rank 0's learner hands out
  // the rows of its batches and its loads (distributed_learner.h); the other ranks follow. Null: alone. Must outlive the learner.
  LearnerGroup* group = nullptr;
};

absl::StatusOr<std::unique_ptr<Learner>> NewLearner(const Game& game, const RunConfig& config, const LearnerOptions& options);

}  // namespace tandem
