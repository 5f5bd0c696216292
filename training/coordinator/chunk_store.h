// ChunkStore: RUN/chunks as the coordinator fills it: each chunk once, each game number in one chunk, nothing acknowledged that is not on
// the disk.
//
// Several chunks are written at a time, each by the thread that brought it: a file system flushes many files at the price of one when they
// are flushed at once (ext4: those that wait for the journal share its next commit), so the disk's patience bounds the rate of chunks only
// for who brings them one by one. Ids and numbers of a chunk are reserved while it is written. Who brings them again meanwhile waits for the
// outcome: there, or free for another try.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "proto/record.pb.h"
#include "training/coordinator/game_numbers.h"

namespace tandem {

// Thread-safe.
class ChunkStore {
 public:
  // What lies there at the start, deleted chunks included.
  struct Stock {
    std::int64_t games = 0;
    std::int64_t rows = 0;
    std::int64_t next_number = 0;  // above all of the games'
  };

  // Makes the directory where there is none and reads its chunks. kDataLoss when the list of deleted chunks is unreadable; broken chunks are
  // logged and left alone.
  static absl::StatusOr<std::unique_ptr<ChunkStore>> Open(const std::filesystem::path& directory);

  const Stock& stock() const { return stock_; }
  bool Contains(const std::string& chunk_id) const;
  // True when the chunk is on stable storage now, false when it was before. kAlreadyExists when one of its games is there in another chunk;
  // else the disk's errors, after which the chunk is not acknowledged and may be stored again. Takes as long as the disk.
  absl::StatusOr<bool> Store(const std::string& chunk_id, const std::string& bytes, const std::vector<GameRecord>& games);

 private:
  explicit ChunkStore(std::filesystem::path directory) : directory_(std::move(directory)) {}
  absl::Status ReadDirectory();
  // False: the chunk is there.
  absl::StatusOr<bool> Reserve(const std::string& chunk_id, const std::vector<GameRecord>& games);
  void Settle(const std::string& chunk_id, const std::vector<GameRecord>& games, bool stored);

  const std::filesystem::path directory_;
  Stock stock_;
  mutable absl::Mutex mutex_;
  std::set<std::string> ids_ ABSL_GUARDED_BY(mutex_);
  NumberSet numbers_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> written_ids_ ABSL_GUARDED_BY(mutex_);  // of chunks that are being written
  std::set<std::int64_t> written_numbers_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tandem
