#include "selfplay/wire/listener.h"

#include "absl/strings/str_cat.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/thread.h"

namespace tandem {

using tcp = asio::ip::tcp;

absl::StatusOr<ListeningAt> Listen(tcp::acceptor& acceptor, const HostPort& at, std::string_view option, bool loopback_only) {
  const std::string where = absl::StrCat(std::string(option), " ", at.host, ":", at.port);
  boost::system::error_code error;
  tcp::resolver resolver(acceptor.get_executor());
  const auto found = resolver.resolve(at.host, std::to_string(at.port), tcp::resolver::passive, error);
  if (error || found.empty()) return BadInput(where, ": the host can not be resolved: ", error.message());
  const tcp::endpoint endpoint = found.begin()->endpoint();
  if (loopback_only && !endpoint.address().is_loopback()) {
    return BadInput(where, " with --plaintext: without encryption only loopback addresses (127.0.0.1, ::1) are allowed");
  }
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error == asio::error::address_in_use) {
    return absl::AlreadyExistsError(where + ": the port is taken; stop the other program or choose another port");
  }
  if (error == asio::error::access_denied) {
    return absl::PermissionDeniedError(where + ": this port is not for everybody; choose one above 1023");
  }
  if (error) return BadInput(where, ": ", error.message());
  const tcp::endpoint local = acceptor.local_endpoint();
  const bool is_v6 = local.address().is_v6();
  return ListeningAt{absl::StrCat(is_v6 ? "[" : "", local.address().to_string(), is_v6 ? "]:" : ":", local.port()), local.port()};
}

void RunConnections(asio::io_context& io, const std::string& name) {
  SetThreadName(name);
  for (;;) {
    try {
      io.run();
      return;
    } catch (const std::exception& error) {
      Log().error("{}: {}", name, error.what());
    }
  }
}

}  // namespace tandem
