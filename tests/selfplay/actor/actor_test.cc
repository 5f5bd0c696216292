// The actor over real searches: records that verify, the same bytes for the same seed, full batches, bounded memory, errors that cost
// nothing.
#include "selfplay/actor/actor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <set>
#include <utility>

#include "engine/base/config.h"
#include "engine/eval/cache.h"
#include "engine/eval/uniform.h"
#include "selfplay/actor/game_in_play.h"
#include "selfplay/record/chunk.h"
#include "tests/selfplay/record/random_record.h"

namespace tandem {
namespace {

RunConfig SmallRun(SearchConfig::Algorithm algorithm = SearchConfig::PUCT) {
  RunConfig config;
  config.set_game("tic_tac_toe");
  config.set_seed(17);
  config.mutable_search()->set_algorithm(algorithm);
  SelfplayConfig* selfplay = config.mutable_selfplay();
  selfplay->set_games_in_flight(8);
  selfplay->set_full_simulations(32);
  selfplay->set_cheap_simulations(8);
  return config;
}

// Uniform, and counts what it sees; fails every `fail_every`-th call, leaving rubbish in the outputs.
class WatchfulEvaluator : public Evaluator {
 public:
  explicit WatchfulEvaluator(int fail_every = 0, std::string id = "watchful") : fail_every_(fail_every), id_(std::move(id)) {}

  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    ++counters_.batches;
    counters_.requests += static_cast<std::int64_t>(batch.size());
    std::set<std::pair<std::uint64_t, std::uint64_t>> keys;
    for (const EvalRequest& request : batch) {
      const PositionKey key = request.state->Key();
      duplicates_ += !keys.insert({key.low, key.high}).second;
    }
    if (fail_every_ > 0 && counters_.batches % fail_every_ == 0) {
      for (const EvalRequest& request : batch) request.prior[0] = -1e9f;
      return absl::DataLossError("the network gave NaN");
    }
    return uniform_->Evaluate(batch);
  }
  EvalCounters counters() const override { return counters_; }
  std::string id() const override { return id_; }
  std::int64_t duplicates() const { return duplicates_; }

 private:
  const int fail_every_;
  const std::string id_;
  const std::unique_ptr<Evaluator> uniform_ = NewUniformEvaluator();
  EvalCounters counters_;
  std::int64_t duplicates_ = 0;
};

struct Played {
  std::vector<GameRecord> records;
  ActorCounters counters;
  int errors = 0;
};

// Plays `games` games to their end.
Played Play(const RunConfig& config, std::int64_t games, std::unique_ptr<Evaluator> evaluator) {
  Played played;
  std::int64_t next = 0;
  const auto actor = NewActor(
      GameNamed(config.game()), config, [&] { return next < games ? next++ : Actor::kStop; },
      [&](GameRecord record) { played.records.push_back(std::move(record)); });
  actor->SetEvaluator(std::move(evaluator));
  while (!actor->Idle()) played.errors += !actor->Step().ok();
  played.counters = actor->counters();
  return played;
}

std::string Bytes(const std::vector<GameRecord>& records) { return SerializeChunk(ChunkHeader(), records); }

// By number: the order in which games finish may differ.
std::set<std::string> Unordered(const std::vector<GameRecord>& records) {
  std::set<std::string> all;
  for (const GameRecord& record : records) all.insert(record.SerializeAsString());
  return all;
}

class EveryAlgorithm : public testing::TestWithParam<SearchConfig::Algorithm> {};

TEST_P(EveryAlgorithm, EveryRecordVerifies) {
  for (const char* game : {"tic_tac_toe", "connect_four", "othello:size=6"}) {
    RunConfig config = SmallRun(GetParam());
    config.set_game(game);
    const Played played = Play(config, 30, NewUniformEvaluator());
    ASSERT_EQ(played.records.size(), 30u);
    for (const GameRecord& record : played.records) {
      EXPECT_TRUE(VerifyRecord(record).ok()) << VerifyRecord(record) << "\n" << record.DebugString();
      EXPECT_EQ(record.net_id(), "uniform");
      EXPECT_EQ(record.end(), GameRecord::PLAYED);
    }
  }
}

TEST_P(EveryAlgorithm, TheSameSeedGivesTheSameBytes) {
  const RunConfig config = SmallRun(GetParam());
  const Played once = Play(config, 40, NewUniformEvaluator()), again = Play(config, 40, NewUniformEvaluator());
  EXPECT_EQ(Bytes(once.records), Bytes(again.records));
  RunConfig other = config;
  other.set_seed(18);
  EXPECT_NE(Bytes(Play(other, 40, NewUniformEvaluator()).records), Bytes(once.records));
}

TEST_P(EveryAlgorithm, AnEvaluatorsErrorsLeaveNoTrace) {
  const RunConfig config = SmallRun(GetParam());
  const Played failing = Play(config, 20, std::make_unique<WatchfulEvaluator>(3));
  const Played sound = Play(config, 20, std::make_unique<WatchfulEvaluator>(0));
  EXPECT_GT(failing.errors, 10);
  EXPECT_EQ(Bytes(failing.records), Bytes(sound.records));
}

TEST_P(EveryAlgorithm, FullTurnsHaveTheirShareAndTheirTargets) {
  RunConfig config = SmallRun(GetParam());
  config.set_game("connect_four");
  const Played played = Play(config, 60, NewUniformEvaluator());
  std::int64_t turns = 0, full = 0;
  for (const GameRecord& record : played.records) {
    for (const Turn& turn : record.turns()) {
      ++turns;
      full += turn.full_search();
      EXPECT_EQ(turn.full_search(), turn.visits_size() > 0);
      if (!turn.has_proven() && record.moves_size() < 30) {
        EXPECT_LE(turn.simulations(), turn.full_search() ? 32u : 8u);
      }
      double sum = 0;
      for (const std::uint32_t visits : turn.visits()) sum += visits;
      if (turn.full_search() && GetParam() == SearchConfig::GUMBEL) {
        EXPECT_NEAR(sum, 65536, 8);
      }
    }
  }
  EXPECT_EQ(played.counters.moves, turns);
  EXPECT_EQ(played.counters.full_moves, full);
  EXPECT_EQ(played.counters.games, 60);
  EXPECT_NEAR(static_cast<double>(full) / static_cast<double>(turns), 0.25, 0.05);
}

// The tree of the move before brings visits; counted, they are not made again.
TEST_P(EveryAlgorithm, KeptVisitsCountWhereTheConfigurationSaysSo) {
  RunConfig config = SmallRun(GetParam());
  config.set_game("connect_four");
  config.mutable_selfplay()->set_full_search_share(1);
  const Played anew = Play(config, 20, NewUniformEvaluator());
  config.mutable_selfplay()->set_count_kept_visits(true);
  const Played counted = Play(config, 20, NewUniformEvaluator());
  for (const GameRecord& record : counted.records) {
    ASSERT_TRUE(VerifyRecord(record).ok()) << VerifyRecord(record);
    if (GetParam() == SearchConfig::GUMBEL) continue;  // its turns hold a policy, not counts
    for (const Turn& turn : record.turns()) {
      int visits = 0;
      for (const std::uint32_t count : turn.visits()) visits += static_cast<int>(count);
      EXPECT_LE(visits, 32 + turn.visits_size() / 2);  // each is rounded
    }
  }
  const auto simulations_a_move = [](const Played& played) {
    return static_cast<double>(played.counters.simulations) / static_cast<double>(played.counters.moves);
  };
  EXPECT_LT(simulations_a_move(counted), 0.9 * simulations_a_move(anew));
}

TEST_P(EveryAlgorithm, StopsAtAProofWhenAsked) {
  RunConfig config = SmallRun(GetParam());
  config.mutable_selfplay()->set_stop_when_proven(true);
  config.mutable_selfplay()->set_full_search_share(1);
  const Played played = Play(config, 40, NewUniformEvaluator());
  int proven = 0;
  for (const GameRecord& record : played.records) {
    EXPECT_TRUE(VerifyRecord(record).ok()) << VerifyRecord(record);
    proven += record.end() == GameRecord::PROVEN;
    for (int i = 0; i + 1 < record.turns_size(); ++i) EXPECT_FALSE(record.turns(i).has_proven());
  }
  EXPECT_GT(proven, 10);
}

INSTANTIATE_TEST_SUITE_P(Actor, EveryAlgorithm, testing::Values(SearchConfig::PUCT, SearchConfig::GUMBEL),
                         [](const auto& info) { return SearchConfig::Algorithm_Name(info.param); });

TEST(ActorTest, AGameDoesNotDependOnTheOthers) {
  RunConfig config = SmallRun();
  config.mutable_search()->set_batch(1);  // one leaf a tree, however many games there are
  const Played together = Play(config, 20, NewUniformEvaluator());
  config.mutable_selfplay()->set_games_in_flight(3);
  Played few = Play(config, 20, NewUniformEvaluator());
  // Only the hash of the configuration tells them apart.
  for (GameRecord& record : few.records) record.set_config_hash(together.records[0].config_hash());
  EXPECT_EQ(Unordered(few.records), Unordered(together.records));
}

TEST(ActorTest, BatchesAreAsLargeAsTheGamesInFlightAndTheCacheRemovesDuplicates) {
  RunConfig config = SmallRun();
  config.set_game("connect_four");
  config.mutable_selfplay()->set_games_in_flight(64);
  auto watchful = std::make_unique<WatchfulEvaluator>();
  WatchfulEvaluator* const inner = watchful.get();
  std::int64_t next = 0;
  const auto actor = NewActor(
      GameNamed("connect_four"), config, [&] { return next++; }, [](GameRecord) {});
  actor->SetEvaluator(std::move(watchful));
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(actor->Step().ok());
  // Every slot has a question in every round; a game whose search is done goes on with its next one.
  EXPECT_EQ(inner->counters().requests, 200 * 64);
  EXPECT_GT(inner->duplicates(), 0);

  watchful = std::make_unique<WatchfulEvaluator>();
  WatchfulEvaluator* const cached_inner = watchful.get();
  const auto cache = std::make_shared<EvalCache>(EvalCache::BytesForEntries(1 << 14, 7));
  actor->SetEvaluator(NewCachingEvaluator(std::move(watchful), cache));
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(actor->Step().ok());
  EXPECT_EQ(cached_inner->duplicates(), 0);
  EXPECT_LT(cached_inner->counters().requests, 200 * 64);
}

TEST(ActorTest, AGameThatWasLeftGoesOnInAnotherActorAndIsAGameByTheRules) {
  RunConfig config = SmallRun();
  config.set_game("connect_four");
  config.mutable_selfplay()->set_games_in_flight(8);
  std::int64_t next = 0;
  std::vector<GameRecord> finished;
  const Actor::NextGame next_game = [&] { return next < 40 ? next++ : Actor::kStop; };
  const Actor::GameCallback on_game = [&](GameRecord record) { finished.push_back(std::move(record)); };
  // Processes that are ended after a while each; none has as many slots as the one before.
  std::vector<GameRecord> left;
  std::size_t most_left = 0;
  for (int process = 0; process < 60 && finished.size() < 40; ++process) {
    config.mutable_selfplay()->set_games_in_flight(process == 0 ? 8 : 4);
    for (GameRecord& record : left) record.set_config_hash(ConfigHash(config));  // a new number of slots is another configuration
    const auto actor = NewActor(GameNamed("connect_four"), config, next_game, on_game);
    actor->SetEvaluator(NewUniformEvaluator());
    EXPECT_EQ(actor->Resume(std::move(left)), 0);
    for (int round = 0; round < 100 && !actor->Idle(); ++round) ASSERT_TRUE(actor->Step().ok());
    left = actor->TakeUnfinished();
    most_left = std::max(most_left, left.size());
    EXPECT_TRUE(actor->Idle());
  }
  EXPECT_EQ(most_left, 8u);
  ASSERT_EQ(finished.size(), 40u);
  std::set<std::uint64_t> numbers;
  for (const GameRecord& record : finished) {
    EXPECT_TRUE(VerifyRecord(record).ok()) << VerifyRecord(record);
    numbers.insert(record.index());
  }
  EXPECT_EQ(numbers.size(), 40u) << "each number once";
}

TEST(ActorTest, DropsALeftGameThatIsNotOfThisRunOrNotAGame) {
  RunConfig config = SmallRun();
  config.set_game("connect_four");
  std::int64_t next = 0;
  const auto fresh = [&] {
    auto actor = NewActor(
        GameNamed("connect_four"), config, [&] { return next++; }, [](GameRecord) {});
    actor->SetEvaluator(NewUniformEvaluator());
    return actor;
  };
  const auto actor = fresh();
  for (int round = 0; round < 100; ++round) ASSERT_TRUE(actor->Step().ok());
  const std::vector<GameRecord> left = actor->TakeUnfinished();
  ASSERT_EQ(left.size(), 8u);
  ASSERT_GT(left[0].turns_size(), 0);
  const GameRecord good = left[0];
  const auto dropped = [&](auto change) {
    GameRecord record = good;
    change(record);
    return fresh()->Resume({record});
  };
  EXPECT_EQ(dropped([](GameRecord&) {}), 0);
  EXPECT_EQ(dropped([](GameRecord& r) { r.set_seed(r.seed() + 1); }), 1);
  EXPECT_EQ(dropped([](GameRecord& r) { r.set_game("othello"); }), 1);
  EXPECT_EQ(dropped([](GameRecord& r) { r.set_config_hash("another"); }), 1);
  EXPECT_EQ(dropped([](GameRecord& r) { r.set_moves(r.moves_size() - 1, 99); }), 1);
  EXPECT_EQ(dropped([](GameRecord& r) { r.add_moves(0); }), 1);
}

TEST(ActorTest, AThousandGamesInFlightTakeLessThanAGibibyte) {
  RunConfig config = SmallRun();
  config.set_game("connect_four");
  config.mutable_selfplay()->set_games_in_flight(1000);
  config.mutable_selfplay()->set_full_simulations(200);
  config.mutable_selfplay()->set_full_search_share(1);
  std::int64_t next = 0;
  const auto actor = NewActor(
      GameNamed("connect_four"), config, [&] { return next++; }, [](GameRecord) {});
  actor->SetEvaluator(NewUniformEvaluator());
  for (int i = 0; i < 230; ++i) ASSERT_TRUE(actor->Step().ok());
  EXPECT_GT(actor->MemoryBytes(), 1u << 20);
  EXPECT_LT(actor->MemoryBytes(), 1u << 30);
  // The bound itself, for the largest trees.
  config.mutable_selfplay()->set_full_simulations(1000000);
  EXPECT_LE(1000 * TreeMemoryBytes(GameNamed("othello").facts(), config), 768 << 20);
}

// A broken network that claims success: NaN or infinity in a value, a prior or the moves left, now and then.
class PoisonedEvaluator : public Evaluator {
 public:
  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    const absl::Status status = uniform_->Evaluate(batch);
    const EvalRequest& victim = batch[batch.size() / 2];
    switch (++calls_ % 6) {
      case 0:
        victim.evaluation->win = std::numeric_limits<float>::quiet_NaN();
        break;
      case 2:
        victim.prior.back() = std::numeric_limits<float>::infinity();
        break;
      case 4:
        victim.evaluation->moves_left = -std::numeric_limits<float>::infinity();
        break;
      default:
        break;
    }
    return status;
  }
  EvalCounters counters() const override { return uniform_->counters(); }
  std::string id() const override { return "poisoned"; }

 private:
  const std::unique_ptr<Evaluator> uniform_ = NewUniformEvaluator();
  int calls_ = 0;
};

TEST_P(EveryAlgorithm, NothingOfANetworkThatGivesNaNIsRecorded) {
  RunConfig config = SmallRun(GetParam());
  config.set_game("connect_four");
  const Played sound = Play(config, 20, NewUniformEvaluator());
  Played poisoned = Play(config, 20, std::make_unique<PoisonedEvaluator>());
  EXPECT_GT(poisoned.errors, 10);
  ASSERT_EQ(poisoned.records.size(), 20u);
  // Each bad answer was refused whole and the question asked again: but for the network's name the games are those of a sound one.
  for (GameRecord& record : poisoned.records) {
    EXPECT_TRUE(VerifyRecord(record).ok()) << VerifyRecord(record);
    record.set_net_id("uniform");
  }
  EXPECT_EQ(Bytes(poisoned.records), Bytes(sound.records));
}

std::size_t ResidentBytesNow() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * 4096;
}

TEST(ActorTest, ManyShortGamesTakeNoMoreMemoryThanAFew) {
  RunConfig config = SmallRun();
  config.mutable_selfplay()->set_games_in_flight(32);
  const auto cache = std::make_shared<EvalCache>(EvalCache::BytesForEntries(1 << 12, 9));
  const std::size_t cache_bytes = cache->capacity_bytes();
  std::int64_t next = 0, finished = 0;
  const auto actor = NewActor(
      GameNamed("tic_tac_toe"), config, [&] { return next++; }, [&](GameRecord) { ++finished; });
  actor->SetEvaluator(NewCachingEvaluator(NewUniformEvaluator(), cache));
  std::size_t most_bytes = 0;
  const auto play = [&](std::int64_t games) {
    const std::int64_t goal = finished + games;
    while (finished < goal) {
      EXPECT_TRUE(actor->Step().ok());
      most_bytes = std::max(most_bytes, actor->MemoryBytes());
    }
  };
  play(300);  // everything has been as large as it gets, many times over
  const std::size_t resident = ResidentBytesNow();
  play(2500);
  constexpr std::size_t kScratchBytes = 16 << 10;  // leaves under way of one game
  EXPECT_LE(most_bytes, 32 * (static_cast<std::size_t>(TreeMemoryBytes(GameNamed("tic_tac_toe").facts(), config)) + kScratchBytes));
  EXPECT_EQ(cache->capacity_bytes(), cache_bytes);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // which keep memory of their own
  EXPECT_LT(ResidentBytesNow(), resident + (8 << 20));
#else
  (void)resident;
#endif
}

TEST(ActorTest, RecordsWhereTheNetworkChanged) {
  RunConfig config = SmallRun();
  config.set_game("connect_four");
  config.mutable_selfplay()->set_random_opening_share(0);
  std::vector<GameRecord> records;
  std::int64_t next = 0;
  const auto actor = NewActor(
      GameNamed("connect_four"), config, [&] { return next < 8 ? next++ : Actor::kStop; },
      [&](GameRecord record) { records.push_back(std::move(record)); });
  actor->SetEvaluator(std::make_unique<WatchfulEvaluator>(0, "first"));
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(actor->Step().ok());
  actor->SetEvaluator(std::make_unique<WatchfulEvaluator>(0, "second"));
  while (!actor->Idle()) ASSERT_TRUE(actor->Step().ok());
  ASSERT_EQ(records.size(), 8u);
  for (const GameRecord& record : records) {
    EXPECT_EQ(record.net_id(), "first");
    int changes = 0;
    for (const Turn& turn : record.turns()) {
      if (turn.has_net_id()) {
        EXPECT_EQ(turn.net_id(), "second");
        ++changes;
      }
    }
    EXPECT_EQ(changes, 1);
    EXPECT_TRUE(VerifyRecord(record).ok());
  }
}

TEST(ActorTest, StepWithoutAnEvaluatorIsAnError) {
  const auto actor = NewActor(
      GameNamed("tic_tac_toe"), SmallRun(), [] { return 0; }, [](GameRecord) {});
  EXPECT_EQ(actor->Step().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tandem
