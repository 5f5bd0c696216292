// tandem work: a remote worker: plays for a coordinator.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "boost/asio/ssl/context.hpp"
#include "engine/agent/agent.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/status.h"
#include "engine/base/thread.h"
#include "engine/game/registry.h"
#include "engine/net/network.h"
#include "selfplay/wire/address.h"
#include "selfplay/wire/tls.h"
#include "selfplay/worker/worker.h"
#include "tools/commands/command.h"
#include "tools/commands/signals.h"

namespace tandem {
namespace {

constexpr char kTokenVariable[] = "TANDEM_TOKEN";
constexpr std::size_t kMaxTokenBytes = 512;

struct WorkOptions {
  std::string connect, token_file, fingerprint, ca_file, game, name, spool, cache, precision = "auto", metrics;
  bool plaintext = false;
  int threads = 0;
  std::int64_t games = 0;
  std::vector<std::string> opponents;
  double spool_megabytes = 1024, drain_seconds = 30, first_retry_seconds = 1, longest_retry_seconds = 60;
};

absl::StatusOr<std::string> ReadToken(const WorkOptions& options) {
  std::string token;
  if (!options.token_file.empty()) {
    TANDEM_ASSIGN_OR_RETURN(token, ReadFile(options.token_file, kMaxTokenBytes));
  } else if (const char* value = std::getenv(kTokenVariable); value != nullptr) {
    token = value;
  }
  token = std::string(absl::StripAsciiWhitespace(token));
  if (token.empty()) {
    return BadInput("no token: expected --token-file FILE, or the variable ", kTokenVariable, " (the coordinator makes one: tandem token create)");
  }
  return token;
}

std::filesystem::path CacheHome() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0') return std::filesystem::path(cache) / "tandem";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') return std::filesystem::path(home) / ".cache/tandem";
  return "tandem-cache";
}

absl::StatusOr<std::unique_ptr<boost::asio::ssl::context>> MakeTls(const WorkOptions& options, const std::string& host) {
  const int ways = (options.plaintext ? 1 : 0) + (options.fingerprint.empty() ? 0 : 1) + (options.ca_file.empty() ? 0 : 1);
  if (ways != 1) {
    return BadInput("expected exactly one of --fingerprint (as `tandem serve` prints it), --ca FILE and --plaintext (loopback only); ", ways,
                    " were given");
  }
  if (options.plaintext) return nullptr;
  return MakeClientContext({options.fingerprint, options.ca_file, host});
}

absl::Status RunWork(const WorkOptions& options) {
  std::stop_source stop;
  const StopOnSignals signals(stop);  // before anything that takes time, or starts threads
  TANDEM_ASSIGN_OR_RETURN(const HostPort address, ParseHostPort(options.connect));
  TANDEM_ASSIGN_OR_RETURN(const auto tls, MakeTls(options, address.host));
  NetworkOptions network_options;
  TANDEM_ASSIGN_OR_RETURN(network_options.precision, ParsePrecision(options.precision));
  WorkerOptions worker;
  worker.host = address.host;
  worker.port = address.port;
  worker.tls = tls.get();
  TANDEM_ASSIGN_OR_RETURN(worker.token, ReadToken(options));
  if (!options.game.empty()) {
    TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(options.game));
    worker.game = game->facts().spec;
  }
  char host_name[64] = "worker";
  ::gethostname(host_name, sizeof(host_name) - 1);
  worker.name = options.name.empty() ? host_name : options.name;
  worker.cache = options.cache.empty() ? CacheHome() / "networks" : std::filesystem::path(options.cache);
  const std::string place = absl::StrReplaceAll(options.connect, {{":", "_"}, {"/", "_"}, {"[", ""}, {"]", ""}});
  worker.spool = options.spool.empty() ? CacheHome() / "spool" / place : std::filesystem::path(options.spool);
  worker.spool_bytes = static_cast<std::uint64_t>(options.spool_megabytes * 1e6);
  worker.threads = ResolveThreads(options.threads);
  worker.games = options.games;
  for (const std::string& text : options.opponents) {
    const absl::StatusOr<AgentSpec> spec = ParseAgentSpec(text);
    if (!spec.ok()) return Annotate(spec.status(), "--opponent");
    worker.opponents.insert(spec->Canonical());
  }
  worker.drain_time = absl::Seconds(options.drain_seconds);
  worker.first_retry = absl::Seconds(options.first_retry_seconds);
  worker.longest_retry = absl::Seconds(std::max(options.longest_retry_seconds, options.first_retry_seconds));
  if (!options.metrics.empty()) {
    TANDEM_ASSIGN_OR_RETURN(worker.metrics, ParseHostPort(options.metrics, /*any_port=*/true));
  }
  SetNetworkThreads(1);
  worker.load_network = [network_options](const Game& game, const std::filesystem::path& path) mutable
      -> absl::StatusOr<std::shared_ptr<const Network>> {
    TANDEM_ASSIGN_OR_RETURN(auto network, LoadNetwork(game, path, network_options));
    network_options.precision = network->precision();  // chosen once by measuring
    return network;
  };
  TANDEM_ASSIGN_OR_RETURN(const WorkerSummary summary, RunWorker(worker, stop.get_token(), Clock::Real()));
  std::cout << absl::StrFormat("%d games; %d chunks delivered, %d refused, %d still in the spool\n", summary.games, summary.delivered_chunks,
                               summary.refused_chunks, summary.spooled_chunks);
  return absl::OkStatus();
}

CommandAction SetUpWork(CLI::App& app) {
  auto options = std::make_shared<WorkOptions>();
  app.add_option("--connect", options->connect, "HOST:PORT of the coordinator")->required();
  app.add_option("--token-file", options->token_file, "file with the worker's token; without it the variable TANDEM_TOKEN");
  app.add_option("--fingerprint", options->fingerprint, "of the coordinator's certificate, as `tandem serve` prints it");
  app.add_option("--ca", options->ca_file, "certificate authorities (PEM) instead of a fingerprint");
  app.add_flag("--plaintext", options->plaintext, "no TLS; for loopback addresses only");
  app.add_option("--game", options->game, "play only for a coordinator of this game");
  app.add_option("--name", options->name, "shown in the coordinator's table; default: the host's name");
  app.add_option("--spool", options->spool, "directory for games that are not delivered yet, one for each worker");
  app.add_option("--spool-megabytes", options->spool_megabytes, "bound of the spool; playing pauses when it is full")
      ->check(CLI::Range(1.0, 1e9))
      ->capture_default_str();
  app.add_option("--cache", options->cache, "directory for networks, shared by the workers of a host");
  app.add_option("--threads", options->threads, "threads that play; 0 = all processors")->check(CLI::Range(0, 1024))->capture_default_str();
  app.add_option("--games", options->games, "stop after this many games; 0 = never")->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
  app.add_option("--opponent", options->opponents,
                 "an agent that rating games may use here (rating.opponent of the run), such as 'gtp:cmd=\"gnugo --mode gtp\"'; may be repeated")
      ->take_all();
  app.add_option("--precision", options->precision, "auto, fp32, bf16 or int8")->capture_default_str();
  app.add_option("--drain-seconds", options->drain_seconds, "time to finish and deliver games after a signal")
      ->check(CLI::Range(0.0, 86400.0))
      ->capture_default_str();
  app.add_option("--retry-seconds", options->first_retry_seconds, "first wait after a failure; doubles up to --longest-retry-seconds")
      ->check(CLI::Range(0.01, 3600.0))
      ->capture_default_str();
  app.add_option("--longest-retry-seconds", options->longest_retry_seconds)->check(CLI::Range(0.01, 86400.0))->capture_default_str();
  app.add_option("--metrics", options->metrics, "HOST:PORT to show /healthz and /metrics (Prometheus) on, without TLS");
  return [options] { return RunWork(*options); };
}

TANDEM_REGISTER_COMMAND("work", "plays games for a coordinator (tandem serve), on this or another host", SetUpWork);

}  // namespace
}  // namespace tandem
