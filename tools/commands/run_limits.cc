#include "tools/commands/run_limits.h"

#include <iostream>

#include "absl/strings/str_format.h"

namespace tandem {

void ApplyLimits(const RunLimits& limits, RunRequest* request) {
  if (limits.minutes >= 0) request->overrides.push_back(absl::StrFormat("loop.minutes=%g", limits.minutes));
  if (limits.games >= 0) request->overrides.push_back(absl::StrFormat("loop.games=%d", limits.games));
}

void PrintSummary(const LoopSummary& summary) {
  std::cout << absl::StrFormat("%d games, %d rows, %d steps in %.1f minutes; network %s\n", summary.games, summary.rows, summary.steps,
                               summary.seconds / 60, summary.net_id);
}

}  // namespace tandem
