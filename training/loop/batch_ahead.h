// The next batch while the learner takes a step: drawing rows, replaying their games and turning the boards costs the processor a few
// microseconds a row, which a step on a GPU, or on processors that leave one free, need not wait for.
#pragma once

#include <cstdint>
#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "training/target/batch.h"

namespace tandem {

// Take is for one thread.
class BatchAhead {
 public:
  // `make` draws the batch of a step; with `ahead` on a thread of this object, else in Take.
  using Make = std::function<absl::Status(std::int64_t step, TrainingBatch* batch)>;
  BatchAhead(Make make, bool ahead);
  ~BatchAhead();
  BatchAhead(const BatchAhead&) = delete;

  // The batch of `step`. With `ahead` the batch of step + 1 is begun now; one that was begun for another step, or could not be made, is
  // dropped and made afresh.
  absl::Status Take(std::int64_t step, TrainingBatch* batch);

 private:
  static constexpr std::int64_t kNone = -1;
  void Serve();

  const Make make_;
  absl::Mutex mutex_;
  std::int64_t wanted_ ABSL_GUARDED_BY(mutex_) = kNone;  // being made
  std::int64_t made_ ABSL_GUARDED_BY(mutex_) = kNone;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  TrainingBatch batch_ ABSL_GUARDED_BY(mutex_);
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;
};

}  // namespace tandem
