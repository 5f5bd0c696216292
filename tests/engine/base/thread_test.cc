#include "engine/base/thread.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <string>
#include <thread>

namespace tandem {
namespace {

TEST(ThreadTest, FindsAtLeastOneProcessorAndNoMoreThanTheMachineHas) {
  EXPECT_GE(AvailableProcessors(), 1);
  EXPECT_LE(AvailableProcessors(), static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(ThreadTest, ZeroAsksForAllProcessors) {
  EXPECT_EQ(ResolveThreads(0), AvailableProcessors());
  EXPECT_EQ(ResolveThreads(3), 3);
}

TEST(ThreadTest, MoreThreadsThanProcessorsGetALineAndTheirWill) {
  const int many = AvailableProcessors() + 1;
  testing::internal::CaptureStderr();
  EXPECT_EQ(ResolveThreads(many), many);
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_NE(line.find("threads " + std::to_string(many) + ": expected at most " + std::to_string(many - 1)), std::string::npos) << line;
}

TEST(ThreadTest, ThreadNamesAreCutToWhatTheSystemKeeps) {
  std::thread([] {
    SetThreadName("selfplay-thread-number-12");
    char name[32] = {};
    pthread_getname_np(pthread_self(), name, sizeof(name));
    EXPECT_EQ(std::string(name), "selfplay-thread");
  }).join();
}

}  // namespace
}  // namespace tandem
