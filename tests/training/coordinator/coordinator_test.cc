#include "training/coordinator/coordinator.h"

#include <limits>
#include <numeric>

#include "engine/base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/training/coordinator/test_run.h"

namespace tandem {
namespace {

using testing::HasSubstr;

class CoordinatorTest : public testing::Test {
 protected:
  CoordinatorTest()
      : run_(testing::UnitTest::GetInstance()->current_test_info()->name()), coordinator_(run_.Open()), token_(run_.NewToken("w")) {
    worker_ = Enter();
    first_ = TakeNumbers(*coordinator_, worker_);
  }
  std::uint64_t Enter() { return coordinator_->Admit(HelloWith(token_), "test").worker; }
  std::vector<GameRecord> Games(std::int64_t from, std::int64_t to) const {
    std::vector<GameRecord> games;
    for (std::int64_t number = from; number < to; ++number) games.push_back(run_.Game(number));
    return games;
  }
  // The reason for which a chunk with this one game is refused; empty when it is taken.
  std::string Refusal(const GameRecord& game) {
    const ChunkAck ack = Put(*coordinator_, worker_, run_.Chunk({game}));
    return ack.verdict() == ChunkAck::REFUSED ? ack.reason() : "";
  }

  TestRun run_;
  std::unique_ptr<Coordinator> coordinator_;
  std::string token_;
  std::uint64_t worker_ = 0;
  std::int64_t first_ = 0;
};

TEST_F(CoordinatorTest, StoresAChunkAcknowledgesItAndTellsTheNewestNetwork) {
  const ChunkAck ack = Put(*coordinator_, worker_, run_.Chunk(Games(first_, first_ + 10)));
  EXPECT_EQ(ack.verdict(), ChunkAck::STORED) << ack.reason();
  EXPECT_EQ(ack.news().net_id(), run_.net_id);
  const std::string newer = run_.AddNetwork("a better one", 100);
  EXPECT_EQ(Put(*coordinator_, worker_, run_.Chunk(Games(first_ + 10, first_ + 12))).news().net_id(), newer);
  EXPECT_EQ(run_.StoredNumbers().size(), 12u);
  EXPECT_EQ(coordinator_->counters().run_games, 12);
}

TEST_F(CoordinatorTest, AcknowledgesAChunkThatComesAgainAndStoresItOnceAlsoAfterARestart) {
  const PutChunk chunk = run_.Chunk(Games(first_, first_ + 5));
  EXPECT_EQ(Put(*coordinator_, worker_, chunk).verdict(), ChunkAck::STORED);
  EXPECT_EQ(Put(*coordinator_, worker_, chunk).verdict(), ChunkAck::ALREADY);
  coordinator_ = run_.Open();
  worker_ = Enter();
  EXPECT_EQ(Put(*coordinator_, worker_, chunk).verdict(), ChunkAck::ALREADY);
  EXPECT_EQ(run_.StoredNumbers().size(), 5u);
}

TEST_F(CoordinatorTest, RefusesAGameThatCameBeforeInAnotherChunkAlsoAfterARestart) {
  Put(*coordinator_, worker_, run_.Chunk(Games(first_, first_ + 5)));
  const PutChunk overlap = run_.Chunk(Games(first_ + 4, first_ + 6));
  EXPECT_THAT(Put(*coordinator_, worker_, overlap).reason(), HasSubstr("came before"));
  coordinator_ = run_.Open();
  worker_ = Enter();
  EXPECT_EQ(Put(*coordinator_, worker_, overlap).verdict(), ChunkAck::REFUSED);
  EXPECT_EQ(run_.StoredNumbers().size(), 5u);
}

TEST_F(CoordinatorTest, NeverGivesANumberTwiceWhateverIsRestarted) {
  const std::int64_t second = TakeNumbers(*coordinator_, worker_);
  EXPECT_GE(second, first_ + run_.limits.numbers_per_assignment);
  coordinator_ = run_.Open();
  EXPECT_GE(TakeNumbers(*coordinator_, Enter()), second + run_.limits.numbers_per_assignment);
  std::filesystem::remove(run_.directory.serve() / "numbers.json");
  Put(*coordinator_, Enter(), run_.Chunk(Games(second + 7, second + 8)));
  coordinator_ = run_.Open();
  EXPECT_GE(TakeNumbers(*coordinator_, Enter()), second + 8) << "not below the games that are there";
}

TEST_F(CoordinatorTest, StoresGamesOfItsOwnProcessBesideThoseOfWorkersWithNumbersOfOneLedger) {
  const std::int64_t theirs = TakeNumbers(*coordinator_, worker_);
  const auto ours = coordinator_->TakeNumbers(1000);
  ASSERT_TRUE(ours.ok()) << ours.status();
  EXPECT_GE(*ours, theirs + run_.limits.numbers_per_assignment);
  EXPECT_EQ(TakeNumbers(*coordinator_, worker_), *ours + 1000);
  ChunkHeader header;
  header.set_run_id("run-a");
  const auto stored = coordinator_->Put(header, {run_.Game(*ours), run_.Game(*ours + 1)});
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_EQ(Put(*coordinator_, worker_, run_.Chunk({run_.Game(theirs)})).verdict(), ChunkAck::STORED);
  EXPECT_EQ(Put(*coordinator_, worker_, run_.Chunk({run_.Game(*ours)})).verdict(), ChunkAck::REFUSED) << "a worker with our number";
  EXPECT_EQ(coordinator_->Put(header, {run_.Game(theirs), run_.Game(*ours + 2)}).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(coordinator_->counters().games, 3);
  EXPECT_EQ(run_.StoredNumbers(), (std::vector<std::int64_t>{theirs, *ours, *ours + 1}));
}

TEST_F(CoordinatorTest, TellsWorkersWhoseNumbersItGivesTheSameThroughRestartsAndAnotherForAnotherRun) {
  const auto numbering = [&] { return run_.Open()->Admit(HelloWith(token_), "test").reply.welcome().numbering(); };
  const std::string first = numbering();
  EXPECT_EQ(first.size(), 16u);
  EXPECT_EQ(numbering(), first);
  std::filesystem::remove(run_.directory.serve() / "numbers.json");
  EXPECT_NE(numbering(), first);
  // A file of an earlier program has none: it gets one and keeps its numbers.
  ASSERT_TRUE(WriteFileAtomic(run_.directory.serve() / "numbers.json", "{\"next_number\": 77}").ok());
  const std::string later = numbering();
  EXPECT_EQ(later.size(), 16u);
  EXPECT_EQ(numbering(), later);
  EXPECT_EQ(NumbersGiven(run_.directory.serve() / "numbers.json").value(), 77);
}

TEST_F(CoordinatorTest, SaysRetryWhenTheDiskTakesNothingAndStoresTheChunkLater) {
  std::filesystem::remove_all(run_.directory.chunks());
  ASSERT_TRUE(WriteFileAtomic(run_.directory.chunks(), "in the way").ok());
  const PutChunk chunk = run_.Chunk(Games(first_, first_ + 3));
  const ChunkAck failed = Put(*coordinator_, worker_, chunk);
  EXPECT_EQ(failed.verdict(), ChunkAck::RETRY);
  EXPECT_GT(failed.retry_after_seconds(), 0);
  std::filesystem::remove(run_.directory.chunks());
  ASSERT_TRUE(MakeDirectories(run_.directory.chunks()).ok());
  EXPECT_EQ(Put(*coordinator_, worker_, chunk).verdict(), ChunkAck::STORED);
}

TEST_F(CoordinatorTest, RefusesGamesThatBreakTheRulesOrAreNotOfThisRunWithTheReason) {
  GameRecord game = run_.Game(first_);
  game.set_moves(game.moves_size() - 1, game.moves(0));
  EXPECT_THAT(Refusal(game), HasSubstr("not legal"));

  game = run_.Game(first_);
  game.set_result(game.result() == 1 ? -1 : 1);
  EXPECT_THAT(Refusal(game), HasSubstr("result"));

  game = run_.Game(first_);
  game.set_seed(99);
  EXPECT_THAT(Refusal(game), HasSubstr("seed"));

  game = run_.Game(first_ + run_.limits.numbers_per_assignment);
  EXPECT_THAT(Refusal(game), HasSubstr("never given"));
}

TEST_F(CoordinatorTest, RefusesUnknownNetworksImpossibleVisitsAndNumbersThatAreNone) {
  GameRecord game = run_.Game(first_);
  game.set_net_id("0123456789abcdef0123456789abcdef");
  EXPECT_THAT(Refusal(game), HasSubstr("network"));
  game.set_net_id("../../serve/server.key");
  EXPECT_THAT(Refusal(game), HasSubstr("ill-formed"));

  game = run_.Game(first_);
  game.mutable_turns(0)->set_simulations(1001);
  EXPECT_THAT(Refusal(game), HasSubstr("1001 simulations"));

  game = run_.Game(first_);
  Turn* turn = game.mutable_turns(0);
  turn->set_full_search(true);
  turn->clear_visits();
  turn->clear_visit_actions();
  turn->add_visit_actions(game.moves(static_cast<int>(game.opening_plies())));
  turn->add_visits(1500);
  EXPECT_THAT(Refusal(game), HasSubstr("1500 visits"));
}

TEST_F(CoordinatorTest, RefusesNotANumber) {
  GameRecord game = run_.Game(first_);
  game.mutable_turns(0)->set_root_value(std::numeric_limits<float>::quiet_NaN());
  EXPECT_THAT(Refusal(game), HasSubstr("root value"));
}

TEST_F(CoordinatorTest, TakesAChunkWholeOrNotAtAll) {
  std::vector<GameRecord> games = Games(first_, first_ + 10);
  games[9].set_result(games[9].result() == 1 ? -1 : 1);
  EXPECT_EQ(Put(*coordinator_, worker_, run_.Chunk(games)).verdict(), ChunkAck::REFUSED);
  EXPECT_TRUE(run_.StoredNumbers().empty());
  games.pop_back();
  EXPECT_EQ(Put(*coordinator_, worker_, run_.Chunk(games)).verdict(), ChunkAck::STORED);
}

TEST_F(CoordinatorTest, RefusesAChunkThatIsNotWhatItsNameSaysOrOfAnotherRun) {
  PutChunk chunk = run_.Chunk(Games(first_, first_ + 1));
  chunk.mutable_data()->back() ^= 1;
  EXPECT_EQ(Put(*coordinator_, worker_, chunk).verdict(), ChunkAck::REFUSED);
  chunk.set_chunk_id("../../x");
  EXPECT_EQ(Put(*coordinator_, worker_, chunk).verdict(), ChunkAck::REFUSED);
  ChunkHeader header;
  header.set_run_id("run-b");
  header.set_game("tic_tac_toe");
  chunk.set_data(SerializeChunk(header, Games(first_, first_ + 1)));
  chunk.set_chunk_id(ChunkId(chunk.data()));
  EXPECT_THAT(Put(*coordinator_, worker_, chunk).reason(), HasSubstr("another run"));
}

TEST_F(CoordinatorTest, PutsATokenThatKeepsSendingBadChunksIntoQuarantineAndLetsItBackLater) {
  GameRecord bad = run_.Game(first_);
  bad.set_result(bad.result() == 1 ? -1 : 1);
  for (int i = 0; i < run_.limits.bad_uploads_before_quarantine; ++i) EXPECT_NE(Refusal(bad), "");
  WireMessage request;
  request.mutable_heartbeat();
  EXPECT_EQ(coordinator_->Answer(worker_, request).refusal().code(), Refusal::QUARANTINE);
  const auto again = coordinator_->Admit(HelloWith(token_), "test");
  EXPECT_EQ(again.reply.refusal().code(), Refusal::QUARANTINE);
  EXPECT_TRUE(again.reply.refusal().has_retry_after_seconds());
  EXPECT_NE(coordinator_->Admit(HelloWith(run_.NewToken("other")), "test").worker, 0u) << "others are not touched";
  run_.clock.Advance(run_.limits.quarantine);
  EXPECT_NE(Enter(), 0u);
}

TEST_F(CoordinatorTest, LetsNobodyInWithoutAGoodTokenAndSaysWhatToDo) {
  for (const std::string& token : {std::string(), std::string("tandem_x"), token_.substr(1), token_ + "0"}) {
    const auto admission = coordinator_->Admit(HelloWith(token), "test");
    EXPECT_EQ(admission.worker, 0u);
    EXPECT_EQ(admission.reply.refusal().code(), Refusal::TOKEN);
    EXPECT_FALSE(admission.reply.refusal().has_retry_after_seconds()) << "waiting does not help";
  }
  run_.clock.Advance(absl::Hours(25));
  EXPECT_THAT(coordinator_->Admit(HelloWith(token_), "test").reply.refusal().text(), HasSubstr("expired"));
}

TEST_F(CoordinatorTest, EndsASessionWhoseTokenIsRevoked) {
  ASSERT_TRUE(TokenStore(run_.directory.serve(), &run_.clock).Revoke("w").ok());
  WireMessage request;
  request.mutable_heartbeat();
  EXPECT_THAT(coordinator_->Answer(worker_, request).refusal().text(), HasSubstr("revoked"));
}

TEST_F(CoordinatorTest, RefusesAnotherVersionGameOrRunInOneClearLine) {
  Hello hello = HelloWith(token_);
  hello.set_min_version(50);
  hello.set_max_version(60);
  EXPECT_THAT(coordinator_->Admit(hello, "test").reply.refusal().text(), HasSubstr("50 to 60"));
  hello = HelloWith(token_);
  hello.set_game("othello");
  EXPECT_EQ(coordinator_->Admit(hello, "test").reply.refusal().code(), Refusal::GAME);
  hello = HelloWith(token_);
  hello.set_run_id("run-b");
  EXPECT_THAT(coordinator_->Admit(hello, "test").reply.refusal().text(), HasSubstr("--spool"));
  hello.set_run_id("run-a");
  EXPECT_NE(coordinator_->Admit(hello, "test").worker, 0u);
}

TEST_F(CoordinatorTest, BoundsTheSessionsOfOneToken) {
  for (int i = 1; i < run_.limits.max_sessions_per_token; ++i) EXPECT_NE(Enter(), 0u);
  EXPECT_EQ(coordinator_->Admit(HelloWith(token_), "test").reply.refusal().code(), Refusal::BUSY);
  coordinator_->Leave(worker_);
  EXPECT_NE(Enter(), 0u);
}

TEST_F(CoordinatorTest, MakesASenderBeyondItsRateWait) {
  EXPECT_EQ(coordinator_->Throttle(worker_, static_cast<std::size_t>(run_.limits.burst_bytes)), absl::ZeroDuration());
  EXPECT_NEAR(absl::ToDoubleSeconds(coordinator_->Throttle(worker_, static_cast<std::size_t>(run_.limits.bytes_per_second))), 1, 1e-6);
  run_.clock.Advance(absl::Seconds(10));
  EXPECT_EQ(coordinator_->Throttle(worker_, 1000), absl::ZeroDuration());
}

TEST_F(CoordinatorTest, GivesNetworksInPartsThatMakeTheWholeAndNothingElseOfTheDisk) {
  std::string content(3 * NetworkStore::kPartBytes, '\0');
  Rng rng(3);
  for (char& c : content) c = static_cast<char>(rng());
  const std::string id = run_.AddNetwork(content, 7);
  std::string stored;
  for (;;) {
    WireMessage request;
    request.mutable_get_network()->set_net_id(id);
    request.mutable_get_network()->set_offset(stored.size());
    const WireMessage reply = coordinator_->Answer(worker_, request);
    ASSERT_TRUE(reply.has_network_part());
    stored += reply.network_part().data();
    if (stored.size() == reply.network_part().stored_bytes()) break;
  }
  EXPECT_GE(stored.size(), content.size());
  WireMessage request;
  request.mutable_get_network()->set_net_id("../serve/tokens");
  EXPECT_EQ(coordinator_->Answer(worker_, request).refusal().code(), Refusal::MALFORMED);
}

TEST_F(CoordinatorTest, AsksWorkersToPauseWhenTheLearnerIsFarBehindAndOnlyThen) {
  EXPECT_FALSE(Put(*coordinator_, worker_, run_.Chunk(Games(first_, first_ + 1))).news().pause());
  run_.config.mutable_replay()->set_min_rows(5);
  run_.config.mutable_learner()->set_batch_size(1);
  run_.config.mutable_learner()->set_checkpoint_steps(1);
  coordinator_ = run_.Open();
  worker_ = Enter();
  EXPECT_TRUE(Put(*coordinator_, worker_, run_.Chunk(Games(first_ + 1, first_ + 20))).news().pause());
  run_.AddNetwork("after many steps", 1000000);
  EXPECT_FALSE(Put(*coordinator_, worker_, run_.Chunk(Games(first_ + 20, first_ + 21))).news().pause());
}

TEST_F(CoordinatorTest, AnswersEveryMessageOfAWorkerAndNeverCrashes) {
  for (int field = 1; field <= 18; ++field) {
    WireMessage request;
    const auto* descriptor = WireMessage::descriptor()->FindFieldByNumber(field);
    ASSERT_NE(descriptor, nullptr);
    request.GetReflection()->MutableMessage(&request, descriptor);
    const WireMessage reply = coordinator_->Answer(worker_, request);
    EXPECT_NE(reply.body_case(), WireMessage::BODY_NOT_SET) << descriptor->name();
  }
  EXPECT_TRUE(coordinator_->Answer(12345, WireMessage()).has_refusal());
}

}  // namespace
}  // namespace tandem
