// What a coordinator shows of itself: /healthz; /metrics, its games, uploads, sessions and workers (tandem_run_*, tandem_serve_*,
// tandem_worker_*); /workers, the table of workers as JSON.
#pragma once

#include "engine/base/clock.h"
#include "selfplay/monitor/http_server.h"
#include "training/coordinator/coordinator.h"
#include "training/coordinator/server.h"

namespace tandem {

// All three must outlive the pages.
HttpPages CoordinatorPages(const Coordinator* coordinator, const Server* server, const Clock* clock);

}  // namespace tandem
