#include "selfplay/worker/intake.h"

#include <algorithm>
#include <utility>

#include "engine/base/log.h"

namespace tandem {

Intake::Intake(const ChunkHeader& header, int games_per_chunk, absl::Duration max_age, ChunkSink* sink, StoredCallback on_stored,
               const Clock* clock)
    : header_(header), games_per_chunk_(games_per_chunk), max_age_(max_age), sink_(sink), on_stored_(std::move(on_stored)), clock_(clock) {}

void Intake::Add(GameRecord record) {
  absl::MutexLock lock(&mutex_);
  if (waiting_.empty()) oldest_ = clock_->Now();
  waiting_.push_back(std::move(record));
  counters_.waiting = static_cast<std::int64_t>(waiting_.size());
}

void Intake::Flush(bool everything) {
  absl::MutexLock writer(&flush_mutex_);
  for (;;) {
    std::vector<GameRecord> games;
    {
      absl::MutexLock lock(&mutex_);
      const absl::Time now = clock_->Now();
      const int size = static_cast<int>(waiting_.size());
      const bool due = size >= games_per_chunk_ || (size > 0 && (everything || now - oldest_ >= max_age_));
      if (!due || (now < retry_at_ && !everything)) return;
      const int taken = std::min(size, games_per_chunk_);
      games.assign(waiting_.begin(), waiting_.begin() + taken);
    }
    const auto id = sink_->Put(header_, games);
    if (!id.ok()) {
      absl::MutexLock lock(&mutex_);
      ++counters_.failed_flushes;
      counters_.last_error = std::string(id.status().message());
      retry_at_ = clock_->Now() + kRetry;
      Log().warn("{} games wait, a chunk could not be stored (attempt {}): {}", waiting_.size(), counters_.failed_flushes,
                 counters_.last_error);
      return;
    }
    const std::int64_t refused = on_stored_ ? on_stored_(*id, games) : 0;
    absl::MutexLock lock(&mutex_);
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(games.size()));
    oldest_ = waiting_.empty() ? absl::InfiniteFuture() : clock_->Now();
    counters_.games += static_cast<std::int64_t>(games.size());
    counters_.refused += refused;
    counters_.waiting = static_cast<std::int64_t>(waiting_.size());
    counters_.failed_flushes = 0;
    counters_.last_error.clear();
  }
}

bool Intake::Overfull() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<std::int64_t>(waiting_.size()) > std::int64_t{kMostWaitingChunks} * games_per_chunk_;
}

IntakeCounters Intake::counters() const {
  absl::MutexLock lock(&mutex_);
  return counters_;
}

}  // namespace tandem
