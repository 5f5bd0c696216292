#include "training/loop/progress.h"

#include <unistd.h>

#include <fstream>
#include <utility>
#include <vector>

#include "engine/base/log.h"

namespace tandem {

std::int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  std::int64_t total_pages = 0, resident_pages = 0;
  file >> total_pages >> resident_pages;
  return file ? resident_pages * ::sysconf(_SC_PAGESIZE) : 0;
}

Progress::~Progress() { LogAboveStatusLine(false); }

void Progress::Begin(std::int64_t first_step) {
  LogAboveStatusLine(true);
  auto metrics = MetricsWriter::Open(directory_.root(), first_step, clock_);
  if (metrics.ok()) {
    metrics_ = *std::move(metrics);
  } else {
    Log().error("no metrics will be written: {}", std::string(metrics.status().message()));
  }
}

void Progress::Show(const LoopStatus& status, bool final) {
  const LoopRates rates = rates_.Update(status, clock_->Now());
  if (final || clock_->Now() - written_at_ >= kMetricsEvery) WriteMetrics(status, rates);
  if (final) {
    line_.Finish(status, rates);
  } else {
    line_.Update(status, rates);
  }
}

void Progress::WriteMetrics(const LoopStatus& status, const LoopRates& rates) {
  written_at_ = clock_->Now();
  if (metrics_ == nullptr) return;
  std::vector<Metric> all = LoopMetrics(status, rates);
  all.push_back({"process/resident_bytes", static_cast<double>(ResidentBytes())});
  const absl::Status written = metrics_->Write(status.step.step, status.seconds, all);
  if (!written.ok()) Log().warn("a line of metrics is lost: {}", std::string(written.message()));
}

}  // namespace tandem
