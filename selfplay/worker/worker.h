// A remote worker: plays games with the coordinator's networks and delivers them, for as long as it likes and the coordinator exists.
//
// Threads: `threads` players, which compute and put finished games into the spool; one client, which speaks to the coordinator: brings
// assignments and networks, empties the spool. Without a connection the players go on with what they have; the client tries again with
// exponential back-off. Only what waiting cannot mend ends a worker.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/net/network.h"
#include "selfplay/wire/address.h"

namespace boost::asio::ssl {
class context;
}

namespace tandem {

using NetworkLoader = std::function<absl::StatusOr<std::shared_ptr<const Network>>(const Game& game, const std::filesystem::path& path)>;

struct WorkerOptions {
  std::string host;
  std::uint16_t port = 0;
  boost::asio::ssl::context* tls = nullptr;  // null: plain text, to loopback addresses only; must outlive the worker
  std::string token;
  std::string name;                 // shown in the coordinator's table
  std::string game;                 // canonical spec; empty = whatever the coordinator trains
  std::filesystem::path spool;      // one worker each
  std::filesystem::path cache;      // of networks; shared by the workers of a host
  std::uint64_t spool_bytes = std::uint64_t{1} << 30;  // when it is full, playing pauses
  int threads = 1;
  std::int64_t games = 0;           // stop after beginning this many; 0 = no limit
  absl::Duration drain_time = absl::Seconds(30);  // once stopped: two thirds for finishing games, the rest for delivering them
  absl::Duration first_retry = absl::Seconds(1);
  absl::Duration longest_retry = absl::Minutes(1);
  absl::Duration network_time = absl::Seconds(60);  // for one frame either way
  std::set<std::string> opponents;  // canonical specs of agents that rating games may use beside those that need only this program
  NetworkLoader load_network;
  std::optional<HostPort> metrics;  // where to show /healthz and /metrics (pages.h); none = nowhere
};

struct WorkerSummary {
  std::int64_t games = 0;             // finished, all of them in the spool or delivered
  std::int64_t delivered_chunks = 0;
  std::int64_t refused_chunks = 0;
  std::int64_t spooled_chunks = 0;    // still to be delivered by the next worker on this spool
};

// Works until the stop or the limit of games. Errors are those that waiting cannot mend: the spool or cache can not be used, the
// certificate or token is not accepted, another game, run or protocol version, a machine that computes wrongly, the port for the pages.
absl::StatusOr<WorkerSummary> RunWorker(const WorkerOptions& options, std::stop_token stop, const Clock& clock);

}  // namespace tandem
