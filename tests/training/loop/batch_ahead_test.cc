#include "training/loop/batch_ahead.h"

#include <gtest/gtest.h>

#include <atomic>

namespace tandem {
namespace {

absl::Status Make(std::int64_t step, TrainingBatch* batch) {
  batch->rows = static_cast<int>(step) + 1;
  return absl::OkStatus();
}

TEST(BatchAheadTest, GivesTheBatchOfEveryStepAheadOrNot) {
  for (const bool ahead : {false, true}) {
    BatchAhead batches(Make, ahead);
    for (const std::int64_t step : {4, 5, 6, 6, 6, 2, 3}) {  // steps that were skipped come again
      TrainingBatch batch;
      ASSERT_TRUE(batches.Take(step, &batch).ok());
      EXPECT_EQ(batch.rows, step + 1);
    }
  }
}

TEST(BatchAheadTest, BeginsTheNextBatchOnItsOwn) {
  std::atomic<std::int64_t> newest{-1};
  BatchAhead batches(
      [&](std::int64_t step, TrainingBatch* batch) {
        newest = step;
        newest.notify_all();
        return Make(step, batch);
      },
      /*ahead=*/true);
  TrainingBatch batch;
  ASSERT_TRUE(batches.Take(0, &batch).ok());
  newest.wait(0);
  EXPECT_EQ(newest, 1);
}

TEST(BatchAheadTest, AFailureAheadIsTriedAgain) {
  std::atomic<int> calls{0};
  BatchAhead batches(
      [&](std::int64_t step, TrainingBatch* batch) {
        return ++calls == 2 ? absl::FailedPreconditionError("the window is empty") : Make(step, batch);
      },
      /*ahead=*/true);
  for (std::int64_t step = 0; step < 3; ++step) {
    TrainingBatch batch;
    const absl::Status taken = batches.Take(step, &batch);
    ASSERT_TRUE(taken.ok()) << taken;
    EXPECT_EQ(batch.rows, step + 1);
  }
}

TEST(BatchAheadTest, AFailureOfTheStepAtHandIsReported) {
  for (const bool ahead : {false, true}) {
    BatchAhead batches([](std::int64_t, TrainingBatch*) { return absl::FailedPreconditionError("the window is empty"); }, ahead);
    TrainingBatch batch;
    EXPECT_EQ(batches.Take(0, &batch).code(), absl::StatusCode::kFailedPrecondition);
  }
}

}  // namespace
}  // namespace tandem
