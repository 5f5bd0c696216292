// Server: the coordinator on a TCP port. One thread runs all sessions as coroutines; what takes time (checking a chunk, compressing a
// network, canaries) runs on a pool, at most one request a session, so queues are bounded by the number of sessions and a worker that is
// faster than the disk is read more slowly.
//
// A peer is nobody until its Hello was admitted: until then it may send 4 KiB within a few seconds, and only a few such peers are kept at
// once. Whatever a peer does ends its own session and nothing else.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "selfplay/monitor/pulse.h"
#include "training/coordinator/coordinator.h"

namespace boost::asio::ssl {
class context;
}

namespace tandem {

struct ServerOptions {
  std::string host = "127.0.0.1";  // address or name of the interface; "0.0.0.0" and "::" are all of them
  std::uint16_t port = 0;          // 0 = any free one
  // Null: plain text, which is allowed on loopback addresses only. Must outlive the server.
  boost::asio::ssl::context* tls = nullptr;
  int pool_threads = 16;  // requests at once; one that stores a chunk mostly waits for the disk
  int max_strangers = 64;  // peers that are not admitted yet
  absl::Duration handshake_time = absl::Seconds(10);
  absl::Duration frame_time = absl::Seconds(60);  // for one frame, once begun; an idle worker has three heartbeats
};

struct ServerCounters {
  std::int64_t connections = 0;       // accepted by the system
  std::int64_t turned_away = 0;       // of them, closed at once: too many strangers
  std::int64_t failed_greetings = 0;  // of them, ended before they were a worker: no TLS, no Hello, refused
  std::int64_t broken_sessions = 0;   // of workers, that did not end with Bye
  std::int64_t received_bytes = 0;    // of frames
  std::int64_t sent_bytes = 0;
  std::int64_t strangers = 0;         // connected now, not admitted yet
  std::int64_t waiting_requests = 0;  // given to the pool, not answered yet
};

// Thread-safe.
class Server {
 public:
  // Listens; kInvalidArgument when the address can not be resolved or plain text is not allowed on it, kAlreadyExists when the port is
  // taken, kPermissionDenied when it is not ours to take. `coordinator` must outlive the server.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options, Coordinator* coordinator);
  // Ends sessions after the request that they are at, and waits for them, but not for long.
  virtual ~Server() = default;

  virtual std::string address() const = 0;  // "127.0.0.1:4800"
  virtual std::uint16_t port() const = 0;
  virtual ServerCounters counters() const = 0;
  // When the sessions' thread last turned; it does every few seconds, whatever happens.
  virtual const Pulse& pulse() const = 0;
};

}  // namespace tandem
