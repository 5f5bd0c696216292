// tandem inspect: what is in chunks, weights, checkpoints and run directories, and whether it is sound.
#include <iostream>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "tools/commands/command.h"
#include "tools/commands/inspect_report.h"
#include "tools/report/table.h"
#include "training/store/run_index.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kChunkMagic = "TNDMCHK1";

// One line; fractions with six digits, which --json has in full.
std::string ValueText(const json::value& value) {
  if (value.is_string()) return absl::StrReplaceAll(absl::StripAsciiWhitespace(std::string(value.get_string())), {{"\n", " "}});
  if (value.is_double()) return absl::StrCat(value.get_double());
  return JsonText(value);
}

bool IsTable(const json::value& value) { return value.is_array() && !value.get_array().empty() && value.get_array()[0].is_object(); }

// Rows of one list have the same members.
std::string TableText(const json::array& rows) {
  std::vector<TextTable::Column> columns;
  for (const auto& [key, value] : rows[0].get_object()) {
    columns.push_back({std::string(key), value.is_number() ? Align::kRight : Align::kLeft});
  }
  TextTable table(std::move(columns));
  for (const json::value& row : rows) {
    std::vector<std::string> cells;
    for (const auto& [key, value] : row.get_object()) cells.push_back(ValueText(value));
    table.AddRow(std::move(cells));
  }
  return table.ToText();
}

void AppendFacts(const json::object& facts, const std::string& indent, std::string* text) {
  for (const auto& [key, value] : facts) {
    const std::string name(key);
    if (IsTable(value)) {
      absl::StrAppend(text, indent, name, ":\n", TableText(value.get_array()));
    } else if (value.is_object()) {
      absl::StrAppend(text, indent, name, ":", value.get_object().empty() ? " none" : "", "\n");
      AppendFacts(value.get_object(), indent + "  ", text);
    } else if (value.is_array()) {
      std::vector<std::string> cells;
      for (const json::value& element : value.get_array()) cells.push_back(ValueText(element));
      absl::StrAppend(text, indent, name, ": ", cells.empty() ? "none" : absl::StrJoin(cells, ", "), "\n");
    } else {
      absl::StrAppend(text, indent, name, ": ", ValueText(value), "\n");
    }
  }
}

struct InspectOptions {
  std::vector<std::string> paths;
  InspectRequest request;
  bool json = false;
  std::string plot;
};

absl::Status RunInspect(const InspectOptions& options) {
  if (!options.plot.empty()) {
    TANDEM_ASSIGN_OR_RETURN(const std::string svg, MetricPlot(options.paths, options.plot));
    std::cout << svg;
    return CheckStdout();
  }
  json::array all;
  std::size_t num_problems = 0;
  std::string first_problem;
  for (const std::string& path : options.paths) {
    TANDEM_ASSIGN_OR_RETURN(InspectReport report, Inspect(path, options.request));
    num_problems += report.problems.size();
    if (first_problem.empty() && !report.problems.empty()) first_problem = report.problems[0];
    if (options.json) {
      report.facts["problems"] = json::array(report.problems.begin(), report.problems.end());
      all.push_back(std::move(report.facts));
    } else {
      std::cout << InspectText(report) << (options.paths.size() > 1 ? "\n" : "");
    }
  }
  if (options.json) std::cout << JsonPage(all);
  TANDEM_RETURN_IF_ERROR(CheckStdout());
  if (num_problems == 0) return absl::OkStatus();
  return Corrupt(num_problems, num_problems == 1 ? " problem: " : " problems, the first: ", first_problem);
}

CommandAction SetUpInspect(CLI::App& app) {
  auto options = std::make_shared<InspectOptions>();
  app.add_option("FILE", options->paths, "chunks, weights (.safetensors), checkpoint directories or run directories")->required();
  app.add_flag("--games", options->request.games, "list the games of chunks with their moves");
  app.add_flag("--tensors", options->request.tensors, "list the tensors of weights with their shapes and sizes");
  app.add_flag("--rebuild", options->request.rebuild, "runs: build the index (index.sqlite) anew from the files first");
  CLI::Option* json = app.add_flag("--json", options->json, "machine-readable");
  app.add_option("--plot", options->plot, "runs: a number of metrics.jsonl over time as SVG, e.g. process/resident_bytes")->excludes(json);
  return [options] { return RunInspect(*options); };
}

TANDEM_REGISTER_COMMAND("inspect", "looks into chunks, weights, checkpoints and run directories", SetUpInspect);

}  // namespace

absl::StatusOr<InspectReport> Inspect(const fs::path& path, const InspectRequest& request) {
  std::error_code error;
  if (!fs::exists(path, error)) return absl::NotFoundError(absl::StrCat(path.string(), " does not exist"));
  if (fs::is_directory(path, error)) {
    if (fs::exists(path / "config.textproto", error)) {
      if (request.rebuild) TANDEM_RETURN_IF_ERROR(RebuildIndex(RunDirectory(path)).status());
      return InspectRun(path);
    }
    if (request.rebuild) return BadInput("--rebuild: ", path.string(), " is no run directory");
    if (fs::exists(path / "manifest.json", error)) return InspectCheckpoint(path);
    return BadInput(path.string(), " holds neither config.textproto (a run) nor manifest.json (a checkpoint)");
  }
  if (request.rebuild) return BadInput("--rebuild: ", path.string(), " is no run directory");
  if (path.extension() == ".safetensors") return InspectWeights(path, request);
  if (path.extension() == ".chunk") return InspectChunk(path, request);
  TANDEM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  if (bytes.compare(0, kChunkMagic.size(), kChunkMagic) == 0) return InspectChunk(path, request);
  return BadInput(path.string(), " is neither a chunk (.chunk) nor weights (.safetensors)");
}

std::string InspectText(const InspectReport& report) {
  std::string text;
  AppendFacts(report.facts, "", &text);
  for (const std::string& problem : report.problems) absl::StrAppend(&text, "problem: ", problem, "\n");
  return text;
}

}  // namespace tandem
