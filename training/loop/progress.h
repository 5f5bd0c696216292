// What a person and a plotting tool see of a running loop: the status line on stderr, and every ten seconds a line of metrics.jsonl with the
// same numbers as TensorBoard events. Fed by the loop's main thread; nothing here computes for the run.
#pragma once

#include <cstdint>
#include <memory>

#include "engine/base/clock.h"
#include "engine/net/run_directory.h"
#include "training/metrics/loop_status.h"
#include "training/metrics/metrics.h"
#include "training/metrics/status_line.h"

namespace tandem {

// Single-threaded. Failures to write metrics are logged and survived.
class Progress {
 public:
  Progress(const RunDirectory& directory, const Clock* clock)
      : directory_(directory), clock_(clock), line_(StatusLine::ForStderr(clock)) {}
  ~Progress();

  void Begin(std::int64_t first_step);  // opens the metric files
  void Show(const LoopStatus& status, bool final);

  static constexpr absl::Duration kMetricsEvery = absl::Seconds(10);

 private:
  void WriteMetrics(const LoopStatus& status, const LoopRates& rates);

  const RunDirectory directory_;
  const Clock* const clock_;
  StatusLine line_;
  RateMeter rates_;
  std::unique_ptr<MetricsWriter> metrics_;
  absl::Time written_at_ = absl::InfinitePast();
};

// Resident memory of this process in bytes, from /proc; 0 where that is not known.
std::int64_t ResidentBytes();

}  // namespace tandem
