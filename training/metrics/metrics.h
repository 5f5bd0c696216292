// The numbers of a run over time, twice: RUN/metrics.jsonl for programs (a JSON object a line) and a TensorBoard event file a session for
// eyes. The same names in both; docs/run_directory.md lists them.
//
//   {"step":300,"seconds":61.2,"unix_seconds":1760000000.5,"learner/loss":1.93,"selfplay/moves_per_second":512.5}
//
// Partners: loop_status.h (which numbers), tensorboard.h (the second form), engine/base/json.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "training/metrics/metric.h"
#include "training/metrics/tensorboard.h"

namespace tandem {

// Single-threaded. A write costs two appends; call it every few seconds, not every step.
class MetricsWriter {
 public:
  // Goes on in DIRECTORY (a run directory) after `first_step` learner steps. A torn last line of metrics.jsonl, left by a crash, is cut
  // off. Lines after `first_step` stay: of two lines with one step the later one counts.
  static absl::StatusOr<std::unique_ptr<MetricsWriter>> Open(const std::filesystem::path& directory, std::int64_t first_step,
                                                             const Clock* clock);

  // `seconds`: training time of the run, all sessions together. A value that is not finite is null in the JSON line. On error (a full
  // disk) the line is lost and the next one starts cleanly; a run need not stop for it.
  absl::Status Write(std::int64_t step, double seconds, std::span<const Metric> metrics);

  const std::filesystem::path& lines_path() const { return lines_path_; }
  const std::filesystem::path& events_path() const { return events_->path(); }

 private:
  MetricsWriter(std::filesystem::path lines_path, std::unique_ptr<EventFile> events, const Clock* clock)
      : lines_path_(std::move(lines_path)), events_(std::move(events)), clock_(clock) {}
  absl::Status WriteLine(std::int64_t step, double seconds, absl::Time now, std::span<const Metric> metrics);

  const std::filesystem::path lines_path_;
  const std::unique_ptr<EventFile> events_;
  const Clock* const clock_;
  bool torn_ = false;  // the last line may be unfinished
};

}  // namespace tandem
