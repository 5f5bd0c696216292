#include "selfplay/worker/network_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

#include "engine/base/file.h"
#include "engine/base/status.h"
#include "engine/net/weights.h"

namespace tandem {
namespace {

constexpr std::size_t kNetworksKept = 10;
constexpr std::uint64_t kMaxNetworkBytes = std::uint64_t{1} << 32;
constexpr std::string_view kPartSuffix = ".part";

}  // namespace

bool NetworkCache::Has(const std::string& net_id) const {
  std::error_code error;
  return std::filesystem::is_regular_file(Path(net_id), error);
}

void NetworkCache::Remove(const std::string& net_id) const {
  std::error_code error;
  std::filesystem::remove(Path(net_id), error);
}

absl::StatusOr<std::unique_ptr<NetworkCache::Fetch>> NetworkCache::Begin(const std::string& net_id) const {
  if (const absl::Status made = MakeDirectories(directory_); !made.ok()) {
    const std::string text = absl::StrCat("cache ", directory_.string(), " can not be written: ", made.message(), "; name another --cache");
    return absl::IsResourceExhausted(made) ? absl::ResourceExhaustedError(text) : absl::PermissionDeniedError(text);
  }
  std::unique_ptr<Fetch> fetch(new Fetch(*this, net_id));
  fetch->lock_fd_ = ::open((directory_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fetch->lock_fd_ < 0) return absl::PermissionDeniedError("cache " + directory_.string() + " can not be written; name another --cache");
  if (::flock(fetch->lock_fd_, LOCK_EX | LOCK_NB) != 0) return nullptr;
  RemoveTemporaryFiles(directory_);
  std::error_code error;
  std::vector<std::filesystem::path> strangers;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != kPartSuffix) continue;
    if (name.rfind(net_id + ".", 0) == 0 && fetch->stored_id_.empty()) {
      fetch->stored_id_ = entry.path().stem().extension().string().substr(1);
      fetch->offset_ = entry.file_size(error);
    } else {
      strangers.push_back(entry.path());  // of a network that nobody asks for any more
    }
  }
  for (const auto& path : strangers) std::filesystem::remove(path, error);
  return fetch;
}

NetworkCache::Fetch::~Fetch() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

std::filesystem::path NetworkCache::Fetch::PartPath() const {
  return cache_.directory_ / (net_id_ + "." + stored_id_ + std::string(kPartSuffix));
}

void NetworkCache::Fetch::StartOver(const std::string& stored_id) {
  std::error_code error;
  if (!stored_id_.empty()) std::filesystem::remove(PartPath(), error);
  stored_id_ = stored_id;
  offset_ = 0;
}

absl::Status NetworkCache::Fetch::Add(const NetworkPart& part) {
  const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (part.net_id() != net_id_ || part.stored_id().empty() || part.stored_id().size() > 64 ||
      !std::all_of(part.stored_id().begin(), part.stored_id().end(), is_hex) || part.stored_bytes() > kMaxNetworkBytes ||
      part.raw_bytes() > kMaxNetworkBytes) {
    return Corrupt("network ", net_id_, ": the coordinator's answer makes no sense");
  }
  if (part.stored_id() != stored_id_) {
    const bool fresh = offset_ == 0;
    StartOver(part.stored_id());
    if (!fresh) return absl::OkStatus();  // it was compressed anew: these bytes do not follow ours
  }
  if (part.offset() != offset_ || part.offset() + part.data().size() > part.stored_bytes() ||
      (part.data().empty() && offset_ < part.stored_bytes())) {
    StartOver(stored_id_);
    return Corrupt("network ", net_id_, ": ", part.data().size(), " bytes at ", part.offset(), " of ", part.stored_bytes(),
                   ", expected those at ", offset_);
  }
  if (!part.data().empty()) TANDEM_RETURN_IF_ERROR(AppendFile(PartPath(), part.data()));
  offset_ += part.data().size();
  return offset_ == part.stored_bytes() ? Complete(part.raw_bytes()) : absl::OkStatus();
}

absl::Status NetworkCache::Fetch::Complete(std::uint64_t raw_bytes) {
  const auto drop = [&](absl::Status status) {
    StartOver(stored_id_);
    return status;
  };
  auto stored = ReadFile(PartPath());
  if (!stored.ok()) return drop(stored.status());
  std::string raw(raw_bytes, '\0');
  const std::size_t size = ZSTD_decompress(raw.data(), raw.size(), stored->data(), stored->size());
  if (ZSTD_isError(size) || size != raw.size() || WeightsId(raw) != net_id_) {
    return drop(Corrupt("network ", net_id_, ": what came is not what its name says"));
  }
  if (auto written = WriteFileAtomic(cache_.Path(net_id_), raw); !written.ok()) return written;
  std::error_code error;
  std::filesystem::remove(PartPath(), error);
  done_ = true;
  cache_.RemoveOld();
  return absl::OkStatus();
}

void NetworkCache::RemoveOld() const {
  std::error_code error;
  std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> networks;
  for (const auto& entry : std::filesystem::directory_iterator(directory_, error)) {
    if (entry.path().extension() != ".safetensors") continue;
    std::error_code ignored;
    networks.emplace_back(entry.last_write_time(ignored), entry.path());
  }
  std::sort(networks.begin(), networks.end());
  for (std::size_t i = 0; i + kNetworksKept < networks.size(); ++i) std::filesystem::remove(networks[i].second, error);
}

}  // namespace tandem
