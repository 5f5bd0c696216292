#include "training/coordinator/chunk_store.h"

#include <algorithm>
#include <utility>

#include "engine/base/file.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "selfplay/record/chunk.h"
#include "training/replay/deleted_chunks.h"

namespace tandem {
namespace {

std::int64_t NumberOf(const GameRecord& game) { return static_cast<std::int64_t>(game.index()); }

}  // namespace

absl::StatusOr<std::unique_ptr<ChunkStore>> ChunkStore::Open(const std::filesystem::path& directory) {
  std::unique_ptr<ChunkStore> store(new ChunkStore(directory));
  TANDEM_RETURN_IF_ERROR(store->ReadDirectory());
  return store;
}

absl::Status ChunkStore::ReadDirectory() {
  TANDEM_RETURN_IF_ERROR(MakeDirectories(directory_));
  TANDEM_ASSIGN_OR_RETURN(const auto paths, ListChunks(directory_));
  TANDEM_ASSIGN_OR_RETURN(const std::vector<DeletedChunk> deleted, ReadDeletedChunks(directory_));
  absl::MutexLock lock(&mutex_);
  for (const DeletedChunk& chunk : deleted) {
    ids_.insert(chunk.id);
    stock_.rows += chunk.rows;
    stock_.games += chunk.games;
    for (const auto& [begin, end] : chunk.numbers) {
      for (std::int64_t number = begin; number < end; ++number) numbers_.Insert(number);
      stock_.next_number = std::max(stock_.next_number, end);
    }
  }
  for (const std::filesystem::path& path : paths) {
    if (ids_.count(path.stem().string()) > 0) continue;  // on its way out
    const auto bytes = ReadFile(path);
    const auto chunk = bytes.ok() ? ParseChunk(*bytes) : bytes.status();
    if (!chunk.ok()) {
      Log().error("{}: {}", path.string(), std::string(chunk.status().message()));
      continue;
    }
    ids_.insert(path.stem().string());
    stock_.rows += chunk->header.num_full_turns();
    for (const GameRecord& game : chunk->games) {
      stock_.games += numbers_.Insert(NumberOf(game)) ? 1 : 0;
      stock_.next_number = std::max(stock_.next_number, NumberOf(game) + 1);
    }
  }
  return absl::OkStatus();
}

bool ChunkStore::Contains(const std::string& chunk_id) const {
  absl::MutexLock lock(&mutex_);
  return ids_.count(chunk_id) > 0;
}

absl::StatusOr<bool> ChunkStore::Store(const std::string& chunk_id, const std::string& bytes, const std::vector<GameRecord>& games) {
  TANDEM_ASSIGN_OR_RETURN(const bool is_new, Reserve(chunk_id, games));
  if (!is_new) return false;
  const absl::Status written = WriteFileAtomic(directory_ / (chunk_id + ".chunk"), bytes);
  Settle(chunk_id, games, written.ok());
  TANDEM_RETURN_IF_ERROR(written);
  return true;
}

absl::StatusOr<bool> ChunkStore::Reserve(const std::string& chunk_id, const std::vector<GameRecord>& games) {
  absl::MutexLock lock(&mutex_);
  const auto nobody_writes_it = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return written_ids_.count(chunk_id) == 0 &&
           std::none_of(games.begin(), games.end(), [this](const auto& game) { return written_numbers_.count(NumberOf(game)) > 0; });
  };
  mutex_.Await(absl::Condition(&nobody_writes_it));
  if (ids_.count(chunk_id) > 0) return false;
  for (const GameRecord& game : games) {
    if (numbers_.Contains(NumberOf(game))) {
      return absl::AlreadyExistsError(absl::StrCat("game ", game.index(), " came before, in another chunk"));
    }
  }
  written_ids_.insert(chunk_id);
  for (const GameRecord& game : games) written_numbers_.insert(NumberOf(game));
  return true;
}

void ChunkStore::Settle(const std::string& chunk_id, const std::vector<GameRecord>& games, bool stored) {
  absl::MutexLock lock(&mutex_);
  written_ids_.erase(chunk_id);
  for (const GameRecord& game : games) written_numbers_.erase(NumberOf(game));
  if (!stored) return;
  ids_.insert(chunk_id);
  for (const GameRecord& game : games) numbers_.Insert(NumberOf(game));
}

}  // namespace tandem
