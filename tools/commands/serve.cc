// tandem serve: the coordinator of a run: gives workers assignments and networks, takes their games in.
#include <iostream>
#include <memory>
#include <stop_token>

#include "absl/strings/str_format.h"
#include "boost/asio/ssl/context.hpp"
#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/net/network.h"
#include "selfplay/monitor/http_server.h"
#include "selfplay/wire/address.h"
#include "selfplay/wire/tls.h"
#include "selfplay/worker/canary.h"
#include "tools/commands/command.h"
#include "tools/commands/signals.h"
#include "training/coordinator/pages.h"
#include "training/coordinator/server.h"
#include "training/loop/run.h"
#include "training/store/keeper.h"

namespace tandem {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(200);
constexpr absl::Duration kReportEvery = absl::Seconds(10);

struct ServeOptions {
  RunRequest run;
  std::string listen = "127.0.0.1:4800";
  bool plaintext = false;
  int threads = 1;
  double heartbeat_seconds = 20;
  std::string metrics, mirror;
};

// One line whenever games came in.
class Reporter {
 public:
  explicit Reporter(const Coordinator& coordinator) : coordinator_(coordinator) {}
  void Report(bool final) {
    const absl::Time now = Clock::Real().Now();
    if (!final && now - reported_ < kReportEvery) return;
    const CoordinatorCounters counters = coordinator_.counters();
    if (!final && counters.games == games_ && counters.workers == workers_) return;
    Log().info("{} workers; {} games of the run, {:.1f} games/s; {} chunks stored, {} came again, {} refused", counters.workers,
               counters.run_games, static_cast<double>(counters.games - games_) / absl::ToDoubleSeconds(now - reported_), counters.chunks,
               counters.repeated_chunks, counters.refused_chunks);
    reported_ = now;
    games_ = counters.games;
    workers_ = counters.workers;
  }

 private:
  const Coordinator& coordinator_;
  absl::Time reported_ = Clock::Real().Now();
  std::int64_t games_ = 0;
  int workers_ = 0;
};

absl::Status RunServe(const ServeOptions& options) {
  std::stop_source stop;
  const StopOnSignals signals(stop);  // before any thread starts: each inherits that the signals are not for it
  TANDEM_ASSIGN_OR_RETURN(const HostPort listen, ParseHostPort(options.listen, /*any_port=*/true));
  HostPort metrics;
  if (!options.metrics.empty()) {
    TANDEM_ASSIGN_OR_RETURN(metrics, ParseHostPort(options.metrics, /*any_port=*/true));
  }
  RunRequest request = options.run;
  request.resume = true;
  request.role = RunRole::kServe;
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Run> run, Run::Open(request));

  ServerOptions server_options;
  server_options.host = listen.host;
  server_options.port = listen.port;
  server_options.pool_threads = options.threads;
  ServerIdentity identity;
  std::unique_ptr<boost::asio::ssl::context> tls;
  if (!options.plaintext) {
    TANDEM_ASSIGN_OR_RETURN(identity, LoadOrMakeIdentity(run->directory().serve()));
    TANDEM_ASSIGN_OR_RETURN(tls, MakeServerContext(identity));
    server_options.tls = tls.get();
  }

  SetNetworkThreads(1);
  CoordinatorOptions coordinator_options{.directory = run->directory(), .config = run->config(), .run_id = run->id(), .game = &run->game()};
  coordinator_options.limits.heartbeat = absl::Seconds(options.heartbeat_seconds);
  coordinator_options.clock = &Clock::Real();
  coordinator_options.canaries = [&run](const std::string& net_id) -> absl::StatusOr<std::vector<Canary>> {
    NetworkOptions exact;
    exact.precision = Precision::kFloat32;
    exact.device = "cpu";
    TANDEM_ASSIGN_OR_RETURN(const auto network, LoadNetwork(run->game(), run->directory().network_path(net_id), exact));
    return MakeCanaries(*network);
  };
  if (!options.mirror.empty()) TANDEM_RETURN_IF_ERROR(CheckMirror(run->directory(), options.mirror));
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Coordinator> coordinator, Coordinator::Open(std::move(coordinator_options)));
  const StoreKeeper keeper({.directory = run->directory(), .config = run->config(), .mirror = options.mirror, .clock = &Clock::Real()});
  TANDEM_ASSIGN_OR_RETURN(std::unique_ptr<Server> server, Server::Start(server_options, coordinator.get()));
  std::unique_ptr<HttpServer> pages;
  if (!options.metrics.empty()) {
    TANDEM_ASSIGN_OR_RETURN(pages, HttpServer::Start(metrics, CoordinatorPages(coordinator.get(), server.get(), &Clock::Real())));
    std::cout << "metrics on " << pages->address() << "\n";
  }
  std::cout << "listening on " << server->address() << "\n";
  if (!options.plaintext) std::cout << "fingerprint " << identity.fingerprint << "\n";
  TANDEM_RETURN_IF_ERROR(CheckStdout());
  Reporter reporter(*coordinator);
  while (!stop.stop_requested()) {
    absl::SleepFor(kLook);
    reporter.Report(/*final=*/false);
  }
  pages.reset();
  server.reset();
  reporter.Report(/*final=*/true);
  return absl::OkStatus();
}

CommandAction SetUpServe(CLI::App& app) {
  auto options = std::make_shared<ServeOptions>();
  app.add_option("--run", options->run.directory, "run directory; begun when it is new")->required();
  app.add_option("--game", options->run.game, "game of a new run, NAME[:key=value,...]");
  app.add_option("--set", options->run.overrides, "KEY=VALUE of a new run's config (see `tandem options`)")->take_all();
  app.add_option("--listen", options->listen, "HOST:PORT to listen on; port 0 = any free one")->capture_default_str();
  app.add_flag("--plaintext", options->plaintext, "no TLS; for loopback addresses only");
  app.add_option("--threads", options->threads, "threads that check uploads")->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--heartbeat-seconds", options->heartbeat_seconds, "workers show that they live this often; three missed ones and they are gone")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  app.add_option("--mirror", options->mirror, "second directory that gets a checked copy of chunks and networks (docs/store.md)");
  app.add_option("--metrics", options->metrics, "HOST:PORT to show /healthz, /metrics (Prometheus) and /workers on, without TLS");
  return [options] { return RunServe(*options); };
}

TANDEM_REGISTER_COMMAND("serve", "coordinates remote workers: hands out games and networks, takes games in", SetUpServe);

}  // namespace
}  // namespace tandem
