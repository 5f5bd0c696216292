// tandem bench: how fast each stage runs on this machine.
#include "tools/bench/bench.h"

#include <iostream>
#include <memory>

#include "absl/strings/str_join.h"
#include "engine/base/build_info.h"
#include "engine/base/config.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/base/thread.h"
#include "engine/game/registry.h"
#include "tools/commands/command.h"
#include "tools/report/match_report.h"

namespace tandem {
namespace {

struct BenchOptions {
  std::string section = "all";
  std::string game;
  std::vector<std::string> settings;
  std::vector<int> batches;
  std::vector<std::string> precisions;
  int threads = 0;
  double seconds = 1;
  bool json = false;
};

struct SectionEntry {
  const char* name;
  absl::StatusOr<BenchSection> (*run)(const BenchRequest&);
};
constexpr SectionEntry kSections[] = {
    {"net", BenchNetwork},       {"search", BenchSearch}, {"rollouts", BenchRollouts},
    {"selfplay", BenchSelfplay}, {"train", BenchTrain},   {"signature", [](const BenchRequest&) { return NodeSignature(); }},
};

absl::StatusOr<std::vector<SectionEntry>> SectionsOf(const std::string& name) {
  std::vector<std::string> names;
  std::vector<SectionEntry> sections;
  for (const SectionEntry& entry : kSections) {
    names.push_back(entry.name);
    if (name == "all" || name == entry.name) sections.push_back(entry);
  }
  if (sections.empty()) return BadInput("section '", name, "': expected ", absl::StrJoin(names, ", "), " or all");
  return sections;
}

absl::StatusOr<BenchRequest> RequestOf(const BenchOptions& options) {
  BenchRequest request;
  TANDEM_ASSIGN_OR_RETURN(request.game, FindGame(options.game.empty() ? "connect_four" : options.game));
  request.all_games = options.game.empty();
  TANDEM_ASSIGN_OR_RETURN(request.config, ResolveConfig("", options.settings));
  request.config.set_game(request.game->facts().spec);
  request.threads = options.threads == 0 ? AvailableProcessors() : options.threads;
  request.seconds = options.seconds;
  if (!options.batches.empty()) request.batches = options.batches;
  for (const std::string& precision : options.precisions) {
    TANDEM_ASSIGN_OR_RETURN(const Precision parsed, ParsePrecision(precision));
    if (parsed != Precision::kAuto) request.precisions.push_back(parsed);
  }
  TANDEM_RETURN_IF_ERROR(CheckBenchRequest(request));
  return request;
}

absl::Status RunBench(const BenchOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const std::vector<SectionEntry> sections, SectionsOf(options.section));
  TANDEM_ASSIGN_OR_RETURN(const BenchRequest request, RequestOf(options));
  boost::json::object json = {{"machine", MachineName()}, {"build", BuildId()}, {"game", request.game->facts().spec}};
  if (!options.json) std::cout << MachineName() << "; " << BuildId() << "\n";
  for (const SectionEntry& entry : sections) {
    TANDEM_ASSIGN_OR_RETURN(const BenchSection section, entry.run(request));
    if (options.json) {
      json[section.name] = SectionJson(section);
    } else {
      std::cout << "\n" << SectionText(section) << std::flush;
    }
    TANDEM_RETURN_IF_ERROR(CheckStdout());
  }
  if (options.json) std::cout << JsonPage(json);
  return absl::OkStatus();
}

CommandAction SetUpBench(CLI::App& app) {
  auto options = std::make_shared<BenchOptions>();
  app.add_option("section", options->section, "net, search, rollouts, selfplay, train, signature or all");
  app.add_option("--game", options->game, "game, NAME[:key=value,...]; default connect_four, and every game for rollouts");
  app.add_option("--set", options->settings, "KEY=VALUE of a run's options (tandem options), e.g. network.blocks=10");
  app.add_option("--batch", options->batches, "positions of one network call, several for a sweep")->delimiter(',');
  app.add_option("--precision", options->precisions, "fp32, bf16, int8; default: all for net, the fastest elsewhere")->delimiter(',');
  app.add_option("--threads", options->threads, "threads of search, selfplay and train; 0 = all processors");
  app.add_option("--seconds", options->seconds, "least time of one measurement")->check(CLI::Range(0.001, 3600.0));
  app.add_flag("--json", options->json, "machine-readable");
  return [options] { return RunBench(*options); };
}

TANDEM_REGISTER_COMMAND("bench", "speed of network, search, rollouts, self-play and training; node signature", SetUpBench);

}  // namespace
}  // namespace tandem
