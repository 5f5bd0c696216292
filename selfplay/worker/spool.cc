#include "selfplay/worker/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/log.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr std::size_t kRefusedKept = 20;  // files, the reasons included

void RemoveOldest(const std::filesystem::path& directory, std::size_t kept) {
  std::error_code error;
  std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    std::error_code ignored;
    files.emplace_back(entry.last_write_time(ignored), entry.path());
  }
  std::sort(files.begin(), files.end());
  for (std::size_t i = 0; i + kept < files.size(); ++i) std::filesystem::remove(files[i].second, error);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Spool>> Spool::Open(const std::filesystem::path& directory, std::uint64_t max_bytes) {
  std::unique_ptr<Spool> spool(new Spool(directory, max_bytes));
  if (const absl::Status made = MakeDirectories(directory / "chunks"); !made.ok()) {
    const std::string text = absl::StrCat("spool ", directory.string(), " can not be written: ", made.message(), "; name another --spool");
    return absl::IsResourceExhausted(made) ? absl::ResourceExhaustedError(text) : absl::PermissionDeniedError(text);
  }
  const std::filesystem::path lock = directory / "lock";
  spool->lock_fd_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (spool->lock_fd_ < 0) return absl::PermissionDeniedError("spool " + directory.string() + " can not be written; name another --spool");
  if (::flock(spool->lock_fd_, LOCK_EX | LOCK_NB) != 0) {
    return absl::FailedPreconditionError("spool " + directory.string() + " is in use by another worker; name another --spool");
  }
  TANDEM_RETURN_IF_ERROR(spool->Load());
  return spool;
}

Spool::~Spool() {
  if (lock_fd_ >= 0) ::close(lock_fd_);
}

absl::Status Spool::Load() {
  RemoveTemporaryFiles(directory_);
  RemoveTemporaryFiles(directory_ / "chunks");
  absl::MutexLock lock(&mutex_);
  const std::filesystem::path path = directory_ / "spool.json";
  auto text = ReadFile(path, 1 << 16);
  if (text.ok()) {
    TANDEM_ASSIGN_OR_RETURN(const boost::json::value json, ParseJson(*text, path.string()));
    if (!json.is_object()) return Corrupt(path.string(), ": expected a JSON object");
    TANDEM_ASSIGN_OR_RETURN(run_id_, JsonString(json.get_object(), "run_id"));
    if (json.get_object().contains("numbering")) {  // absent in spools of earlier programs
      TANDEM_ASSIGN_OR_RETURN(numbering_, JsonString(json.get_object(), "numbering"));
    }
  } else if (!absl::IsNotFound(text.status())) {
    return text.status();
  }
  TANDEM_ASSIGN_OR_RETURN(const auto chunks, ListChunks(directory_ / "chunks"));
  for (const std::filesystem::path& chunk : chunks) {
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(chunk, error);
    if (error) continue;
    waiting_.push_back({chunk.stem().string(), size});
    bytes_ += size;
  }
  return absl::OkStatus();
}

std::string Spool::run_id() const {
  absl::MutexLock lock(&mutex_);
  return waiting_.empty() ? "" : run_id_;
}

absl::Status Spool::Claim(const std::string& run_id, const std::string& game, const std::string& numbering) {
  absl::MutexLock lock(&mutex_);
  const bool same_run = run_id == run_id_;
  const bool same = same_run && (numbering == numbering_ || numbering.empty() || numbering_.empty());
  if (same && (numbering == numbering_ || numbering.empty())) return absl::OkStatus();
  if (!same && !waiting_.empty()) {
    const std::string whose = same_run ? absl::StrCat("of an earlier run with the same settings (", run_id, ") and other game numbers")
                                       : absl::StrCat("of run ", run_id_, ", the coordinator's run is ", run_id);
    return absl::FailedPreconditionError(absl::StrCat("spool ", directory_.string(), " holds ", waiting_.size(), " chunks ", whose,
                                                      "; deliver them to their coordinator, or name another --spool"));
  }
  const boost::json::object json{{"run_id", run_id}, {"numbering", numbering}, {"game", game}};
  TANDEM_RETURN_IF_ERROR(WriteFileAtomic(directory_ / "spool.json", JsonPage(json)));
  std::error_code ignored;
  if (!same) std::filesystem::remove(UnfinishedPath(), ignored);
  run_id_ = run_id;
  numbering_ = numbering;
  return absl::OkStatus();
}

absl::StatusOr<std::string> Spool::Put(const ChunkHeader& header, const std::vector<GameRecord>& games) {
  const std::string content = SerializeChunk(header, games);
  const std::string id = ChunkId(content);
  std::function<void()> listener;
  {
    absl::MutexLock lock(&mutex_);
    if (header.has_run_id() && !run_id_.empty() && header.run_id() != run_id_) {
      return absl::FailedPreconditionError(
          absl::StrCat("games of run ", header.run_id(), ", the coordinator's run is ", run_id_, " by now"));
    }
    if (bytes_ + content.size() > max_bytes_) {
      return absl::ResourceExhaustedError(
          absl::StrCat("spool ", directory_.string(), " is full: ", waiting_.size(), " chunks, ", bytes_, " of ", max_bytes_, " bytes"));
    }
    TANDEM_RETURN_IF_ERROR(WriteFileAtomic(ChunkPath(id), content));
    waiting_.push_back({id, content.size()});
    bytes_ += content.size();
    listener = listener_;
  }
  if (listener) listener();
  return id;
}

std::string Spool::OldestId() {
  absl::MutexLock lock(&mutex_);
  return waiting_.empty() ? "" : waiting_.front().id;
}

absl::StatusOr<std::string> Spool::Read(const std::string& chunk_id) const {
  TANDEM_ASSIGN_OR_RETURN(std::string content, ReadFile(ChunkPath(chunk_id)));
  if (ChunkId(content) != chunk_id) return Corrupt("chunk ", chunk_id, " was damaged on this worker's disk");
  return content;
}

void Spool::Forget(const std::string& chunk_id) {
  const auto entry = std::find_if(waiting_.begin(), waiting_.end(), [&](const Entry& e) { return e.id == chunk_id; });
  if (entry == waiting_.end()) return;
  bytes_ -= entry->bytes;
  waiting_.erase(entry);
}

void Spool::Remove(const std::string& chunk_id) {
  absl::MutexLock lock(&mutex_);
  std::error_code error;
  std::filesystem::remove(ChunkPath(chunk_id), error);
  if (error) Log().warn("chunk {} stays in the spool and will be sent again: {}", chunk_id, error.message());
  Forget(chunk_id);
}

void Spool::Refuse(const std::string& chunk_id, std::string_view reason) {
  Log().error("chunk {} was refused: {}", chunk_id, reason);
  absl::MutexLock lock(&mutex_);
  const std::filesystem::path aside = directory_ / "refused";
  std::error_code error;
  std::filesystem::create_directories(aside, error);
  std::filesystem::rename(ChunkPath(chunk_id), aside / (chunk_id + ".chunk"), error);
  if (error) std::filesystem::remove(ChunkPath(chunk_id), error);
  const absl::Status noted = WriteFileAtomic(aside / (chunk_id + ".txt"), absl::StrCat(std::string(reason), "\n"));
  if (!noted.ok()) Log().warn("{}", std::string(noted.message()));
  RemoveOldest(aside, kRefusedKept);
  Forget(chunk_id);
}

absl::Status Spool::SaveUnfinished(const ChunkHeader& header, const std::vector<GameRecord>& games) {
  return WriteFileAtomic(UnfinishedPath(), SerializeChunk(header, games));
}

std::vector<GameRecord> Spool::TakeUnfinished(const std::string& run_id) {
  const auto content = ReadFile(UnfinishedPath());
  if (!content.ok()) return {};
  // Gone before the first one is played on: whatever dies, none is finished twice.
  std::error_code error;
  std::filesystem::remove(UnfinishedPath(), error);
  if (error) {
    Log().warn("{}: {}; the games in it are not played on", UnfinishedPath().string(), error.message());
    return {};
  }
  auto chunk = ParseChunk(*content);
  if (!chunk.ok()) {
    Log().warn("{}: {}; unfinished games are lost", UnfinishedPath().string(), std::string(chunk.status().message()));
    return {};
  }
  for (const std::string& problem : chunk->problems) Log().warn("{}: {}", UnfinishedPath().string(), problem);
  if (chunk->header.run_id() != run_id) return {};
  return std::move(chunk->games);
}

std::int64_t Spool::num_chunks() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<std::int64_t>(waiting_.size());
}

std::uint64_t Spool::bytes() const {
  absl::MutexLock lock(&mutex_);
  return bytes_;
}

void Spool::SetListener(std::function<void()> listener) {
  absl::MutexLock lock(&mutex_);
  listener_ = std::move(listener);
}

}  // namespace tandem
