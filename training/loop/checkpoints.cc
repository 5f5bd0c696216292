#include "training/loop/checkpoints.h"

#include <algorithm>
#include <vector>

#include "engine/base/file.h"
#include "engine/base/log.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

std::filesystem::path StatePath(const RunDirectory& directory, std::int64_t step) { return directory.checkpoints() / std::to_string(step); }

}  // namespace

absl::StatusOr<CheckpointInfo> Checkpoints::Write(const Learner& learner, CheckpointInfo info) const {
  info.step = learner.step();
  TANDEM_RETURN_IF_ERROR(MakeDirectories(directory_.checkpoints()));
  TANDEM_RETURN_IF_ERROR(MakeDirectories(directory_.networks()));
  TANDEM_RETURN_IF_ERROR(learner.Save(StatePath(directory_, info.step)));
  Weights weights = learner.AveragedWeights();
  weights.metadata["tandem.step"] = std::to_string(info.step);
  TANDEM_ASSIGN_OR_RETURN(info.net_id, WriteWeights(directory_.networks(), weights));
  TANDEM_RETURN_IF_ERROR(directory_.AppendCheckpoint(info));
  RemoveOldStates();
  return info;
}

absl::StatusOr<std::optional<CheckpointInfo>> Checkpoints::Restore(Learner* learner) const {
  TANDEM_ASSIGN_OR_RETURN(std::vector<CheckpointInfo> all, directory_.ReadCheckpoints());
  absl::Status newest_error;
  for (auto info = all.rbegin(); info != all.rend(); ++info) {
    const std::filesystem::path path = StatePath(directory_, info->step);
    const absl::Status loaded = learner->Load(path);
    if (loaded.ok()) return *info;
    if (newest_error.ok()) newest_error = loaded;
    if (std::filesystem::exists(path)) Log().error("checkpoint {} is skipped: {}", info->step, std::string(loaded.message()));
  }
  if (all.empty()) return std::nullopt;
  return Corrupt("none of the ", all.size(), " checkpoints of ", directory_.root().string(),
                 " can be loaded; the newest: ", newest_error.message());
}

void Checkpoints::RemoveOldStates() const {
  if (keep_ <= 0) return;
  const auto all = directory_.ReadCheckpoints();
  if (!all.ok()) return;
  const int old = static_cast<int>(all->size()) - keep_;
  for (int i = 0; i < old; ++i) {
    std::error_code ignored;
    std::filesystem::remove_all(StatePath(directory_, (*all)[i].step), ignored);
  }
}

}  // namespace tandem
