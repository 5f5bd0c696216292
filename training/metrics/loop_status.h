// What a training loop knows about itself at one moment, the rates between two moments, and the names under which both are recorded.
// Every queue and stage has its number here, so that a stalled one is visible in one line. Partners: status_line.h, metrics.h.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "engine/eval/evaluator.h"
#include "training/learner/learner.h"
#include "training/metrics/metric.h"

namespace tandem {

// Totals of the run unless stated. Counters never fall within a session.
struct LoopStatus {
  double seconds = 0;              // training time, all sessions together
  double limit_seconds = 0;        // 0 = no limit
  std::int64_t games = 0;          // acknowledged: on disk
  std::int64_t games_waiting = 0;  // finished, not acknowledged yet
  std::int64_t limit_games = 0;    // 0 = no limit
  std::int64_t moves = 0;          // searched moves of this session
  std::int64_t simulations = 0;    // of this session
  EvalCounters evaluator;          // of this session, summed over threads
  std::int64_t window_rows = 0;    // rows in the replay window now
  std::int64_t total_rows = 0;     // rows ever made
  std::int64_t window_bytes = 0;
  StepReport step;                   // the newest learner step; step.step = 0 before the first
  std::int64_t checkpoint_step = 0;  // of the newest checkpoint
  std::string net_id;                // network that plays
};

// Means over the newest seconds; 0 where nothing happened.
struct LoopRates {
  double games_per_second = 0;
  double moves_per_second = 0;
  double simulations_per_second = 0;
  double evaluations_per_second = 0;
  double steps_per_second = 0;
  double mean_batch = 0;       // positions in a network call
  double cache_share = 0;      // of the positions asked for, answered by the cache or by an equal position of the batch; 0..1
  double network_threads = 0;  // threads busy in the network, on average
};

// Rates over a sliding window. Single-threaded.
class RateMeter {
 public:
  explicit RateMeter(absl::Duration window = absl::Seconds(15)) : window_(window) {}
  // Takes the status at `now` in and returns the rates since the moment a window's length before (or the first one seen).
  LoopRates Update(const LoopStatus& status, absl::Time now);

 private:
  struct Sample {
    absl::Time time;
    std::int64_t games = 0, moves = 0, simulations = 0, steps = 0;
    EvalCounters evaluator;
  };
  const absl::Duration window_;
  std::deque<Sample> samples_;
};

// Time until the first limit is met at these rates; InfiniteDuration when there is none or it cannot be told.
absl::Duration TimeLeft(const LoopStatus& status, const LoopRates& rates);

// The metrics of one moment, for MetricsWriter. Those of the learner are left out before its first step.
std::vector<Metric> LoopMetrics(const LoopStatus& status, const LoopRates& rates);

}  // namespace tandem
