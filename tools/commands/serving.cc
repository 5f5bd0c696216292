#include "tools/commands/serving.h"

#include <iostream>
#include <utility>

#include "boost/asio/ssl/context.hpp"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "engine/net/network.h"
#include "selfplay/wire/tls.h"
#include "selfplay/worker/canary.h"
#include "training/coordinator/pages.h"

namespace tandem {
namespace {

// Beside those that compute: file systems flush many files at once for the price of one (measured in docs/scale.md).
constexpr int kRequestsAtTheDisk = 16;

// The coordinator's own evaluation, as exact as this machine computes.
absl::StatusOr<std::vector<Canary>> CanariesOf(const Run& run, const std::string& net_id) {
  NetworkOptions exact;
  exact.precision = Precision::kFloat32;
  exact.device = "cpu";
  TANDEM_ASSIGN_OR_RETURN(const auto network, LoadNetwork(run.game(), run.directory().network_path(net_id), exact));
  return MakeCanaries(*network);
}

}  // namespace

void AddServingOptions(CLI::App& app, ServingOptions* options) {
  app.add_option("--listen", options->listen, "HOST:PORT to listen on for workers; port 0 = any free one")->capture_default_str();
  app.add_flag("--plaintext", options->plaintext, "no TLS; for loopback addresses only");
  app.add_option("--heartbeat-seconds", options->heartbeat_seconds,
                 "workers show that they live this often; three missed ones and they are gone")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  app.add_option("--max-workers", options->max_workers, "workers connected at once; each takes an open file (ulimit -n)")
      ->check(CLI::Range(1, 100000))
      ->capture_default_str();
  app.add_option("--metrics", options->metrics, "HOST:PORT to show /healthz, /metrics (Prometheus) and /workers on, without TLS");
}

absl::Status CheckServing(const ServingOptions& options) {
  TANDEM_RETURN_IF_ERROR(ParseHostPort(options.listen, /*any_port=*/true).status());
  return options.metrics.empty() ? absl::OkStatus() : ParseHostPort(options.metrics, /*any_port=*/true).status();
}

absl::StatusOr<std::unique_ptr<Serving>> Serving::Start(const Run& run, const ServingOptions& options) {
  TANDEM_RETURN_IF_ERROR(CheckServing(options));
  const HostPort listen = *ParseHostPort(options.listen, /*any_port=*/true);
  std::unique_ptr<Serving> serving(new Serving);
  ServerOptions server;
  server.host = listen.host;
  server.port = listen.port;
  server.pool_threads = options.threads + kRequestsAtTheDisk;
  ServerIdentity identity;
  if (!options.plaintext) {
    TANDEM_ASSIGN_OR_RETURN(identity, LoadOrMakeIdentity(run.directory().serve()));
    TANDEM_ASSIGN_OR_RETURN(serving->tls_, MakeServerContext(identity));
    server.tls = serving->tls_.get();
  }
  SetNetworkThreads(1);
  CoordinatorOptions coordinator{.directory = run.directory(), .config = run.config(), .run_id = run.id(), .game = &run.game()};
  coordinator.limits.max_sessions = options.max_workers;
  coordinator.limits.checks_at_once = options.threads;
  coordinator.limits.heartbeat = absl::Seconds(options.heartbeat_seconds);
  coordinator.clock = &Clock::Real();
  coordinator.canaries = [&run](const std::string& net_id) { return CanariesOf(run, net_id); };
  TANDEM_ASSIGN_OR_RETURN(serving->coordinator_, Coordinator::Open(std::move(coordinator)));
  TANDEM_ASSIGN_OR_RETURN(serving->server_, Server::Start(server, serving->coordinator_.get()));
  if (!options.metrics.empty()) {
    const HostPort metrics = *ParseHostPort(options.metrics, /*any_port=*/true);
    TANDEM_ASSIGN_OR_RETURN(
        serving->pages_, HttpServer::Start(metrics, CoordinatorPages(serving->coordinator_.get(), serving->server_.get(), &Clock::Real())));
    std::cout << "metrics on " << serving->pages_->address() << "\n";
  }
  std::cout << "listening on " << serving->server_->address() << "\n";
  if (!options.plaintext) std::cout << "fingerprint " << identity.fingerprint << "\n";
  TANDEM_RETURN_IF_ERROR(CheckStdout());
  return serving;
}

Serving::~Serving() = default;  // pages, then the server, then what it serves

}  // namespace tandem
