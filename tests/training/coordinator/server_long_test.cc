// A hundred thousand sessions of junk on one server.
#include "gtest/gtest.h"
#include "tests/training/coordinator/hostile.h"
#include "tests/training/coordinator/test_run.h"
#include "training/coordinator/server.h"

namespace tandem {
namespace {

TEST(ServerLongTest, LivesOnThroughAHundredThousandSessionsOfJunk) {
  TestRun run("hostile_long");
  run.limits.bad_uploads_before_quarantine = 1 << 30;
  run.limits.heartbeat = absl::Milliseconds(100);
  const std::string token = run.NewToken("w");
  const auto coordinator = run.Open();
  ServerOptions options;
  options.handshake_time = options.frame_time = absl::Milliseconds(100);  // some of the sessions only stall
  const auto server = Server::Start(options, coordinator.get());
  ASSERT_TRUE(server.ok()) << server.status();
  Rng rng = Rng::Stream(2, "hostile");
  for (int i = 1; i <= 100000; ++i) {
    HostileSession((*server)->port(), token, rng);
    if (i % 10000 != 0) continue;
    while (!IsWelcome((*server)->port(), token)) {  // on a busy machine it may come too late once
    }
  }
  EXPECT_TRUE(run.StoredNumbers().empty());
}

}  // namespace
}  // namespace tandem
