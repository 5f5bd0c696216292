// Rating jobs through the coordinator, and how the news of a network spreads.
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/selfplay/record/random_record.h"
#include "tests/training/coordinator/test_run.h"

namespace tandem {
namespace {

using testing::HasSubstr;

class RatingTest : public testing::Test {
 protected:
  RatingTest() : run_(testing::UnitTest::GetInstance()->current_test_info()->name()), token_(run_.NewToken("w")) {}

  std::uint64_t Enter(std::uint32_t version = 2) {
    Hello hello = HelloWith(token_);
    hello.set_max_version(version);
    const auto admission = coordinator_->Admit(hello, "test");
    first_news_ = admission.reply.welcome().news();
    return admission.worker;
  }
  News Beat(std::uint64_t worker) {
    WireMessage request;
    request.mutable_heartbeat();
    return coordinator_->Answer(worker, request).news();
  }
  RatingJob Job(std::uint64_t worker) {
    WireMessage request;
    request.mutable_get_rating_job();
    const WireMessage reply = coordinator_->Answer(worker, request);
    EXPECT_TRUE(reply.has_rating_job()) << reply.ShortDebugString();
    return reply.rating_job();
  }
  RatingAck Deliver(std::uint64_t worker, const PutRating& put) {
    WireMessage request;
    *request.mutable_put_rating() = put;
    return coordinator_->Answer(worker, request).rating_ack();
  }
  void PlayGames(std::uint64_t worker, int count) {
    const std::int64_t first = TakeNumbers(*coordinator_, worker);
    std::vector<GameRecord> games;
    for (int i = 0; i < count; ++i) games.push_back(run_.Game(first + i));
    EXPECT_EQ(Put(*coordinator_, worker, run_.Chunk(games)).verdict(), ChunkAck::STORED);
  }
  // Fills the board as the rules demand, without a thought.
  RatingGame Game(const RatingJob& job) const {
    RatingGame game;
    const auto state = GameNamed("tic_tac_toe").NewState();
    const auto play = [&](Action move) {
      game.add_moves(static_cast<std::uint32_t>(move));
      state->Apply(move);
    };
    for (const std::uint32_t move : job.opening()) play(static_cast<Action>(move));
    while (!state->IsTerminal()) {
      ActionList legal;
      state->LegalActions(legal);
      play(legal[0]);
    }
    return game;
  }
  PutRating Result(const RatingJob& job) const {
    PutRating put;
    put.set_id(job.id());
    *put.mutable_a_first() = *put.mutable_b_first() = Game(job);
    return put;
  }

  TestRun run_;
  const std::string token_;
  std::unique_ptr<Coordinator> coordinator_;
  News first_news_;
};

TEST_F(RatingTest, AsksForRatingGamesWhenTheyAreDueAndStoresTheirResults) {
  run_.AddNetwork("the second", 10);
  coordinator_ = run_.Open();
  const std::uint64_t worker = Enter();
  EXPECT_FALSE(Beat(worker).rating()) << "nothing was played yet";
  EXPECT_FALSE(Job(worker).has_id());
  PlayGames(worker, 18);
  EXPECT_TRUE(Beat(worker).rating());
  const RatingJob job = Job(worker);
  ASSERT_TRUE(job.has_id());
  EXPECT_TRUE(coordinator_
                  ->Answer(worker,
                           [&] {
                             WireMessage request;
                             request.mutable_get_network()->set_net_id(job.net_b());
                             return request;
                           }())
                  .has_network_part());
  const RatingAck ack = Deliver(worker, Result(job));
  EXPECT_TRUE(ack.counted()) << ack.reason();
  EXPECT_FALSE(ack.news().rating()) << "2 of 20 games is a tenth";
  EXPECT_EQ(coordinator_->counters().rating_games, 2);
  EXPECT_EQ(ReadRatedPairs(run_.directory)->size(), 1u);
  EXPECT_THAT(coordinator_->Table(), HasSubstr("\"rating_games\": 2"));
  EXPECT_EQ(coordinator_->counters().run_games, 18) << "nobody trains on rating games";
}

TEST_F(RatingTest, AsksNoRatingGamesOfAWorkerThatDoesNotKnowThem) {
  run_.AddNetwork("the second", 10);
  coordinator_ = run_.Open();
  const std::uint64_t old_worker = Enter(1), new_worker = Enter(2);
  PlayGames(new_worker, 40);
  EXPECT_FALSE(Beat(old_worker).rating());
  EXPECT_TRUE(Beat(new_worker).rating());
}

TEST_F(RatingTest, PutsATokenThatSendsImpossibleRatingGamesIntoQuarantine) {
  run_.AddNetwork("the second", 10);
  coordinator_ = run_.Open();
  const std::uint64_t worker = Enter();
  PlayGames(worker, 1000);
  for (int i = 0; i < run_.limits.bad_uploads_before_quarantine; ++i) {
    PutRating put = Result(Job(worker));
    put.mutable_a_first()->mutable_moves()->RemoveLast();
    const RatingAck ack = Deliver(worker, put);
    EXPECT_FALSE(ack.counted());
    EXPECT_THAT(ack.reason(), HasSubstr("before the rules end it"));
  }
  WireMessage request;
  request.mutable_heartbeat();
  EXPECT_EQ(coordinator_->Answer(worker, request).refusal().code(), Refusal::QUARANTINE);
}

TEST_F(RatingTest, WithAGateTellsWorkersOfANetworkOnlyAfterItPassed) {
  run_.config.mutable_rating()->set_gate(true);
  run_.config.mutable_rating()->set_gate_pairs(1);
  run_.config.mutable_rating()->set_gate_elo0(-100);  // a win for each side passes
  run_.config.mutable_rating()->set_gate_elo1(-1);
  coordinator_ = run_.Open();
  const std::uint64_t worker = Enter();
  const std::string newer = run_.AddNetwork("the second", 10);
  PlayGames(worker, 100);
  EXPECT_EQ(Beat(worker).net_id(), run_.net_id);
  EXPECT_TRUE(Deliver(worker, Result(Job(worker))).counted());
  EXPECT_EQ(Beat(worker).net_id(), newer);
}

TEST_F(RatingTest, NotesWhoBroughtAChunk) {
  coordinator_ = run_.Open();
  PlayGames(Enter(), 7);
  const auto lines = ReadJsonLines(run_.directory.serve() / "uploads.jsonl");
  ASSERT_TRUE(lines.ok());
  ASSERT_EQ(lines->objects.size(), 1u);
  EXPECT_EQ(JsonString(lines->objects[0], "name").value(), "w");
  EXPECT_EQ(JsonInteger(lines->objects[0], "games").value(), 7);
}

TEST_F(RatingTest, TellsManyWorkersOfANetworkNoFasterThanItCanBeSentToThem) {
  constexpr int kWorkers = 200;
  constexpr std::size_t kBytes = 1000;
  run_.limits.max_sessions_per_token = kWorkers;
  run_.limits.network_bytes_per_second = 10 * kBytes;
  run_.limits.network_burst_bytes = 20 * kBytes;
  coordinator_ = run_.Open();
  std::vector<std::uint64_t> workers;
  for (int i = 0; i < kWorkers; ++i) workers.push_back(Enter());  // the first network has few bytes
  const std::string newer = run_.AddNetwork(std::string(kBytes, 'x'), 10);
  int told = 0, seconds = 0;
  std::vector<bool> knows(kWorkers, false);
  for (; told < kWorkers && seconds < 100; ++seconds) {
    int now = 0;
    for (int i = 0; i < kWorkers; ++i) {
      const std::string net_id = Beat(workers[i]).net_id();
      EXPECT_TRUE(net_id == newer || net_id == run_.net_id) << "meanwhile they play on with the old one";
      EXPECT_TRUE(net_id == newer || !knows[i]) << "once told, always told";
      if (knows[i] || net_id != newer) continue;
      knows[i] = true;
      ++now;
    }
    EXPECT_LE(now, seconds == 0 ? 21 : 11);
    told += now;
    run_.clock.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(told, kWorkers);
  EXPECT_NEAR(seconds, 1 + (kWorkers - 20) / 10, 2);
}

TEST_F(RatingTest, TellsALoneWorkerAtOnce) {
  coordinator_ = run_.Open();
  const std::uint64_t worker = Enter();
  EXPECT_EQ(first_news_.net_id(), run_.net_id);
  const std::string newer = run_.AddNetwork("the second", 10);
  EXPECT_EQ(Beat(worker).net_id(), newer);
}

}  // namespace
}  // namespace tandem
