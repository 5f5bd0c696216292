// What every server of this program does alike: opens its port, and runs its connections on one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "selfplay/wire/address.h"
#include "selfplay/wire/asio.h"

namespace tandem {

struct ListeningAt {
  std::string address;  // "127.0.0.1:4800", "[::1]:4800"
  std::uint16_t port = 0;
};

// Opens `acceptor` at `at`, port 0 being any free one. Errors begin with `option`, the one that named the address: kAlreadyExists for a
// port that is taken, kPermissionDenied for one that is not for everybody, else kInvalidArgument. With `loopback_only` (the wire in plain
// text) any other address is refused.
absl::StatusOr<ListeningAt> Listen(asio::ip::tcp::acceptor& acceptor, const HostPort& at, std::string_view option, bool loopback_only);

// Runs `io` on this thread, called `name` in the log, until it is stopped or has nothing left to do. A connection that throws (memory) is
// logged and does not take the others along.
void RunConnections(asio::io_context& io, const std::string& name);

}  // namespace tandem
