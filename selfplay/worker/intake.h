// Intake: the way of a finished game from an actor into a sink. Games are collected into a chunk, the chunk is put into the sink, and only
// when the sink has acknowledged it are its games handed on (to the replay window): what was trained on is on disk. `tandem train` gives
// it the run's directory as its sink, a remote worker its spool.
//
// A sink that fails (a full disk) costs nothing but memory: the games wait here, the failure is reported, and the next Flush tries again.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/clock.h"
#include "selfplay/record/chunk.h"

namespace tandem {

struct IntakeCounters {
  std::int64_t games = 0;           // acknowledged by the sink
  std::int64_t refused = 0;         // acknowledged, but refused by whom they were handed on to
  std::int64_t waiting = 0;         // finished, not acknowledged yet
  std::int64_t failed_flushes = 0;  // in a row; 0 = the sink works
  std::string last_error;
};

// Thread-safe.
class Intake {
 public:
  // Gets the games of a chunk that is safe, and says how many of them it refused. May be empty.
  using StoredCallback = std::function<std::int64_t(const std::string& chunk_id, const std::vector<GameRecord>& games)>;
  // A chunk is written at `games_per_chunk` games, or `max_age` after its first game came in (InfiniteDuration: by number alone, which
  // keeps a one-thread run reproducible).
  Intake(const ChunkHeader& header, int games_per_chunk, absl::Duration max_age, ChunkSink* sink, StoredCallback on_stored,
         const Clock* clock);

  void Add(GameRecord record);
  // Writes a chunk when one is due, or whatever waits when `everything`. After a failure it waits `kRetry` before it tries again.
  void Flush(bool everything);
  // True when so many games wait for a broken sink that self-play must pause.
  bool Overfull() const;
  IntakeCounters counters() const;

  static constexpr absl::Duration kRetry = absl::Seconds(5);
  static constexpr int kMostWaitingChunks = 50;

 private:
  const ChunkHeader header_;
  const int games_per_chunk_;
  const absl::Duration max_age_;
  ChunkSink* const sink_;
  const StoredCallback on_stored_;
  const Clock* const clock_;

  absl::Mutex flush_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);  // one writer at a time; chunks keep the order of their games
  mutable absl::Mutex mutex_;
  std::vector<GameRecord> waiting_ ABSL_GUARDED_BY(mutex_);
  absl::Time oldest_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time retry_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  IntakeCounters counters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tandem
