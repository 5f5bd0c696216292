// Client: a worker's side of the wire. One thread, one connection at a time: it connects, introduces itself, and then does whatever is due:
// fetch an assignment, fetch the newest network, deliver a chunk, say that it lives. After any failure it closes the connection, waits
// (backoff.h) and begins again; everything that must last is in the spool and the cache, so nothing needs to be undone.
#pragma once

#include <atomic>
#include <memory>

#include "selfplay/worker/spool.h"
#include "selfplay/worker/state.h"
#include "selfplay/worker/worker.h"

namespace tandem {

struct ClientCounters {
  std::atomic<std::int64_t> delivered_chunks{0};
  std::atomic<std::int64_t> refused_chunks{0};
  std::atomic<std::int64_t> connections{0};  // that were welcomed
  std::atomic<std::int64_t> received_bytes{0};
  std::atomic<std::int64_t> sent_bytes{0};
  std::atomic<bool> connected{false};
};

// What the heartbeat tells.
struct PlayCounters {
  std::atomic<std::int64_t> games{0};
  std::atomic<std::int64_t> positions{0};    // moves searched
  std::atomic<std::int64_t> simulations{0};
  std::atomic<std::int64_t> requests{0};     // positions that searches asked for
  std::atomic<std::int64_t> evaluations{0};  // positions that the network computed
};

class Client {
 public:
  // All must outlive the client.
  static std::unique_ptr<Client> Make(const WorkerOptions& options, WorkerState* state, Spool* spool, const PlayCounters* play);
  // Ends the thread at once.
  virtual ~Client() = default;

  // Looks at the state and the spool again. Thread-safe.
  virtual void Wake() = 0;
  virtual const ClientCounters& counters() const = 0;
};

}  // namespace tandem
