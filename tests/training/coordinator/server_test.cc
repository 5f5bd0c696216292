#include "training/coordinator/server.h"

#include <vector>

#include "engine/base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "selfplay/record/little_endian.h"
#include "selfplay/wire/frame.h"
#include "selfplay/wire/tls.h"
#include "tests/training/coordinator/hostile.h"
#include "tests/training/coordinator/test_run.h"

namespace tandem {
namespace {

using testing::HasSubstr;

class ServerTest : public testing::Test {
 protected:
  ServerTest() : run_(testing::UnitTest::GetInstance()->current_test_info()->name()) {
    run_.limits.bad_uploads_before_quarantine = 1 << 30;
    token_ = run_.NewToken("w");
  }
  void Start() {
    coordinator_ = run_.Open();
    auto server = Server::Start(options_, coordinator_.get());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  TestRun run_;
  std::string token_;
  ServerOptions options_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, WelcomesAWorkerAndTakesItsGames) {
  Start();
  RawClient client(server_->port());
  WireMessage message;
  *message.mutable_hello() = HelloWith(token_);
  client.Send(EncodeFrame(message));
  ASSERT_TRUE(client.Read().has_welcome());
  message.mutable_get_assignment();
  client.Send(EncodeFrame(message));
  const std::int64_t first = static_cast<std::int64_t>(client.Read().assignment().first_number());
  *message.mutable_put_chunk() = run_.Chunk({run_.Game(first), run_.Game(first + 1)});
  client.Send(EncodeFrame(message));
  EXPECT_EQ(client.Read().chunk_ack().verdict(), ChunkAck::STORED);
  EXPECT_EQ(run_.StoredNumbers().size(), 2u);
}

TEST_F(ServerTest, LivesOnThroughThreeThousandSessionsOfJunk) {
  options_.handshake_time = options_.frame_time = absl::Milliseconds(100);  // some of the sessions only stall
  run_.limits.heartbeat = absl::Milliseconds(100);
  Start();
  Rng rng = Rng::Stream(1, "hostile");
  for (int i = 0; i < 3000; ++i) HostileSession(server_->port(), token_, rng);
  while (!IsWelcome(server_->port(), token_)) {  // on a busy machine it may come too late once
  }
  EXPECT_TRUE(run_.StoredNumbers().empty());
}

TEST_F(ServerTest, ClosesAConnectionThatStallsInTheMiddleOfAFrame) {
  options_.handshake_time = absl::Milliseconds(30);
  Start();
  WireMessage message;
  *message.mutable_hello() = HelloWith(token_);
  RawClient stalled(server_->port());
  stalled.Send(EncodeFrame(message).substr(0, 10));
  EXPECT_EQ(stalled.ReadToTheEnd(), "") << "it is closed, without an answer";
}

TEST_F(ServerTest, ClosesASessionThatShowsNoLifeForThreeHeartbeats) {
  run_.limits.heartbeat = absl::Milliseconds(10);
  Start();
  RawClient client(server_->port());
  WireMessage message;
  *message.mutable_hello() = HelloWith(token_);
  client.Send(EncodeFrame(message));
  ASSERT_TRUE(client.Read().has_welcome());
  client.ReadToTheEnd();
  // The session's end follows the close; the destructor waits for it.
  server_.reset();
  EXPECT_EQ(coordinator_->counters().workers, 0);
}

TEST_F(ServerTest, KeepsOnlyAFewStrangersAtOnceAndWorkersGetInOnceTheyAreGone) {
  options_.max_strangers = 4;
  Start();
  std::vector<std::unique_ptr<RawClient>> strangers;
  for (int i = 0; i < 4; ++i) strangers.push_back(std::make_unique<RawClient>(server_->port()));
  RawClient fifth(server_->port());
  EXPECT_EQ(fifth.ReadToTheEnd(), "");
  strangers.clear();
  while (!IsWelcome(server_->port(), token_)) {
  }
}

TEST_F(ServerTest, AnswersTheFirstFrameThatIsNoHelloWithARefusal) {
  Start();
  RawClient client(server_->port());
  WireMessage message;
  message.mutable_get_assignment();
  client.Send(EncodeFrame(message));
  EXPECT_THAT(client.Read().refusal().text(), HasSubstr("hello"));
}

TEST_F(ServerTest, RefusesAHelloThatBringsAnythingElseInItsFrame) {
  Start();
  WireMessage hello, bye;
  *hello.mutable_hello() = HelloWith(token_);
  bye.mutable_bye();
  const std::string both = hello.SerializeAsString() + bye.SerializeAsString();
  std::string frame;
  AppendU32(static_cast<std::uint32_t>(both.size()), &frame);
  AppendU32(Crc32c(both), &frame);
  RawClient client(server_->port());
  client.Send(frame + both);
  EXPECT_EQ(client.Read().refusal().code(), Refusal::MALFORMED);
  EXPECT_EQ(client.ReadToTheEnd(), "");
  EXPECT_EQ(coordinator_->counters().workers, 0);
}

TEST_F(ServerTest, SaysThatAPortIsTakenAndThatPlainTextNeedsLoopback) {
  Start();
  ServerOptions same;
  same.port = server_->port();
  EXPECT_THAT(std::string(Server::Start(same, coordinator_.get()).status().message()), HasSubstr("port is taken"));
  ServerOptions open;
  open.host = "0.0.0.0";
  EXPECT_THAT(std::string(Server::Start(open, coordinator_.get()).status().message()), HasSubstr("loopback"));
  ServerOptions nowhere;
  nowhere.host = "no-such-host.invalid";
  EXPECT_EQ(Server::Start(nowhere, coordinator_.get()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ServerTest, StopsWhileWorkersAreConnected) {
  Start();
  RawClient client(server_->port());
  WireMessage message;
  *message.mutable_hello() = HelloWith(token_);
  client.Send(EncodeFrame(message));
  ASSERT_TRUE(client.Read().has_welcome());
  server_.reset();
  client.ReadToTheEnd();
  EXPECT_EQ(coordinator_->counters().workers, 0);
}

}  // namespace
}  // namespace tandem
