// Workers that are only there: many sessions with a coordinator on 127.0.0.1 that do nothing but send heartbeats, on one thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tandem {

struct HeartbeatOrder {
  std::uint16_t port = 0;
  int sessions = 1;
  absl::Duration length;    // of sending
  absl::Duration interval;  // between the heartbeats of a session; zero: each follows the answer to the one before
  std::vector<std::string> tokens = {};  // used in turn
  std::string fingerprint = {};          // of the coordinator's certificate; empty: plain text
};

struct HeartbeatReport {
  std::int64_t answered = 0;
  int lost = 0;  // sessions that ended early
  double seconds = 0;
  double median_ms = 0, worst_percent_ms = 0;  // from a heartbeat to its answer; 99 of 100 take no longer than the latter
};

// Opens all sessions, calls `opened`, sends, and ends them with Bye. Errors are those of the first session that is not welcomed.
absl::StatusOr<HeartbeatReport> SendHeartbeats(const HeartbeatOrder& order, void (*opened)());

}  // namespace tandem
