#include "engine/net/run_directory.h"

#include <system_error>
#include <utility>

#include "engine/base/config.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

absl::StatusOr<CheckpointInfo> ParseCheckpoint(const boost::json::object& object) {
  CheckpointInfo info;
  TANDEM_ASSIGN_OR_RETURN(info.step, JsonInteger(object, "step"));
  TANDEM_ASSIGN_OR_RETURN(info.net_id, JsonString(object, "net_id"));
  TANDEM_ASSIGN_OR_RETURN(info.games, JsonInteger(object, "games"));
  TANDEM_ASSIGN_OR_RETURN(info.rows, JsonInteger(object, "rows"));
  TANDEM_ASSIGN_OR_RETURN(info.seconds, JsonNumber(object, "seconds"));
  const boost::json::value* snapshot = object.if_contains("snapshot");
  info.snapshot = snapshot != nullptr && snapshot->is_bool() && snapshot->get_bool();
  return info;
}

}  // namespace

bool RunDirectory::Exists() const {
  std::error_code error;
  return std::filesystem::is_regular_file(config_path(), error);
}

absl::StatusOr<RunConfig> RunDirectory::ReadConfig() const {
  if (!Exists()) return absl::NotFoundError(absl::StrCat(root_.string(), ": no run directory; expected a file config.textproto in it"));
  TANDEM_ASSIGN_OR_RETURN(const std::string text, ReadFile(config_path(), /*max_bytes=*/1 << 20));
  RunConfig config;
  const absl::Status status = ParseConfigText(text, config_path().string(), config);
  if (!status.ok()) return absl::DataLossError(status.message());
  return config;
}

absl::StatusOr<std::vector<CheckpointInfo>> RunDirectory::ReadCheckpoints() const {
  std::error_code error;
  std::vector<CheckpointInfo> checkpoints;
  if (!std::filesystem::exists(checkpoints_path(), error)) return checkpoints;
  TANDEM_ASSIGN_OR_RETURN(const JsonLines lines, ReadJsonLines(checkpoints_path()));
  for (const boost::json::object& object : lines.objects) {
    absl::StatusOr<CheckpointInfo> info = ParseCheckpoint(object);
    if (info.ok() && std::filesystem::exists(network_path(info->net_id), error)) checkpoints.push_back(*std::move(info));
  }
  return checkpoints;
}

absl::Status RunDirectory::AppendCheckpoint(const CheckpointInfo& info) const {
  TANDEM_RETURN_IF_ERROR(CutTornLine(checkpoints_path()).status());
  const boost::json::object object = {{"step", info.step}, {"net_id", info.net_id},   {"games", info.games},
                                      {"rows", info.rows}, {"seconds", info.seconds}, {"snapshot", info.snapshot}};
  return AppendFile(checkpoints_path(), JsonText(object) + "\n");
}

absl::StatusOr<std::filesystem::path> RunDirectory::NewestNetwork() const {
  if (!Exists()) return absl::NotFoundError(absl::StrCat(root_.string(), ": no run directory; expected a file config.textproto in it"));
  TANDEM_ASSIGN_OR_RETURN(const std::vector<CheckpointInfo> checkpoints, ReadCheckpoints());
  if (checkpoints.empty()) return absl::NotFoundError(absl::StrCat(root_.string(), ": no checkpoint with its network file yet"));
  return network_path(checkpoints.back().net_id);
}

}  // namespace tandem
