// tandem workers: the coordinator's table of workers: asked of the coordinator itself, or as it last stood in the run's directory.
#include <unistd.h>

#include <iostream>
#include <memory>
#include <stop_token>

#include "absl/strings/str_format.h"
#include "engine/base/clock.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/net/run_directory.h"
#include "selfplay/monitor/http_server.h"
#include "selfplay/wire/address.h"
#include "tools/commands/command.h"
#include "tools/commands/signals.h"
#include "training/gate/rating_results.h"

namespace tandem {
namespace {

constexpr std::uint64_t kMaxTableBytes = 1 << 24;
constexpr int kRatingsShown = 5;
constexpr absl::Duration kLook = absl::Milliseconds(100);
constexpr char kClearScreen[] = "\033[H\033[2J";

struct WorkersOptions {
  std::string run, metrics;
  double watch_seconds = 0;
  bool json = false, all = false;
};

absl::StatusOr<std::string> ReadTable(const WorkersOptions& options) {
  if (!options.metrics.empty()) {
    TANDEM_ASSIGN_OR_RETURN(const HostPort address, ParseHostPort(options.metrics));
    return HttpGet(address, "/workers");
  }
  const RunDirectory directory{std::filesystem::path(options.run)};
  TANDEM_RETURN_IF_ERROR(directory.ReadConfig().status());
  auto text = ReadFile(directory.serve() / "workers.json", kMaxTableBytes);
  if (absl::IsNotFound(text.status())) return absl::NotFoundError(options.run + " has had no coordinator yet (tandem serve)");
  return text;
}

bool IsTrue(const boost::json::object& row, const char* key) {
  const boost::json::value* value = row.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

struct Totals {
  int workers = 0;
  double games_per_second = 0, positions_per_second = 0, evaluations_per_second = 0;
};

absl::Status PrintRow(const boost::json::object& row, bool all, Totals* totals) {
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t number, JsonInteger(row, "worker"));
  TANDEM_ASSIGN_OR_RETURN(const std::string name, JsonString(row, "name"));
  TANDEM_ASSIGN_OR_RETURN(const std::string token, JsonString(row, "token"));
  TANDEM_ASSIGN_OR_RETURN(const std::string peer, JsonString(row, "peer"));
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t games, JsonInteger(row, "accepted_games"));
  TANDEM_ASSIGN_OR_RETURN(const double games_rate, JsonNumber(row, "games_per_second"));
  TANDEM_ASSIGN_OR_RETURN(const double positions_rate, JsonNumber(row, "positions_per_second"));
  TANDEM_ASSIGN_OR_RETURN(const double evaluations_rate, JsonNumber(row, "evaluations_per_second"));
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t spooled, JsonInteger(row, "spooled_chunks"));
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t refused, JsonInteger(row, "refused_chunks"));
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t behind, JsonInteger(row, "steps_behind"));
  TANDEM_ASSIGN_OR_RETURN(const std::string network, JsonString(row, "net_id"));
  const bool here = IsTrue(row, "connected");
  if (!here && !all) return absl::OkStatus();
  if (here) {
    ++totals->workers;
    totals->games_per_second += games_rate;
    totals->positions_per_second += positions_rate;
    totals->evaluations_per_second += evaluations_rate;
  }
  std::cout << absl::StrFormat("%-6d %-16.16s %-16.16s %-22s %-6s %8d %8.1f %8.0f %8.0f %7d %7d %7d %.8s\n", number, name, token, peer,
                               !here ? "gone" : IsTrue(row, "paused") ? "paused" : "plays", games, games_rate, positions_rate,
                               evaluations_rate, spooled, refused, behind, network);
  return absl::OkStatus();
}

absl::Status PrintTable(const std::string& text, const std::string& where, bool all) {
  TANDEM_ASSIGN_OR_RETURN(const boost::json::value table, ParseJson(text, where));
  if (!table.is_array()) return Corrupt(where, ": expected a JSON array");
  std::cout << absl::StrFormat("%-6s %-16s %-16s %-22s %-6s %8s %8s %8s %8s %7s %7s %7s %s\n", "worker", "name", "token", "peer", "", "games",
                               "games/s", "moves/s", "evals/s", "spooled", "refused", "behind", "network");
  Totals totals;
  for (const boost::json::value& row : table.get_array()) {
    if (!row.is_object()) return Corrupt(where, ": expected objects");
    TANDEM_RETURN_IF_ERROR(Annotate(PrintRow(row.get_object(), all, &totals), where));
  }
  std::cout << absl::StrFormat("%d workers connected: %.1f games/s, %.0f moves/s, %.0f evaluations/s\n", totals.workers,
                               totals.games_per_second, totals.positions_per_second, totals.evaluations_per_second);
  std::cout.flush();
  return CheckStdout();
}

// The newest networks that have played rating games.
absl::Status PrintRatings(const RunDirectory& directory) {
  TANDEM_ASSIGN_OR_RETURN(const RunConfig config, directory.ReadConfig());
  TANDEM_ASSIGN_OR_RETURN(const RatedPool rated, RateRun(directory, config.rating()));
  int shown = 0;
  for (auto network = rated.networks.rbegin(); network != rated.networks.rend() && shown < kRatingsShown; ++network) {
    const Rating& rating = network->rating;
    if (rating.games == 0) continue;
    if (shown++ == 0) std::cout << absl::StrFormat("\n%-8s %8s %8s %17s %6s\n", "network", "step", "Elo", "95 %", "games");
    std::cout << absl::StrFormat("%-8.8s %8d %+8.0f %+8.0f %+8.0f %6d\n", network->net_id, network->step, rating.elo, rating.low, rating.high,
                                 rating.games);
  }
  if (const Rating& rating = rated.opponent_rating; rating.games > 0) {
    std::cout << absl::StrFormat("%s: %+.0f Elo (%+.0f to %+.0f), %d games\n", rated.opponent, rating.elo, rating.low, rating.high, rating.games);
  }
  return CheckStdout();
}

absl::Status RunWorkers(const WorkersOptions& options) {
  if (options.run.empty() == options.metrics.empty()) return BadInput("expected either --run DIR or --metrics HOST:PORT");
  std::stop_source stop;
  const StopOnSignals signals(stop);
  for (;;) {
    TANDEM_ASSIGN_OR_RETURN(const std::string text, ReadTable(options));
    if (options.watch_seconds > 0 && !options.json && ::isatty(STDOUT_FILENO) == 1) std::cout << kClearScreen;
    if (options.json) {
      std::cout << text << std::flush;
      TANDEM_RETURN_IF_ERROR(CheckStdout());
    } else {
      TANDEM_RETURN_IF_ERROR(PrintTable(text, options.run.empty() ? options.metrics : options.run, options.all));
      if (!options.run.empty()) TANDEM_RETURN_IF_ERROR(PrintRatings(RunDirectory(options.run)));
    }
    const absl::Time next = Clock::Real().Now() + absl::Seconds(options.watch_seconds);
    while (!stop.stop_requested() && Clock::Real().Now() < next) absl::SleepFor(kLook);
    if (options.watch_seconds <= 0 || stop.stop_requested()) return absl::OkStatus();
  }
}

CommandAction SetUpWorkers(CLI::App& app) {
  auto options = std::make_shared<WorkersOptions>();
  app.add_option("--run", options->run, "run directory: the table as the coordinator last wrote it");
  app.add_option("--metrics", options->metrics, "HOST:PORT that the coordinator shows its pages on (tandem serve --metrics): asks it");
  app.add_option("--watch", options->watch_seconds, "show it again every so many seconds; 0 = once")->check(CLI::Range(0.0, 3600.0));
  app.add_flag("--all", options->all, "also workers that are gone");
  app.add_flag("--json", options->json, "machine-readable");
  return [options] { return RunWorkers(*options); };
}

TANDEM_REGISTER_COMMAND("workers", "shows who plays for a run, live", SetUpWorkers);

}  // namespace
}  // namespace tandem
