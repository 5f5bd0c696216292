// The window is a queue of immutable games with running sums of rows and surprise, so a draw is two binary searches, an eviction a pop, and
// the lock is held for pointers only: games are made before it is taken and encoded after it is released.
#include "training/replay/window.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/status.h"
#include "selfplay/record/chunk.h"
#include "training/replay/stored_game.h"

namespace tandem {
namespace {

class Window : public ReplayWindow {
 public:
  Window(const Game& game, const ReplayConfig& replay, const LearnerConfig& learner)
      : game_(game),
        config_(replay),
        root_value_share_(learner.root_value_share()),
        surprise_share_(learner.policy_surprise()),
        initial_(game.NewState()) {}

  absl::Status Add(const GameRecord& record) override {
    if (auto status = VerifyRecord(game_, record); !status.ok()) {
      return Annotate(status, absl::StrCat("game ", record.index(), " refused by the window"));
    }
    auto stored = std::make_shared<const StoredGame>(game_, record, root_value_share_);
    std::vector<std::shared_ptr<const StoredGame>> evicted;  // freed after the lock
    absl::MutexLock lock(&mutex_);
    ++total_games_;
    if (stored->num_rows() == 0) return absl::OkStatus();
    const Sums before = entries_.empty() ? begin_ : entries_.back().end;
    const Sums end{before.rows + static_cast<std::uint64_t>(stored->num_rows()), before.surprise + stored->surprise()};
    memory_bytes_ += stored->MemoryBytes();
    entries_.push_back({std::move(stored), end});
    const std::uint64_t window = static_cast<std::uint64_t>(WindowRows(config_, counted_rows_ + static_cast<std::int64_t>(end.rows)));
    while (end.rows - entries_.front().end.rows >= window) {
      begin_ = entries_.front().end;
      memory_bytes_ -= entries_.front().game->MemoryBytes();
      evicted.push_back(std::move(entries_.front().game));
      entries_.pop_front();
    }
    return absl::OkStatus();
  }

  void CountEvicted(std::int64_t games, std::int64_t rows) override {
    absl::MutexLock lock(&mutex_);
    total_games_ += games;
    counted_rows_ += rows;
  }

  std::int64_t total_rows() const override {
    absl::MutexLock lock(&mutex_);
    return counted_rows_ + static_cast<std::int64_t>(End().rows);
  }
  std::int64_t rows() const override {
    absl::MutexLock lock(&mutex_);
    return static_cast<std::int64_t>(End().rows - begin_.rows);
  }
  std::int64_t games() const override {
    absl::MutexLock lock(&mutex_);
    return total_games_;
  }
  std::size_t MemoryBytes() const override {
    absl::MutexLock lock(&mutex_);
    return memory_bytes_ + entries_.size() * sizeof(Entry);
  }

  absl::Status Sample(int size, Rng& rng, TrainingBatch* batch) const override {
    if (size <= 0) return BadInput("sample of ", size, " rows, expected at least 1");
    std::vector<Draw> draws(static_cast<std::size_t>(size));
    double age = 0;
    {
      absl::MutexLock lock(&mutex_);
      if (entries_.empty()) return absl::FailedPreconditionError("replay window: no rows to draw from yet");
      for (Draw& draw : draws) {
        draw = DrawRow(rng);
        age += static_cast<double>(End().rows - draw.number);
      }
    }
    ResizeBatch(game_.facts(), size, batch);
    batch->mean_age_rows = age / size;
    StoredGame::Scratch scratch;
    scratch.state = initial_->Clone();
    const auto& symmetries = game_.symmetries();
    for (int slot = 0; slot < size; ++slot) {
      const Symmetry& symmetry = symmetries[rng.Below(static_cast<std::uint32_t>(symmetries.size()))];
      draws[slot].game->Encode(game_, *initial_, draws[slot].row, symmetry, slot, &scratch, batch);
    }
    return absl::OkStatus();
  }

 private:
  struct Sums {
    std::uint64_t rows = 0;
    std::uint64_t surprise = 0;
  };
  struct Entry {
    std::shared_ptr<const StoredGame> game;
    Sums end;  // over all games added up to and with this one
  };
  struct Draw {
    std::shared_ptr<const StoredGame> game;
    int row = 0;
    std::uint64_t number = 0;  // of the row, among all that were added
  };

  const Sums& End() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return entries_.empty() ? begin_ : entries_.back().end; }

  // Weight (1 - s) + s kl / mean kl is a mixture: with probability s a row in proportion to kl, else a uniform one. So the mean, which
  // changes with every game, is never needed.
  Draw DrawRow(Rng& rng) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const bool by_surprise = rng.Uniform() < surprise_share_ && End().surprise > begin_.surprise;
    const auto sum = [by_surprise](const Sums& sums) { return by_surprise ? sums.surprise : sums.rows; };
    const std::uint64_t from = sum(begin_), until = sum(End());
    const std::uint64_t target = std::min(from + static_cast<std::uint64_t>(rng.Uniform() * static_cast<double>(until - from)), until - 1);
    const auto entry = std::upper_bound(entries_.begin(), entries_.end(), target,
                                        [&](std::uint64_t t, const Entry& candidate) { return t < sum(candidate.end); });
    const Sums before = entry == entries_.begin() ? begin_ : std::prev(entry)->end;
    Draw draw;
    draw.game = entry->game;
    const std::uint64_t rest = target - sum(before);
    draw.row = by_surprise ? entry->game->RowAtSurprise(rest) : static_cast<int>(rest);
    draw.number = before.rows + static_cast<std::uint64_t>(draw.row);
    return draw;
  }

  const Game& game_;
  const ReplayConfig config_;
  const double root_value_share_;
  const double surprise_share_;
  const std::unique_ptr<const State> initial_;

  mutable absl::Mutex mutex_;
  std::deque<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // oldest first
  Sums begin_ ABSL_GUARDED_BY(mutex_);                 // of the games that were evicted
  std::int64_t counted_rows_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t total_games_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t memory_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

std::int64_t WindowRows(const ReplayConfig& config, std::int64_t total_rows) {
  const double c = static_cast<double>(config.window_rows_min());
  const double alpha = config.window_exponent();
  const double n = static_cast<double>(total_rows);
  if (n <= c) return config.window_rows_min();
  return static_cast<std::int64_t>(std::llround(c * (1 + config.window_slope() * (std::pow(n / c, alpha) - 1) / alpha)));
}

std::unique_ptr<ReplayWindow> NewReplayWindow(const Game& game, const ReplayConfig& replay, const LearnerConfig& learner) {
  return std::make_unique<Window>(game, replay, learner);
}

}  // namespace tandem
