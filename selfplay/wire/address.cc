#include "selfplay/wire/address.h"

#include "absl/strings/numbers.h"
#include "engine/base/status.h"

namespace tandem {

absl::StatusOr<HostPort> ParseHostPort(const std::string& text, bool any_port) {
  const absl::Status error = BadInput("address '", text, "': expected HOST:PORT with a port of ", any_port ? 0 : 1, " to 65535");
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return error;
  HostPort result;
  result.host = text.substr(0, colon);
  if (result.host.front() == '[' && result.host.back() == ']') {
    result.host = result.host.substr(1, result.host.size() - 2);
  } else if (result.host.find(':') != std::string::npos) {
    return BadInput("address '", text, "': expected brackets around an IPv6 address, as in [::1]:4800");
  }
  std::uint32_t port = 0;
  if (!absl::SimpleAtoi(text.substr(colon + 1), &port) || port > 65535 || (port == 0 && !any_port) || result.host.empty()) return error;
  result.port = static_cast<std::uint16_t>(port);
  return result;
}

}  // namespace tandem
