// The coordinator of a run as a command has it: certificate, listener, checks of uploads, pages. `tandem serve` is this alone, `tandem
// train
// --listen` has it beside the loop.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "selfplay/monitor/http_server.h"
#include "selfplay/wire/address.h"
#include "tools/commands/command.h"
#include "training/coordinator/server.h"
#include "training/loop/run.h"

namespace tandem {

struct ServingOptions {
  std::string listen;  // HOST:PORT
  bool plaintext = false;
  int threads = 1;  // that check uploads
  double heartbeat_seconds = 20;
  int max_workers = CoordinatorLimits().max_sessions;
  std::string metrics = {};  // HOST:PORT of the pages; empty = none
};

// --listen, --plaintext, --heartbeat-seconds, --max-workers and --metrics; what `options` holds is shown as the default.
void AddServingOptions(CLI::App& app, ServingOptions* options);
// Whether the addresses can be read, for an answer before anything is begun.
absl::Status CheckServing(const ServingOptions& options);

class Serving {
 public:
  // Listens, and prints where, and the certificate's fingerprint. `run` must outlive it. Errors are those of the certificate's files, of
  // Coordinator::Open, Server::Start and HttpServer::Start.
  static absl::StatusOr<std::unique_ptr<Serving>> Start(const Run& run, const ServingOptions& options);
  ~Serving();  // ends sessions after the request that they are at

  Coordinator& coordinator() { return *coordinator_; }

 private:
  Serving() = default;

  std::unique_ptr<boost::asio::ssl::context> tls_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<HttpServer> pages_;
};

}  // namespace tandem
