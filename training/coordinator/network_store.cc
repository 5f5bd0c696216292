#include "training/coordinator/network_store.h"

#include <zstd.h>

#include <algorithm>
#include <utility>

#include "engine/base/file.h"
#include "engine/base/status.h"
#include "selfplay/wire/frame.h"

namespace tandem {
namespace {

constexpr std::size_t kKeptInMemory = 2;   // the newest, and the one before for workers in the middle of it
constexpr int kCompressionLevel = 1;       // weights hardly compress: level 1 saves 8 %, level 9 one more at 20 times the cost
constexpr std::size_t kIdDigits = 32;

}  // namespace

CheckpointInfo NetworkStore::Newest() {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(directory_.checkpoints_path(), error);
  const std::uintmax_t bytes = error ? 0 : std::filesystem::file_size(directory_.checkpoints_path(), error);
  absl::MutexLock lock(&mutex_);
  if (error || (time == list_time_ && bytes == list_bytes_)) return newest_;
  const auto checkpoints = directory_.ReadCheckpoints();
  if (!checkpoints.ok() || checkpoints->empty()) return newest_;
  list_time_ = time;
  list_bytes_ = bytes;
  newest_ = checkpoints->back();
  steps_.clear();
  for (const CheckpointInfo& checkpoint : *checkpoints) steps_.emplace(checkpoint.net_id, checkpoint.step);
  all_ = *checkpoints;
  return newest_;
}

std::vector<CheckpointInfo> NetworkStore::All() const {
  absl::MutexLock lock(&mutex_);
  return all_;
}

std::uint64_t NetworkStore::Bytes(const std::string& net_id) const {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(directory_.network_path(net_id), error);
  return error ? 0 : static_cast<std::uint64_t>(bytes);
}

std::int64_t NetworkStore::StepOf(const std::string& net_id) const {
  absl::MutexLock lock(&mutex_);
  const auto found = steps_.find(net_id);
  return found == steps_.end() ? -1 : found->second;
}

bool NetworkStore::Has(const std::string& net_id) {
  if (!IsContentId(net_id)) return false;
  absl::MutexLock lock(&mutex_);
  if (known_.count(net_id) > 0) return true;
  std::error_code error;
  if (!std::filesystem::is_regular_file(directory_.network_path(net_id), error)) return false;
  known_.insert(net_id);
  return true;
}

absl::StatusOr<std::shared_ptr<const NetworkStore::Stored>> NetworkStore::Load(const std::string& net_id) {
  absl::MutexLock load(&load_mutex_);
  {
    absl::MutexLock lock(&mutex_);
    const auto found = std::find_if(recent_.begin(), recent_.end(), [&](const auto& stored) { return stored->net_id == net_id; });
    if (found != recent_.end()) {
      recent_.splice(recent_.begin(), recent_, found);
      return recent_.front();
    }
  }
  TANDEM_ASSIGN_OR_RETURN(const std::string raw, ReadFile(directory_.network_path(net_id)));
  auto stored = std::make_shared<Stored>();
  stored->net_id = net_id;
  stored->raw_bytes = raw.size();
  stored->data.resize(ZSTD_compressBound(raw.size()));
  const std::size_t size = ZSTD_compress(stored->data.data(), stored->data.size(), raw.data(), raw.size(), kCompressionLevel);
  if (ZSTD_isError(size)) return absl::InternalError(absl::StrCat("zstd: ", ZSTD_getErrorName(size)));
  stored->data.resize(size);
  stored->stored_id = Sha256Hex(stored->data).substr(0, kIdDigits);
  absl::MutexLock lock(&mutex_);
  recent_.push_front(stored);
  if (recent_.size() > kKeptInMemory) recent_.pop_back();
  return recent_.front();
}

absl::StatusOr<NetworkPart> NetworkStore::Part(const std::string& net_id, std::uint64_t offset) {
  if (!IsContentId(net_id)) return BadInput("network: an ill-formed id");
  if (!Has(net_id)) return absl::NotFoundError("network " + net_id + " is not of this run");
  TANDEM_ASSIGN_OR_RETURN(const auto stored, Load(net_id));
  if (offset > stored->data.size()) return BadInput("network ", net_id, ": offset ", offset, " is beyond its ", stored->data.size(), " bytes");
  NetworkPart part;
  part.set_net_id(net_id);
  part.set_stored_id(stored->stored_id);
  part.set_stored_bytes(stored->data.size());
  part.set_raw_bytes(stored->raw_bytes);
  part.set_offset(offset);
  part.set_data(stored->data.substr(offset, kPartBytes));
  return part;
}

}  // namespace tandem
