// What the commands that train have in common: limits given as flags, and the line they end with.
#pragma once

#include <cstdint>

#include "training/loop/loop.h"

namespace tandem {

// Below 0: not given, so what the run's config says holds.
struct RunLimits {
  double minutes = -1;
  std::int64_t games = -1;
};

// Flags win over what was set before them.
void ApplyLimits(const RunLimits& limits, RunRequest* request);

void PrintSummary(const LoopSummary& summary);

}  // namespace tandem
