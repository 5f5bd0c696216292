// The whole loop in one process: self-play, replay window, learner, checkpoints, and the numbers that show it. `tandem learn` is the same
// loop without self-play: it follows the chunks that a coordinator (training/coordinator) writes into the run's directory. With a
// coordinator in the process (`tandem train --listen`) it plays and follows: its own games go where the workers' go, and come back likewise.
//
// Thread model: `threads` equal workers and no others that compute. Each worker owns an Actor (its games, its trees, its evaluator). At every
// turn of its own small loop a worker takes what is due:
//
//   1. a learner step, when the limiter allows one and no other worker is at it;
//   2. else one round of its actor, when the limiter lets self-play go on;
//   3. else it sleeps until a chunk or a step changes that.
//
// So the processor is never oversubscribed, samples_per_row alone decides how the cores are shared, and with one thread the order of
// everything follows from the seed: two runs give the same chunks and weights byte for byte.
#pragma once

#include <stop_token>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "training/learner/learner.h"
#include "training/coordinator/coordinator.h"
#include "training/loop/run.h"

namespace tandem {

struct LoopOptions {
  // false: this process only learns, with LibTorch on all of its threads, from chunks that other processes write.
  bool self_play = true;
  // Null: nobody else brings games. Else it gives the games their numbers and stores them; must outlive the loop.
  Coordinator* coordinator = nullptr;
  // threads 0: one beside self-play, all of the run's for a process that only learns.
  LearnerOptions learner{.threads = 0};
};

struct LoopSummary {
  std::int64_t games = 0;       // acknowledged games of the run
  std::int64_t rows = 0;
  std::int64_t steps = 0;
  double seconds = 0;           // training time of the run, all sessions together
  std::string net_id;           // newest network
};

// Trains until config.loop's limits or a stop. Returns an error only when it could not begin (no checkpoint loads, no network can be
// made) or when its ranks lost each other (kUnavailable, after a checkpoint); other failures of files and networks are reported and survived.
absl::StatusOr<LoopSummary> TrainLoop(Run& run, const LoopOptions& options, std::stop_token stop, const Clock& clock);

}  // namespace tandem
