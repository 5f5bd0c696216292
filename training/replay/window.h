// Replay window: the newest games, from which batches are drawn. Games enter whole and verified; their full-search turns are the rows.
// Only moves and targets are kept (planes are encoded when a batch is made, under a random symmetry), so a million rows take little memory.
//
// Size: N_window = c (1 + beta ((N/c)^alpha - 1) / alpha) for N rows made so far, c = window_rows_min (Wu 2019, appendix C).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "engine/base/rng.h"
#include "engine/game/state.h"
#include "proto/record.pb.h"
#include "proto/run_config.pb.h"
#include "training/target/batch.h"

namespace tandem {

std::int64_t WindowRows(const ReplayConfig& config, std::int64_t total_rows);

// Thread-safe: games are added while batches are drawn.
class ReplayWindow {
 public:
  virtual ~ReplayWindow() = default;
  // Verifies the record (selfplay/record) and appends its rows; evicts the oldest games beyond the window. An error leaves it unchanged.
  virtual absl::Status Add(const GameRecord& record) = 0;
  // Counts games that were made earlier and would be evicted anyway, without reading them (fast resume, loader.h).
  virtual void CountEvicted(std::int64_t games, std::int64_t rows) = 0;
  virtual std::int64_t total_rows() const = 0;  // ever added
  virtual std::int64_t rows() const = 0;        // in the window now
  virtual std::int64_t games() const = 0;       // ever added
  virtual std::size_t MemoryBytes() const = 0;
  // Draws `size` rows with replacement, by weight (1 - s + s * surprise / mean surprise), each under a random symmetry.
  // Cost: a replay of each row's game up to its ply. kFailedPrecondition when the window is empty.
  virtual absl::Status Sample(int size, Rng& rng, TrainingBatch* batch) const = 0;
};

std::unique_ptr<ReplayWindow> NewReplayWindow(const Game& game, const ReplayConfig& replay, const LearnerConfig& learner);

// Holds self-play and learning to samples_per_row within a band, in both directions, and never stops both. Thread-safe.
// Counting starts at min_rows: the learner may not step before. With r = rows beyond min_rows, learning goes on while
//   samples < samples_per_row (r + samples_slack max(r, min_rows)),
// self-play while samples >= samples_per_row (r - samples_slack max(r, min_rows)): a relative band that begins as wide as min_rows makes
// it.
class RateLimiter {
 public:
  explicit RateLimiter(const ReplayConfig& config) : config_(config) {}
  // May `samples` more be trained on, given the totals?
  bool MayTrain(std::int64_t total_rows, std::int64_t total_samples) const;
  // May self-play go on, given the totals? Always true before min_rows.
  bool MayPlay(std::int64_t total_rows, std::int64_t total_samples) const;

 private:
  const ReplayConfig config_;
};

}  // namespace tandem
