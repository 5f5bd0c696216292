// Pulse: whether a loop still turns. The loop beats, the health page looks.
#pragma once

#include <atomic>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "selfplay/monitor/http_server.h"

namespace tandem {

// Thread-safe.
class Pulse {
 public:
  void Beat(absl::Time now) { last_ = absl::ToUnixMicros(now); }
  absl::Time last() const { return absl::FromUnixMicros(last_); }

  // 200 with a line of JSON while the last beat is younger than kLongest, else 503: whoever probes should start the process anew.
  // `members` are more members of the object ("\"connected\":true").
  HttpReply Health(absl::Time now, const std::string& members) const {
    const bool alive = now - last() < kLongest;
    return {alive ? 200 : 503, absl::StrCat("{\"status\":\"", alive ? "ok" : "stuck", "\",", members, "}\n"), "application/json"};
  }

  static constexpr absl::Duration kLongest = absl::Seconds(60);  // loops beat every few seconds; a loaded machine may stall for some more

 private:
  std::atomic<std::int64_t> last_{0};
};

}  // namespace tandem
