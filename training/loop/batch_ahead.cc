#include "training/loop/batch_ahead.h"

#include <utility>

#include "engine/base/thread.h"

namespace tandem {

BatchAhead::BatchAhead(Make make, bool ahead) : make_(std::move(make)) {
  if (ahead) thread_ = std::jthread([this] { Serve(); });
}

BatchAhead::~BatchAhead() {
  absl::MutexLock lock(&mutex_);
  done_ = true;  // thread_ joins after the lock is gone
}

void BatchAhead::Serve() {
  SetThreadName("batches");
  for (;;) {
    std::int64_t step = kNone;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(
          +[](BatchAhead* self) ABSL_NO_THREAD_SAFETY_ANALYSIS { return self->done_ || self->wanted_ != kNone; }, this));
      if (done_) return;
      step = wanted_;
    }
    TrainingBatch batch;
    absl::Status status = make_(step, &batch);
    absl::MutexLock lock(&mutex_);
    batch_ = std::move(batch);
    status_ = std::move(status);
    made_ = step;
    wanted_ = kNone;
  }
}

absl::Status BatchAhead::Take(std::int64_t step, TrainingBatch* batch) {
  if (!thread_.joinable()) return make_(step, batch);
  bool ready = false;
  {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](BatchAhead* self) ABSL_NO_THREAD_SAFETY_ANALYSIS { return self->wanted_ == kNone; }, this));
    ready = made_ == step && status_.ok();
    if (ready) *batch = std::move(batch_);
    made_ = kNone;
  }
  if (!ready) {
    const absl::Status status = make_(step, batch);
    if (!status.ok()) return status;
  }
  absl::MutexLock lock(&mutex_);
  wanted_ = step + 1;
  return absl::OkStatus();
}

}  // namespace tandem
