// A sample of the positions that a game's networks are asked about: what int8 takes the ranges of its activations from, and what a
// precision must agree with fp32 on. The evaluators fill it as they play, the next network reads it; or it holds random games.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/eval/evaluator.h"

namespace tandem {

// Positions that are not terminal.
using PositionList = std::vector<std::shared_ptr<const State>>;

// The newest `capacity` of every `stride`-th position offered, of one game. With one offering thread the content follows from the offers
// alone. Thread-safe.
class PositionSample {
 public:
  explicit PositionSample(int capacity = 192, int stride = 61) : capacity_(capacity), stride_(stride) {}
  // Clones the states whose turn has come.
  void Offer(std::span<const EvalRequest> batch);
  // Oldest first; empty while fewer than `capacity` were kept.
  PositionList Positions() const;

 private:
  const std::size_t capacity_;
  const std::int64_t stride_;
  mutable absl::Mutex mutex_;
  std::int64_t offers_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t next_ ABSL_GUARDED_BY(mutex_) = 0;  // ring index of the oldest, once it is full
  PositionList ring_ ABSL_GUARDED_BY(mutex_);
};

// `count` positions along uniformly random games, always the same ones for a game; fewer, even none, when the game has no moves.
PositionList RandomPositions(const Game& game, int count);

}  // namespace tandem
