// What every planner watches while it thinks: the clock, the stop token, and when the next progress report is due.
#pragma once

#include <stop_token>

#include "engine/search/planner.h"

namespace tandem {

// Lives as long as one call of Plan. Single-threaded.
class PlanWatch {
 public:
  PlanWatch(const SearchLimits& limits, const Clock& clock, std::stop_token stop, const Planner::Progress& progress);

  // True when time is up (never with limits.infinite) or a stop was requested. Reads the clock only when a limit or a report needs it.
  bool ShouldEnd();
  // What the last ShouldEnd said.
  bool ended() const { return ended_; }
  // True about every 100 ms of search, when somebody listens; looks at the reading of the last ShouldEnd.
  bool ReportDue();
  // With limits.infinite: sleeps until a stop is requested. Returns at once otherwise.
  void WaitForStop() const;

 private:
  const Clock& clock_;
  const std::stop_token stop_;
  const bool infinite_;
  const bool timed_;
  const bool listened_;
  bool ended_ = false;
  absl::Time now_;
  absl::Time deadline_;
  absl::Time next_report_;
};

}  // namespace tandem
