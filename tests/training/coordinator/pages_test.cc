#include "training/coordinator/pages.h"

#include "engine/base/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/training/coordinator/test_run.h"

namespace tandem {
namespace {

using testing::HasSubstr;
using testing::Not;

class PagesTest : public testing::Test {
 protected:
  PagesTest() : run_(testing::UnitTest::GetInstance()->current_test_info()->name()), coordinator_(run_.Open()) {
    auto server = Server::Start(ServerOptions(), coordinator_.get());
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    pages_ = CoordinatorPages(coordinator_.get(), server_.get(), &Clock::Real());
    worker_ = coordinator_->Admit(HelloWith(run_.NewToken("w")), "test").worker;
  }
  std::string Metrics() const { return pages_.at("/metrics")().body; }

  TestRun run_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<Server> server_;
  HttpPages pages_;
  std::uint64_t worker_ = 0;
};

TEST_F(PagesTest, CountsUploadsByVerdict) {
  const std::int64_t first = TakeNumbers(*coordinator_, worker_);
  const PutChunk chunk = run_.Chunk({run_.Game(first), run_.Game(first + 1)});
  Put(*coordinator_, worker_, chunk);
  Put(*coordinator_, worker_, chunk);
  GameRecord bad = run_.Game(first + 2);
  bad.set_seed(99);
  Put(*coordinator_, worker_, run_.Chunk({bad}));
  EXPECT_THAT(Metrics(), HasSubstr("\ntandem_serve_games_total 2\n"));
  EXPECT_THAT(Metrics(), HasSubstr("\ntandem_serve_chunks_total{verdict=\"stored\"} 1\n"));
  EXPECT_THAT(Metrics(), HasSubstr("\ntandem_serve_chunks_total{verdict=\"already\"} 1\n"));
  EXPECT_THAT(Metrics(), HasSubstr("\ntandem_serve_chunks_total{verdict=\"refused\"} 1\n"));
  EXPECT_THAT(Metrics(), HasSubstr("\ntandem_run_games_total 2\n"));
}

TEST_F(PagesTest, SaysHowFarTheNetworksOfGamesAndWorkersAreBehind) {
  const std::int64_t first = TakeNumbers(*coordinator_, worker_);
  WireMessage request;
  request.mutable_heartbeat()->set_net_id(run_.net_id);
  request.mutable_heartbeat()->set_positions_per_second(12.5);
  const GameRecord old = run_.Game(first);
  run_.AddNetwork("a newer one", 700);
  coordinator_->Answer(worker_, request);
  Put(*coordinator_, worker_, run_.Chunk({old}));
  EXPECT_THAT(Metrics(), HasSubstr("\ntandem_run_network_step 700\n"));
  EXPECT_THAT(Metrics(), HasSubstr("tandem_worker_steps_behind{worker=\"1\",name=\"test\"} 700\n"));
  EXPECT_THAT(Metrics(), HasSubstr("\ntandem_serve_stale_steps_total 700\n"));
  EXPECT_THAT(Metrics(), HasSubstr("tandem_worker_positions_per_second{worker=\"1\",name=\"test\"} 12.5\n"));
}

TEST_F(PagesTest, ForgetsTheNumbersOfAWorkerThatIsGoneButNotItsRow) {
  EXPECT_THAT(Metrics(), HasSubstr("\ntandem_serve_workers 1\n"));
  coordinator_->Leave(worker_);
  EXPECT_THAT(Metrics(), HasSubstr("\ntandem_serve_workers 0\n"));
  EXPECT_THAT(Metrics(), Not(HasSubstr("tandem_worker_silent_seconds")));
  const auto table = ParseJson(pages_.at("/workers")().body, "table");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_FALSE(table->as_array().at(0).at("connected").as_bool());
}

TEST_F(PagesTest, IsWellWhileTheServerTurns) {
  const HttpReply reply = pages_.at("/healthz")();
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "{\"status\":\"ok\",\"workers\":1}\n");
}

}  // namespace
}  // namespace tandem
