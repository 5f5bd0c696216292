// Spool: chunks of a worker on its own disk until the coordinator has acknowledged them. Games go here first and from here to the wire, so
// a worker does not care whether there is a connection, and neither its death nor the coordinator's loses a game that was finished.
//
//   SPOOL/spool.json     {"run_id": ..., "numbering": ..., "game": ...}: whose chunks these are
//   SPOOL/chunks/        waiting, oldest first
//   SPOOL/unfinished     games that the last worker had begun and could not finish in its time, as a chunk
//   SPOOL/assignment.json  what they are played with (stock.h)
//   SPOOL/refused/       what the coordinator will never take, the newest few, with the reason in ID.txt: for people
//   SPOOL/lock           held by the worker that uses it
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "selfplay/record/chunk.h"

namespace tandem {

// Thread-safe.
class Spool : public ChunkSink {
 public:
  // Takes the lock (it dies with the process). kFailedPrecondition when another worker has it, kPermissionDenied when the directory can
  // not be written, kDataLoss when spool.json is unreadable.
  static absl::StatusOr<std::unique_ptr<Spool>> Open(const std::filesystem::path& directory, std::uint64_t max_bytes);
  ~Spool() override;

  // Whose chunks lie here; empty when none does.
  std::string run_id() const;
  // From now on for this run. `numbering`: whose game numbers its games have (empty: not known). kFailedPrecondition when chunks of another
  // run wait, or of one with the same settings that gave its numbers anew.
  absl::Status Claim(const std::string& run_id, const std::string& game, const std::string& numbering = "");

  // kResourceExhausted when the spool is full: the caller keeps the games and tries again. kFailedPrecondition for games of another run.
  absl::StatusOr<std::string> Put(const ChunkHeader& header, const std::vector<GameRecord>& games) override;

  // The chunk to send next; empty when there is none. One that cannot be read is put aside.
  std::string OldestId();
  absl::StatusOr<std::string> Read(const std::string& chunk_id) const;
  void Remove(const std::string& chunk_id);
  void Refuse(const std::string& chunk_id, std::string_view reason);

  // Games that are not over. Saved ones stay until they are taken, once.
  absl::Status SaveUnfinished(const ChunkHeader& header, const std::vector<GameRecord>& games);
  // Those of this run; what cannot be read is reported and dropped.
  std::vector<GameRecord> TakeUnfinished(const std::string& run_id);

  std::filesystem::path StockPath() const { return directory_ / "assignment.json"; }

  std::int64_t num_chunks() const;
  std::uint64_t bytes() const;
  // Called, on the putting thread, after each Put.
  void SetListener(std::function<void()> listener);

 private:
  struct Entry {
    std::string id;
    std::uint64_t bytes = 0;
  };
  Spool(std::filesystem::path directory, std::uint64_t max_bytes) : directory_(std::move(directory)), max_bytes_(max_bytes) {}
  absl::Status Load();
  std::filesystem::path UnfinishedPath() const { return directory_ / "unfinished"; }
  std::filesystem::path ChunkPath(const std::string& id) const { return directory_ / "chunks" / (id + ".chunk"); }
  void Forget(const std::string& chunk_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::filesystem::path directory_;
  const std::uint64_t max_bytes_;
  int lock_fd_ = -1;
  mutable absl::Mutex mutex_;
  std::string run_id_ ABSL_GUARDED_BY(mutex_);
  std::string numbering_ ABSL_GUARDED_BY(mutex_);
  std::deque<Entry> waiting_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::function<void()> listener_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tandem
