// Hand-overs between threads that are right, by every lock we use. They pass
// anyway; under --config=tsan they show that ThreadSanitizer understands the
// locks of absl (third_party/tsan_abseil.cc), std and Asio. A plain int that is
// counted up by both threads is what would be reported.

#include <gtest/gtest.h>

#include <boost/asio.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

namespace {

constexpr int kRounds = 1000;

TEST(LocksTest, AbslMutexOrders) {
  absl::Mutex mutex;
  int count = 0;
  auto count_up = [&] {
    for (int i = 0; i < kRounds; ++i) {
      absl::MutexLock lock(&mutex);
      ++count;
    }
  };
  std::thread other(count_up);
  count_up();
  other.join();
  EXPECT_EQ(count, 2 * kRounds);
}

TEST(LocksTest, AbslReaderLockOrders) {
  absl::Mutex mutex;
  int count = 0;
  std::thread reader([&] {
    for (int i = 0; i < kRounds; ++i) {
      absl::ReaderMutexLock lock(&mutex);
      EXPECT_GE(count, 0);
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    absl::WriterMutexLock lock(&mutex);
    ++count;
  }
  reader.join();
}

TEST(LocksTest, AbslConditionsOrder) {
  absl::Mutex mutex;
  int count = 0;
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      auto is_my_turn = [&] { return count == 2 * i + 1; };
      absl::MutexLock lock(&mutex);
      ASSERT_TRUE(mutex.AwaitWithTimeout(absl::Condition(&is_my_turn), absl::InfiniteDuration()));
      ++count;
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    auto is_my_turn = [&] { return count == 2 * i; };
    mutex.LockWhen(absl::Condition(&is_my_turn));
    ++count;
    mutex.Unlock();
  }
  other.join();
  EXPECT_EQ(count, 2 * kRounds);
}

TEST(LocksTest, AbslCondVarOrders) {
  absl::Mutex mutex;
  absl::CondVar changed;
  int count = 0;
  std::thread other([&] {
    absl::MutexLock lock(&mutex);
    while (count == 0) changed.Wait(&mutex);
    ++count;
  });
  {
    absl::MutexLock lock(&mutex);
    ++count;
    changed.Signal();
  }
  other.join();
  EXPECT_EQ(count, 2);
}

TEST(LocksTest, AbslNotificationOrders) {
  absl::Notification asked, answered;
  int count = 0;
  std::thread other([&] {
    asked.WaitForNotification();
    ++count;
    answered.Notify();
  });
  ++count;
  asked.Notify();
  while (!answered.HasBeenNotified()) std::this_thread::yield();
  ++count;
  other.join();
  EXPECT_EQ(count, 3);
}

TEST(LocksTest, AbslBlockingCounterOrders) {
  absl::BlockingCounter remaining(1);
  int count = 0;
  std::thread other([&] {
    ++count;
    remaining.DecrementCount();
  });
  remaining.Wait();
  ++count;
  other.join();
  EXPECT_EQ(count, 2);
}

TEST(LocksTest, StdConditionVariableOrders) {
  std::mutex mutex;
  std::condition_variable changed;
  int count = 0;
  std::thread other([&] {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return count == 1; });
    ++count;
  });
  {
    std::lock_guard lock(mutex);
    ++count;
    changed.notify_one();
  }
  other.join();
  EXPECT_EQ(count, 2);
}

TEST(LocksTest, AsioStrandOrders) {
  boost::asio::thread_pool pool(2);
  auto strand = boost::asio::make_strand(pool);
  int count = 0;
  for (int i = 0; i < kRounds; ++i) boost::asio::post(strand, [&] { ++count; });
  pool.join();
  EXPECT_EQ(count, kRounds);
}

}  // namespace
