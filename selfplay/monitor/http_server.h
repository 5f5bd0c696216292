// HttpServer: a few read-only pages of a long-running process for whoever watches it: probes of a cluster's scheduler, Prometheus, `tandem
// workers`. GET only, HTTP/1.x, one request a connection, no state and no authentication: bind it to loopback or to a network that only
// the watchers reach (docs/deploy.md).
//
// Nothing that a peer does costs more than one of a few connections for a few seconds: a head of at most 8 KiB that must come whole in
// 5 s (a peer that dribbles is cut), bodies are never read, answers must be taken in 5 s.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "selfplay/wire/address.h"

namespace tandem {

struct HttpReply {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
};
// Pages by path ("/metrics"). They are called on the server's thread, one at a time, and should take milliseconds.
using HttpPages = std::map<std::string, std::function<HttpReply()>>;

struct HttpLimits {
  std::uint32_t head_bytes = 8 << 10;
  absl::Duration read_time = absl::Seconds(5);   // for the whole head
  absl::Duration write_time = absl::Seconds(5);  // for the whole answer
  int connections = 32;                          // more are closed as they come
};

// Thread-safe.
class HttpServer {
 public:
  // Listens at once; port 0 = any free one. kInvalidArgument when the host can not be resolved, kAlreadyExists when the port is taken,
  // kPermissionDenied when it is not ours to take. Whatever the pages use must outlive the server.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const HostPort& address, HttpPages pages, const HttpLimits& limits = {});
  // Cuts what is under way.
  virtual ~HttpServer() = default;

  virtual std::string address() const = 0;  // "127.0.0.1:9464"
  virtual std::uint16_t port() const = 0;
};

// The body of http://HOST:PORT/PATH. kUnavailable when nobody answers, kDeadlineExceeded after `time`, kNotFound for 404,
// kInternal for any other answer than 200, kResourceExhausted for a body of more than 16 MiB.
absl::StatusOr<std::string> HttpGet(const HostPort& address, const std::string& path, absl::Duration time = absl::Seconds(5));

}  // namespace tandem
