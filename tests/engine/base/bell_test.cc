#include "engine/base/bell.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace tandem {
namespace {

TEST(BellTest, ARingBetweenTheLookAndTheWaitIsNotMissed) {
  Bell bell;
  const std::uint64_t rings = bell.rings();
  bell.Ring();
  bell.Wait(rings, absl::Hours(1));
  EXPECT_EQ(bell.rings(), rings + 1);
}

TEST(BellTest, EndsAllWaits) {
  Bell bell;
  std::vector<std::jthread> waiters;
  const std::uint64_t rings = bell.rings();
  for (int i = 0; i < 4; ++i) waiters.emplace_back([&] { bell.Wait(rings, absl::Hours(1)); });
  bell.Ring();
}

TEST(BellTest, ATimeThatIsUpEndsAWaitWithoutARing) {
  Bell bell;
  bell.Wait(bell.rings(), absl::Milliseconds(1));
  bell.Wait(bell.rings(), -absl::Seconds(1));
  EXPECT_EQ(bell.rings(), 0u);
}

}  // namespace
}  // namespace tandem
