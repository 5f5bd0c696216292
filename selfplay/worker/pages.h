// What a worker shows of itself: /healthz, and /metrics with its games, speed, spool and connection (tandem_work_*).
#pragma once

#include "engine/base/clock.h"
#include "selfplay/monitor/http_server.h"
#include "selfplay/monitor/pulse.h"
#include "selfplay/worker/client.h"
#include "selfplay/worker/spool.h"
#include "selfplay/worker/state.h"

namespace tandem {

// All thread-safe.
struct WorkerParts {
  int threads = 1;
  const WorkerState* state = nullptr;
  const Spool* spool = nullptr;
  const PlayCounters* play = nullptr;
  const ClientCounters* client = nullptr;
  const Pulse* pulse = nullptr;
  const Clock* clock = nullptr;
};

HttpPages WorkerPages(const WorkerParts& parts);

}  // namespace tandem
