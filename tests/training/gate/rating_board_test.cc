// Who meets whom, what counts, and which network plays.
#include "training/gate/rating_board.h"

#include <functional>
#include <map>

#include "engine/base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fresh_directory.h"
#include "tests/selfplay/record/random_record.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::SizeIs;

constexpr std::int64_t kMany = 1'000'000;  // self-play games: a rating game is always due

class RatingBoardTest : public testing::Test {
 protected:
  RatingBoardTest() : directory_(FreshDirectory(testing::UnitTest::GetInstance()->current_test_info()->name())) {
    EXPECT_TRUE(MakeDirectories(directory_.networks()).ok());
  }
  static CheckpointInfo Network(int number, bool snapshot = true) {
    return {.step = 100 * number, .net_id = std::string(31, 'a') + static_cast<char>('0' + number), .snapshot = snapshot};
  }
  std::unique_ptr<RatingBoard> Open(int num_networks, std::uint64_t seed = 1) {
    auto board = RatingBoard::Open({.directory = directory_, .config = config_, .game = game_, .clock = &clock_, .seed = seed});
    EXPECT_TRUE(board.ok()) << board.status();
    Add(**board, num_networks);
    return *std::move(board);
  }
  void Add(RatingBoard& board, int num_networks) {
    std::vector<CheckpointInfo> networks;
    for (int i = 0; i < num_networks; ++i) networks.push_back(Network(i));
    board.SetCheckpoints(networks);
  }
  // A game by the rules that begins with the job's opening and ends as the first player is told to.
  RatingGame Game(const RatingJob& job, Outcome wanted) const {
    for (std::uint64_t seed = 0;; ++seed) {
      Rng rng(seed);
      RatingGame game;
      const auto state = game_->NewState();
      for (const std::uint32_t move : job.opening()) {
        game.add_moves(move);
        state->Apply(static_cast<Action>(move));
      }
      while (!state->IsTerminal()) {
        ActionList legal;
        state->LegalActions(legal);
        const Action move = legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))];
        game.add_moves(static_cast<std::uint32_t>(move));
        state->Apply(move);
      }
      if (state->GetOutcome() == wanted) return game;
    }
  }
  // Both games won, drawn or lost by net_a.
  PutRating Result(const RatingJob& job, int sign) const {
    PutRating put;
    put.set_id(job.id());
    *put.mutable_a_first() = Game(job, static_cast<Outcome>(sign));
    *put.mutable_b_first() = Game(job, static_cast<Outcome>(-sign));
    return put;
  }

  const RunDirectory directory_;
  const tandem::Game* const game_ = &GameNamed("connect_four");
  RatingConfig config_;
  FakeClock clock_;
};

TEST_F(RatingBoardTest, HandsOutTheShareOfGamesThatTheConfigurationNames) {
  const auto board = Open(3);
  int jobs = 0;
  for (int selfplay = 0; selfplay <= 900; ++selfplay) {
    while (board->Wanted(selfplay)) {
      const RatingJob job = board->NextJob(1, "t", selfplay);
      ASSERT_TRUE(job.has_id());
      EXPECT_TRUE(board->Record("t", Result(job, 0)).ok());
      ++jobs;
    }
    EXPECT_FALSE(board->NextJob(1, "t", selfplay).has_id());
  }
  EXPECT_EQ(2 * jobs, 100) << "a tenth of 1000 games";
}

TEST_F(RatingBoardTest, HandsOutNothingWithoutAShareOrASecondNetwork) {
  EXPECT_FALSE(Open(0)->Wanted(kMany));
  EXPECT_FALSE(Open(1)->Wanted(kMany));
  config_.set_share(0);
  EXPECT_FALSE(Open(3)->Wanted(kMany));
}

TEST_F(RatingBoardTest, PrefersThePairOfWhichItKnowsLeast) {
  auto board = Open(3);
  // Networks 0 and 1 are well known to each other, 2 has never played: it must be in the next games.
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(AppendRatedPair(directory_, {.net_a = Network(1).net_id, .net_b = Network(0).net_id, .result = i % 5}).ok());
  }
  board = Open(3);
  for (std::uint64_t worker = 1; worker <= 4; ++worker) EXPECT_EQ(board->NextJob(worker, "t", kMany).net_a(), Network(2).net_id);
}

TEST_F(RatingBoardTest, SpreadsJobsOverPairsWhileNothingHasComeBack) {
  const auto board = Open(4);
  std::map<std::pair<std::string, std::string>, int> times;
  for (std::uint64_t worker = 1; worker <= 12; ++worker) {
    const RatingJob job = board->NextJob(worker, "t", kMany);
    ++times[{job.net_a(), job.net_b()}];
  }
  EXPECT_GE(times.size(), 4u);
}

TEST_F(RatingBoardTest, RatesTheWinnerHigherAndTheSameAfterARestart) {
  auto board = Open(2);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(board->Record("t", Result(board->NextJob(1, "t", kMany), 1)).ok());
  const auto before = board->Rate().value();
  EXPECT_GT(before.networks[1].rating.elo, before.networks[0].rating.elo + 100);
  EXPECT_EQ(before.networks[1].rating.games, 20);
  const auto after = Open(2)->Rate().value();
  EXPECT_EQ(after.networks[1].rating.elo, before.networks[1].rating.elo);
  EXPECT_EQ(ReadRatedPairs(directory_)->front().result, 4);
}

TEST_F(RatingBoardTest, LetsNetworksMeetTheFixedOpponentAtWorkersThatCanPlayIt) {
  config_.set_opponent("uct:sims=20");
  const auto board = Open(1);
  EXPECT_TRUE(board->Wanted(kMany)) << "one network and its opponent are two";
  EXPECT_FALSE(board->NextJob(1, "t", kMany).has_id()) << "this worker says nothing of opponents";
  EXPECT_FALSE(board->NextJob(1, "t", kMany, {"random", "uct:sims=30"}).has_id());
  for (int i = 0; i < 10; ++i) {
    const RatingJob job = board->NextJob(1, "t", kMany, {i % 2 == 0 ? "uct" : "uct:sims=20"});
    ASSERT_TRUE(job.has_id());
    EXPECT_EQ(job.net_a(), Network(0).net_id);
    EXPECT_FALSE(job.has_net_b());
    EXPECT_EQ(job.opponent(), "uct:sims=20");
    EXPECT_TRUE(board->Record("t", Result(job, -1)).ok());
  }
  const RatedPool rated = board->Rate().value();
  EXPECT_EQ(rated.opponent, "uct:sims=20");
  EXPECT_EQ(rated.opponent_rating.games, 20);
  EXPECT_GT(rated.opponent_rating.elo, rated.networks[0].rating.elo + 100);
  EXPECT_EQ(RateRun(directory_, config_)->opponent_rating.games, 0) << "no checkpoints on disk: nobody to rate against";
}

TEST_F(RatingBoardTest, GivesAWorkerThatFailedAtTheOpponentAnotherJob) {
  config_.set_opponent("gtp:cmd=gnugo");
  const auto board = Open(2);
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(board->Record("t", Result(board->NextJob(1, "t", kMany), i % 3 - 1)).ok());
  EXPECT_FALSE(board->NextJob(2, "t", kMany, {"gtp", "gtp:cmd=other"}).has_opponent()) << "allowed is what is named in full";
  const RatingJob job = board->NextJob(1, "t", kMany, {"gtp:cmd=gnugo"});
  ASSERT_TRUE(job.has_opponent()) << "of the opponent least is known";
  const RatingJob next = board->NextJob(1, "t", kMany, {"uct"});
  EXPECT_TRUE(next.has_id());
  EXPECT_TRUE(next.has_net_b());
  EXPECT_TRUE(absl::IsNotFound(board->Record("t", Result(job, 1))));
}

TEST_F(RatingBoardTest, RefusesAnOpponentThatNobodyCouldPlay) {
  for (const auto& [opponent, why] : std::map<std::string, std::string>{{"uct:sims=many", "sims=many"}, {"uct:", "expected key=value"}}) {
    config_.set_opponent(opponent);
    const auto board = RatingBoard::Open({.directory = directory_, .config = config_, .game = game_, .clock = &clock_});
    EXPECT_THAT(std::string(board.status().message()), testing::AllOf(HasSubstr("rating.opponent"), HasSubstr(why)));
  }
}

TEST_F(RatingBoardTest, CountsAJobOnceAndForItsTokenOnly) {
  const auto board = Open(2);
  const RatingJob job = board->NextJob(1, "t", kMany);
  EXPECT_EQ(board->NextJob(1, "t", kMany).id(), job.id()) << "a worker has one job at a time";
  EXPECT_TRUE(absl::IsNotFound(board->Record("another", Result(job, 1))));
  EXPECT_TRUE(board->Record("t", Result(job, 1)).ok());
  EXPECT_TRUE(absl::IsNotFound(board->Record("t", Result(job, 1))));
  EXPECT_EQ(board->num_pairs(), 1);
}

TEST_F(RatingBoardTest, GivesAJobAwayAnewWhenItsWorkerIsSilentForLong) {
  const auto board = Open(2);
  const RatingJob job = board->NextJob(1, "t", kMany);
  clock_.Advance(absl::Minutes(10));
  EXPECT_NE(board->NextJob(2, "t", kMany).id(), job.id());
  EXPECT_TRUE(absl::IsNotFound(board->Record("t", Result(job, 1)))) << "too late";
}

TEST_F(RatingBoardTest, NeverTakesAResultOfAJobBeforeARestart) {
  auto board = Open(2);
  const RatingJob job = board->NextJob(1, "t", kMany);
  board = Open(2, 2);
  board->NextJob(1, "t", kMany);
  EXPECT_TRUE(absl::IsNotFound(board->Record("t", Result(job, 1))));
}

TEST_F(RatingBoardTest, RefusesGamesThatBreakTheRulesEndEarlyOrBeginOtherwise) {
  const auto board = Open(2);
  const auto refused = [&](const std::function<void(PutRating&)>& spoil) {
    PutRating put = Result(board->NextJob(1, "t", kMany), 1);
    spoil(put);
    const absl::Status status = board->Record("t", put);
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(refused([](PutRating& put) { put.mutable_a_first()->mutable_moves()->RemoveLast(); }), HasSubstr("before the rules end it"));
  EXPECT_THAT(refused([](PutRating& put) { put.mutable_b_first()->add_moves(0); }), HasSubstr("not legal"));
  EXPECT_THAT(refused([](PutRating& put) { put.mutable_b_first()->set_moves(put.b_first().moves_size() - 1, 4'000'000'000u); }),
              HasSubstr("not legal"));
  EXPECT_THAT(refused([](PutRating& put) { put.mutable_a_first()->clear_moves(); }),
              testing::AnyOf(HasSubstr("opening"), HasSubstr("before the rules")));
  EXPECT_EQ(board->num_pairs(), 0);
}

TEST_F(RatingBoardTest, LetsTheNewestPlayWithoutAGate) {
  const auto board = Open(3);
  EXPECT_EQ(board->PlayingNetwork(), Network(2).net_id);
  Add(*board, 4);
  EXPECT_EQ(board->PlayingNetwork(), Network(3).net_id);
}

TEST_F(RatingBoardTest, WithAGateLetsANetworkPlayOnlyAfterItPassed) {
  config_.set_gate(true);
  auto board = Open(2);
  EXPECT_EQ(board->PlayingNetwork(), Network(0).net_id);
  for (int i = 0; i < 500 && board->verdicts().empty(); ++i) {
    EXPECT_EQ(board->PlayingNetwork(), Network(0).net_id);
    const RatingJob job = board->NextJob(1, "t", kMany);
    EXPECT_EQ(job.net_a(), Network(1).net_id);
    EXPECT_EQ(job.net_b(), Network(0).net_id);
    if (i == 3) {
      board = Open(2);  // a restart in the middle forgets the open job and nothing else
      continue;
    }
    EXPECT_TRUE(board->Record("t", Result(job, i % 4 == 0 ? 0 : 1)).ok());
  }
  ASSERT_THAT(board->verdicts(), SizeIs(1));
  EXPECT_TRUE(board->verdicts()[0].passed);
  EXPECT_EQ(board->PlayingNetwork(), Network(1).net_id);
  EXPECT_EQ(Open(2)->PlayingNetwork(), Network(1).net_id) << "also after a restart";
  EXPECT_EQ(Open(3)->PlayingNetwork(), Network(1).net_id) << "a later one has to pass first";
}

TEST_F(RatingBoardTest, WithAGateTurnsAWeakerNetworkDownAndLooksAtTheNewestNext) {
  config_.set_gate(true);
  const auto board = Open(2);
  RatingJob job = board->NextJob(1, "t", kMany);
  Add(*board, 4);
  for (int i = 0; i < 500 && board->verdicts().empty(); ++i) {
    EXPECT_EQ(job.net_a(), Network(1).net_id) << "whoever has begun stays until the verdict";
    EXPECT_TRUE(board->Record("t", Result(job, i % 4 == 0 ? 0 : -1)).ok());
    job = board->NextJob(1, "t", kMany);
  }
  ASSERT_THAT(board->verdicts(), SizeIs(1));
  EXPECT_FALSE(board->verdicts()[0].passed);
  EXPECT_EQ(board->PlayingNetwork(), Network(0).net_id);
  EXPECT_EQ(job.net_a(), Network(3).net_id);
}

TEST_F(RatingBoardTest, WithAGateDecidesAtTheLimitOfPairs) {
  config_.set_gate(true);
  config_.set_gate_pairs(6);
  const auto board = Open(2);
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(board->Record("t", Result(board->NextJob(1, "t", kMany), i < 3 ? 1 : -1)).ok());
  ASSERT_THAT(board->verdicts(), SizeIs(1));
}

TEST_F(RatingBoardTest, WithAGateStandsAnyResultsAtTheEndsOfTheOptionsRanges) {
  config_.set_gate(true);
  config_.set_gate_pairs(1000);
  for (const double elo0 : {-200.0, -1.0, 199.0}) {
    config_.set_gate_elo0(elo0);
    config_.set_gate_elo1(elo0 + 1);
    for (const int sign : {-1, 0, 1}) {
      fs::remove(RatingsPath(directory_));
      fs::remove(GatePath(directory_));
      const auto board = Open(2);
      for (int i = 0; i < 20; ++i) EXPECT_TRUE(board->Record("t", Result(board->NextJob(1, "t", kMany), sign)).ok());
    }
  }
}

TEST_F(RatingBoardTest, RefusesAGateWhoseBoundsAreTheWrongWayRound) {
  config_.set_gate(true);
  config_.set_gate_elo0(5);
  config_.set_gate_elo1(5);
  const auto board = RatingBoard::Open({.directory = directory_, .config = config_, .game = game_, .clock = &clock_});
  EXPECT_THAT(std::string(board.status().message()), HasSubstr("gate_elo0"));
}

TEST(ChoosePoolTest, KeepsFirstAndNewestWithinTheBoundAndEarlierChoicesWhenItGrows) {
  std::vector<CheckpointInfo> checkpoints;
  std::vector<CheckpointInfo> before;
  for (int i = 0; i < 300; ++i) {
    checkpoints.push_back({.step = i, .net_id = std::to_string(i), .snapshot = true});
    const std::vector<CheckpointInfo> pool = ChoosePool(checkpoints, 16);
    ASSERT_LE(pool.size(), 16u);
    EXPECT_EQ(pool.front().net_id, "0");
    EXPECT_EQ(pool.back().net_id, std::to_string(i));
    if (i > 40) {
      EXPECT_GE(pool.size(), 8u);
    }
  }
  EXPECT_THAT(ChoosePool({}, 16), SizeIs(0));
  EXPECT_THAT(ChoosePool({checkpoints[0], checkpoints[0]}, 16), SizeIs(1)) << "equal networks are one";
}

}  // namespace
}  // namespace tandem
