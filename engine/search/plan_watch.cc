#include "engine/search/plan_watch.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace tandem {
namespace {
constexpr absl::Duration kReportInterval = absl::Milliseconds(100);
}

PlanWatch::PlanWatch(const SearchLimits& limits, const Clock& clock, std::stop_token stop, const Planner::Progress& progress)
    : clock_(clock),
      stop_(std::move(stop)),
      infinite_(limits.infinite),
      timed_(!limits.infinite && limits.time != absl::InfiniteDuration()),
      listened_(progress != nullptr),
      now_(clock.Now()),
      deadline_(timed_ ? now_ + std::max(limits.time, absl::ZeroDuration()) : absl::InfiniteFuture()),
      next_report_(now_ + kReportInterval) {}

bool PlanWatch::ShouldEnd() {
  if (timed_ || listened_) now_ = clock_.Now();
  ended_ = stop_.stop_requested() || (timed_ && now_ >= deadline_);
  return ended_;
}

bool PlanWatch::ReportDue() {
  if (!listened_ || now_ < next_report_) return false;
  next_report_ = now_ + kReportInterval;
  return true;
}

void PlanWatch::WaitForStop() const {
  if (!infinite_ || !stop_.stop_possible()) return;
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, stop_, [] { return false; });
}

}  // namespace tandem
