// tandem workers: the coordinator's table of workers, as of a moment ago.
#include <iostream>
#include <memory>

#include "absl/strings/str_format.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/net/run_directory.h"
#include "tools/commands/command.h"

namespace tandem {
namespace {

constexpr std::uint64_t kMaxTableBytes = 1 << 24;

struct WorkersOptions {
  std::string run;
  bool json = false;
};

absl::Status PrintRow(const boost::json::object& row) {
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t number, JsonInteger(row, "worker"));
  TANDEM_ASSIGN_OR_RETURN(const std::string name, JsonString(row, "name"));
  TANDEM_ASSIGN_OR_RETURN(const std::string token, JsonString(row, "token"));
  TANDEM_ASSIGN_OR_RETURN(const std::string peer, JsonString(row, "peer"));
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t games, JsonInteger(row, "accepted_games"));
  TANDEM_ASSIGN_OR_RETURN(const double rate, JsonNumber(row, "games_per_second"));
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t spooled, JsonInteger(row, "spooled_chunks"));
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t refused, JsonInteger(row, "refused_chunks"));
  TANDEM_ASSIGN_OR_RETURN(const std::string network, JsonString(row, "net_id"));
  const boost::json::value* connected = row.if_contains("connected");
  const bool here = connected != nullptr && connected->is_bool() && connected->get_bool();
  std::cout << absl::StrFormat("%-6d %-16s %-16s %-22s %-5s %8d %8.1f %7d %7d %.8s\n", number, name, token, peer, here ? "here" : "gone", games,
                               rate, spooled, refused, network);
  return absl::OkStatus();
}

absl::Status RunWorkers(const WorkersOptions& options) {
  const RunDirectory directory{std::filesystem::path(options.run)};
  TANDEM_RETURN_IF_ERROR(directory.ReadConfig().status());
  const std::filesystem::path path = directory.serve() / "workers.json";
  auto text = ReadFile(path, kMaxTableBytes);
  if (absl::IsNotFound(text.status())) return absl::NotFoundError(options.run + " has had no coordinator yet (tandem serve)");
  if (!text.ok()) return text.status();
  if (options.json) {
    std::cout << *text;
    return absl::OkStatus();
  }
  TANDEM_ASSIGN_OR_RETURN(const boost::json::value table, ParseJson(*text, path.string()));
  if (!table.is_array()) return Corrupt(path.string(), ": expected a JSON array");
  std::cout << absl::StrFormat("%-6s %-16s %-16s %-22s %-5s %8s %8s %7s %7s %s\n", "worker", "name", "token", "peer", "", "games", "games/s",
                               "spooled", "refused", "network");
  for (const boost::json::value& row : table.get_array()) {
    if (!row.is_object()) return Corrupt(path.string(), ": expected objects");
    TANDEM_RETURN_IF_ERROR(Annotate(PrintRow(row.get_object()), path.string()));
  }
  return absl::OkStatus();
}

CommandAction SetUpWorkers(CLI::App& app) {
  auto options = std::make_shared<WorkersOptions>();
  app.add_option("--run", options->run, "run directory")->required();
  app.add_flag("--json", options->json, "machine-readable");
  return [options] { return RunWorkers(*options); };
}

TANDEM_REGISTER_COMMAND("workers", "shows who plays for a run", SetUpWorkers);

}  // namespace
}  // namespace tandem
