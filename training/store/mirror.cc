#include "training/store/mirror.h"

#include <algorithm>
#include <utility>

#include "engine/base/file.h"
#include "engine/base/status.h"
#include "engine/net/weights.h"
#include "selfplay/record/chunk.h"
#include "training/replay/deleted_chunks.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

std::string IdOfChunk(std::string_view bytes) { return ChunkId(bytes); }
std::string IdOfNetwork(std::string_view bytes) { return WeightsId(bytes); }

// Line files name chunks and networks, so they come after them.
constexpr const char* kTexts[] = {"run.json",   "config.textproto", "serve/uploads.jsonl", "ratings.jsonl",
                                  "gate.jsonl", "metrics.jsonl",    "checkpoints.jsonl"};

}  // namespace

Mirror::Mirror(RunDirectory from, fs::path to, const Clock* clock, std::uint64_t seed)
    : from_(std::move(from)), to_(std::move(to)), clock_(clock), backoff_(kFirstRetry, kLongestRetry, Rng::Stream(seed, "mirror")) {}

absl::Status Mirror::CopyNamed(const fs::path& file, std::string (*content_id)(std::string_view), MirrorReport* report) {
  const std::string name = file.generic_string();
  const fs::path source = from_.root() / file, target = to_ / file;
  std::error_code error;
  const auto bytes = fs::file_size(source, error);
  if (error) return absl::OkStatus();  // gone meanwhile
  std::error_code absent;
  if (fs::file_size(target, absent) == bytes && !absent) {  // it has its name, so it was whole
    done_.insert(name);
    return absl::OkStatus();
  }
  auto content = ReadFile(source);
  if (absl::IsNotFound(content.status())) return absl::OkStatus();
  if (!content.ok()) return content.status();
  if (content_id(*content) != file.stem().string()) {
    broken_.insert(name);
    report->problems.push_back(absl::StrCat(source.string(), ": the content is not what the name says; it is not copied to the mirror"));
    return absl::OkStatus();
  }
  const auto time = fs::last_write_time(source, error);
  TANDEM_RETURN_IF_ERROR(WriteFileAtomic(target, *content));
  const auto back = ReadFile(target);
  if (!back.ok() || content_id(*back) != file.stem().string()) {
    fs::remove(target, absent);
    return absl::DataLossError(target.string() + ": the mirror does not give back what was written");
  }
  // The order of chunks is that of their times.
  if (!error) fs::last_write_time(target, time, absent);
  done_.insert(name);
  ++report->copied_files;
  report->copied_bytes += static_cast<std::int64_t>(content->size());
  return absl::OkStatus();
}

absl::Status Mirror::CopyFolder(const std::string& folder, const std::string& extension, std::string (*content_id)(std::string_view),
                                MirrorReport* report) {
  std::error_code error;
  std::vector<fs::path> missing;
  for (const auto& entry : fs::directory_iterator(from_.root() / folder, error)) {
    const fs::path file = fs::path(folder) / entry.path().filename();
    if (file.extension() != extension) continue;
    if (done_.count(file.generic_string()) == 0 && broken_.count(file.generic_string()) == 0) missing.push_back(file);
  }
  std::sort(missing.begin(), missing.end());
  report->waiting_files += static_cast<std::int64_t>(missing.size());
  if (!missing.empty()) TANDEM_RETURN_IF_ERROR(MakeDirectories(to_ / folder));
  for (const fs::path& file : missing) {
    TANDEM_RETURN_IF_ERROR(CopyNamed(file, content_id, report));
    --report->waiting_files;
  }
  return absl::OkStatus();
}

absl::Status Mirror::CopyText(const fs::path& file, MirrorReport* report) {
  auto content = ReadFile(from_.root() / file);
  if (!content.ok()) return absl::OkStatus();  // not there yet
  const auto there = ReadFile(to_ / file);
  if (there.ok() && *there == *content) return absl::OkStatus();
  TANDEM_RETURN_IF_ERROR(MakeDirectories((to_ / file).parent_path()));
  TANDEM_RETURN_IF_ERROR(WriteFileAtomic(to_ / file, *content));
  ++report->copied_files;
  report->copied_bytes += static_cast<std::int64_t>(content->size());
  return absl::OkStatus();
}

absl::Status Mirror::CopyDeleted(MirrorReport* report) {
  TANDEM_ASSIGN_OR_RETURN(const std::vector<DeletedChunk> deleted, ReadDeletedChunks(from_.chunks()));
  if (deleted.size() == known_deleted_) return absl::OkStatus();
  TANDEM_RETURN_IF_ERROR(MakeDirectories(to_ / "chunks"));
  TANDEM_ASSIGN_OR_RETURN(const std::vector<DeletedChunk> there, ReadDeletedChunks(to_ / "chunks"));
  std::set<std::string> listed;
  for (const DeletedChunk& chunk : there) listed.insert(chunk.id);
  std::vector<DeletedChunk> lines;
  for (const DeletedChunk& chunk : deleted) {
    std::error_code error;
    const bool has_file = std::filesystem::exists(to_ / "chunks" / (chunk.id + ".chunk"), error);
    if (!has_file && listed.count(chunk.id) == 0) lines.push_back(chunk);
  }
  if (!lines.empty()) {
    TANDEM_RETURN_IF_ERROR(RecordDeletedChunks(to_ / "chunks", lines));
    ++report->copied_files;
  }
  known_deleted_ = deleted.size();
  return absl::OkStatus();
}

MirrorReport Mirror::Pass(bool insist) {
  MirrorReport report;
  if (clock_->Now() < not_before_ && !insist) return report;
  const auto copy = [&]() -> absl::Status {
    // Texts come last. One may still name a file that was made meanwhile; readers pass over such a name until the next pass.
    TANDEM_RETURN_IF_ERROR(CopyFolder("networks", ".safetensors", IdOfNetwork, &report));
    TANDEM_RETURN_IF_ERROR(CopyFolder("chunks", ".chunk", IdOfChunk, &report));
    TANDEM_RETURN_IF_ERROR(CopyDeleted(&report));
    for (const char* file : kTexts) TANDEM_RETURN_IF_ERROR(CopyText(file, &report));
    return absl::OkStatus();
  };
  report.failure = copy();
  if (report.failure.ok()) {
    backoff_.Reset();
    not_before_ = absl::InfinitePast();
  } else {
    not_before_ = clock_->Now() + backoff_.Next();
  }
  return report;
}

}  // namespace tandem
