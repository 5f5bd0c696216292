// inspect: directories, checkpoints and runs.

#include "absl/strings/str_cat.h"
#include "engine/base/config.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/net/run_directory.h"
#include "selfplay/record/chunk.h"
#include "tools/commands/inspect_report.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

absl::StatusOr<json::object> ReadObject(const fs::path& path) {
  TANDEM_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  TANDEM_ASSIGN_OR_RETURN(json::value value, ParseJson(text, path.string()));
  if (!value.is_object()) return Corrupt(path.string(), ": expected a JSON object");
  return std::move(value.get_object());
}

// Bytes of all files below a path.
std::int64_t DiskUse(const fs::path& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return static_cast<std::int64_t>(fs::file_size(path, error));
  std::int64_t bytes = 0;
  for (auto entry = fs::recursive_directory_iterator(path, error); !error && entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    std::error_code vanished;  // a running loop may remove what was just listed
    if (entry->is_regular_file(vanished)) bytes += static_cast<std::int64_t>(entry->file_size(vanished));
  }
  return bytes;
}

// Names with ".tmp-" are what a crash left of a write.
int CountUnfinished(const fs::path& directory) {
  std::error_code error;
  int count = 0;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    count += entry.path().filename().string().find(".tmp") != std::string::npos;
  }
  return count;
}

// Options that differ from their default: what makes this run different from others.
json::object ChangedOptions(const RunConfig& config) {
  json::object changed;
  for (const ConfigOption& option : ConfigHelp(*RunConfig::descriptor())) {
    const std::string value = GetConfigValue(config, option.key).value();
    if (value != option.default_value) changed[option.key] = value;
  }
  return changed;
}

json::object ChunkTotals(const RunDirectory& run, std::vector<std::string>* problems) {
  std::int64_t chunks = 0, games = 0, turns = 0, full_turns = 0, damaged = 0;
  const auto paths = ListChunks(run.chunks());
  if (!paths.ok()) {
    problems->push_back(std::string(paths.status().message()));
    return {};
  }
  for (const fs::path& path : *paths) {
    ++chunks;
    const auto header = ReadChunkHeader(path);
    if (!header.ok()) {
      ++damaged;
      problems->push_back(absl::StrCat(path.string(), ": ", std::string(header.status().message())));
      continue;
    }
    games += header->num_games();
    turns += header->num_turns();
    full_turns += header->num_full_turns();
  }
  return {{"chunks", chunks}, {"games", games}, {"turns", turns}, {"full_turns", full_turns}, {"unreadable", damaged}};
}

json::array CheckpointRows(const std::vector<CheckpointInfo>& checkpoints, const RunDirectory& run) {
  json::array rows;
  for (const CheckpointInfo& info : checkpoints) {
    std::error_code error;
    rows.push_back(json::object{{"step", info.step},
                                {"net_id", info.net_id},
                                {"games", info.games},
                                {"rows", info.rows},
                                {"seconds", info.seconds},
                                {"snapshot", info.snapshot},
                                {"learner_state", fs::exists(run.checkpoints() / std::to_string(info.step), error)}});
  }
  return rows;
}

}  // namespace

absl::StatusOr<InspectReport> InspectCheckpoint(const fs::path& directory) {
  TANDEM_ASSIGN_OR_RETURN(const json::object manifest, ReadObject(directory / "manifest.json"));
  InspectReport report;
  json::array rows;
  if (const json::value* parts = manifest.if_contains("parts"); parts != nullptr && parts->is_object()) {
    for (const auto& [name, part] : parts->get_object()) {
      const fs::path path = directory / std::string(name);
      const auto content = ReadFile(path);
      const auto digest = part.is_object() ? JsonString(part.get_object(), "sha256") : absl::StatusOr<std::string>(BadInput("no object"));
      const bool whole = content.ok() && digest.ok() && *digest == Sha256Hex(*content);
      if (!content.ok()) {
        report.problems.push_back(std::string(content.status().message()));
      } else if (!whole) {
        report.problems.push_back(absl::StrCat(path.string(), ": the content differs from the manifest's SHA-256"));
      }
      rows.push_back(json::object{{"part", name}, {"bytes", content.ok() ? content->size() : 0}, {"whole", whole}});
    }
  } else {
    report.problems.push_back(absl::StrCat((directory / "manifest.json").string(), ": no object \"parts\""));
  }
  report.facts = {{"kind", "checkpoint"}, {"path", directory.string()}, {"bytes", DiskUse(directory)}};
  for (const auto& [key, value] : manifest) {
    if (key != "parts") report.facts[key] = value;
  }
  report.facts["part_list"] = std::move(rows);
  return report;
}

absl::StatusOr<InspectReport> InspectRun(const fs::path& directory) {
  const RunDirectory run(directory);
  TANDEM_ASSIGN_OR_RETURN(const RunConfig config, run.ReadConfig());
  InspectReport report;
  report.facts = {{"kind", "run"}, {"path", directory.string()}, {"game", config.game()}, {"config_hash", ConfigHash(config)}};
  if (const auto about = ReadObject(run.run_path()); about.ok()) {
    report.facts["run"] = *about;
  } else {
    report.problems.push_back(std::string(about.status().message()));
  }
  report.facts["options_changed"] = ChangedOptions(config);
  report.facts["selfplay"] = ChunkTotals(run, &report.problems);
  const auto checkpoints = run.ReadCheckpoints();
  if (checkpoints.ok()) {
    report.facts["checkpoint_list"] = CheckpointRows(*checkpoints, run);
  } else if (!absl::IsNotFound(checkpoints.status())) {
    report.problems.push_back(std::string(checkpoints.status().message()));
  }
  InspectStore(run, config, &report);
  json::object bytes;
  for (const auto& [name, path] : std::initializer_list<std::pair<const char*, fs::path>>{{"chunks", run.chunks()},
                                                                                          {"networks", run.networks()},
                                                                                          {"checkpoints", run.checkpoints()},
                                                                                          {"evaluation", run.evaluation()},
                                                                                          {"all", directory}}) {
    bytes[name] = DiskUse(path);
  }
  report.facts["bytes"] = std::move(bytes);
  report.facts["unfinished_files"] = CountUnfinished(run.chunks()) + CountUnfinished(run.networks()) + CountUnfinished(run.checkpoints());
  return report;
}

}  // namespace tandem
