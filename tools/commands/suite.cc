// tandem suite: how often an agent's move keeps the value of solved positions.
#include "engine/match/suite.h"

#include <iostream>
#include <memory>
#include <stop_token>

#include "absl/strings/str_format.h"
#include "engine/agent/agent.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/base/thread.h"
#include "engine/game/registry.h"
#include "engine/match/solved_set.h"
#include "engine/net/network.h"
#include "tools/commands/command.h"
#include "tools/commands/signals.h"
#include "tools/report/match_report.h"

namespace tandem {
namespace {

constexpr std::size_t kShownProblems = 20;

struct SuiteOptions {
  std::string game, agent;
  std::vector<std::string> files;
  std::uint64_t max_nodes = 20'000'000;
  std::uint64_t seed = 1;
  int threads = 0;
  bool json = false;
};

void ShowProblems(const SolvedSet& set) {
  for (std::size_t i = 0; i < set.problems.size() && i < kShownProblems; ++i) PrintErrorLine("tandem suite", set.problems[i]);
  if (set.problems.size() > kShownProblems) {
    std::cerr << absl::StrFormat("tandem suite: and %d more problems\n", set.problems.size() - kShownProblems);
  }
}

absl::Status RunSuiteCommand(const SuiteOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(options.game));
  const int threads = ResolveThreads(options.threads);
  SetNetworkThreads(1);
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Agent> holder, MakeAgent(*game, options.agent));
  SolvedSet set;
  for (const std::string& file : options.files) {
    const absl::Status read = ReadSolvedFile(*game, file, &set);
    if (!read.ok()) return read;
  }
  const std::int64_t unsolved = CompleteBySolver(*game, options.max_nodes, threads, &set);
  ShowProblems(set);
  if (set.positions.empty()) return BadInput("no position to judge in ", options.files.size(), " files");
  std::stop_source stop;
  const StopOnSignals signals(stop);
  TANDEM_ASSIGN_OR_RETURN(const SuiteReport report,
                          RunSuite(
                              set, [&] { return MakeAgent(*game, options.agent); }, threads, options.seed, stop.get_token()));
  if (options.json) {
    boost::json::object json = SuiteJson(report);
    json["game"] = game->facts().spec;
    json["unreadable_lines"] = set.problems.size();
    json["unsolved_positions"] = unsolved;
    std::cout << JsonPage(json);
    return absl::OkStatus();
  }
  std::cout << SuiteText(report);
  if (unsolved > 0) std::cout << unsolved << " positions took more than " << options.max_nodes << " nodes to solve and are left out\n";
  if (!set.problems.empty()) std::cout << set.problems.size() << " lines or values had problems (see above)\n";
  return absl::OkStatus();
}

CommandAction SetUpSuite(CLI::App& app) {
  auto options = std::make_shared<SuiteOptions>();
  app.add_option("--game", options->game, "game, NAME[:key=value,...]")->required();
  app.add_option("--agent", options->agent, "agent, e.g. net:run=DIR")->required();
  app.add_option("FILE", options->files, "solved sets: JSON lines, or lines of MOVES SCORE")->required();
  app.add_option("--max-nodes", options->max_nodes, "solver's limit for a position whose moves have no scores")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 60));
  app.add_option("--seed", options->seed, "seed of the agents");
  app.add_option("--threads", options->threads, "positions at once; 0 = all processors")->check(CLI::Range(0, 1024));
  app.add_flag("--json", options->json, "machine-readable");
  app.footer("Agents:\n" + AgentHelp());
  return [options] { return RunSuiteCommand(*options); };
}

TANDEM_REGISTER_COMMAND("suite", "share of solved positions in which an agent's move keeps the game's value", SetUpSuite);

}  // namespace
}  // namespace tandem
