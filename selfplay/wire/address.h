// "HOST:PORT" on the command line.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace tandem {

struct HostPort {
  std::string host;  // a name or address, without brackets
  std::uint16_t port = 0;
};

// "coordinator.example:4800", "192.0.2.1:4800", "[::1]:4800"; kInvalidArgument says what was expected. Port 0 only when `any_port`.
absl::StatusOr<HostPort> ParseHostPort(const std::string& text, bool any_port = false);

}  // namespace tandem
