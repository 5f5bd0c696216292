#include "engine/eval/cache.h"

#include <thread>

#include "engine/eval/uniform.h"
#include "engine/game/registry.h"
#include "gtest/gtest.h"
#include "tests/toys/scripted_evaluator.h"
#include "tests/toys/toy_games.h"

namespace tandem {
namespace {

// Evaluates states in one batch and keeps the answers.
struct Batch {
  std::vector<std::unique_ptr<State>> states;
  std::vector<std::unique_ptr<ActionList>> legal;
  std::vector<std::vector<float>> priors;
  std::vector<Evaluation> evaluations;

  void Add(std::unique_ptr<State> state) {
    legal.push_back(std::make_unique<ActionList>());
    state->LegalActions(*legal.back());
    priors.emplace_back(static_cast<std::size_t>(legal.back()->size()));
    evaluations.emplace_back();
    states.push_back(std::move(state));
  }
  absl::Status Evaluate(Evaluator& evaluator) {
    std::vector<EvalRequest> requests;
    for (std::size_t i = 0; i < states.size(); ++i) {
      requests.push_back({states[i].get(), legal[i]->span(), priors[i], &evaluations[i]});
    }
    return evaluator.Evaluate(requests);
  }
};

std::unique_ptr<State> After(const Game& game, std::vector<Action> actions) {
  std::unique_ptr<State> state = game.NewState();
  for (const Action action : actions) state->Apply(action);
  return state;
}

bool Same(const Evaluation& a, const Evaluation& b) {
  return a.win == b.win && a.draw == b.draw && a.loss == b.loss && a.moves_left == b.moves_left;
}

class CachingEvaluatorTest : public testing::Test {
 protected:
  CachingEvaluatorTest() {
    auto inner = NewHashEvaluator(1);
    inner_ = inner.get();
    evaluator_ = NewCachingEvaluator(std::move(inner), cache_);
  }
  const Game& game_ = **FindGame("connect_four");
  const std::shared_ptr<EvalCache> cache_ = std::make_shared<EvalCache>(1 << 20);
  ScriptedEvaluator* inner_;
  std::unique_ptr<Evaluator> evaluator_;
};

TEST_F(CachingEvaluatorTest, AsksForAPositionOnceWhateverMovesLedToIt) {
  Batch batch;
  batch.Add(After(game_, {0, 1, 2}));
  batch.Add(After(game_, {2, 1, 0}));  // the same position
  batch.Add(After(game_, {3}));
  ASSERT_TRUE(batch.Evaluate(*evaluator_).ok());
  EXPECT_EQ(inner_->batch_sizes, std::vector<int>{2});
  EXPECT_EQ(batch.priors[0], batch.priors[1]);
  EXPECT_TRUE(Same(batch.evaluations[0], batch.evaluations[1]));

  Batch again;
  again.Add(After(game_, {2, 1, 0}));
  ASSERT_TRUE(again.Evaluate(*evaluator_).ok());
  EXPECT_EQ(inner_->batch_sizes.size(), 1u);
  EXPECT_EQ(again.priors[0], batch.priors[0]);  // bit for bit
  EXPECT_TRUE(Same(again.evaluations[0], batch.evaluations[0]));

  const EvalCounters counters = evaluator_->counters();
  EXPECT_EQ(counters.requests, 4);
  EXPECT_EQ(counters.evaluations, 2);
  EXPECT_EQ(counters.duplicates, 1);
  EXPECT_EQ(counters.cache_hits, 1);
}

TEST_F(CachingEvaluatorTest, AnswersAsTheEvaluatorInsideWould) {
  const auto plain = NewHashEvaluator(1);
  Rng rng(2);
  for (int round = 0; round < 200; ++round) {
    Batch batch;
    Batch expected;
    for (int i = 0; i < 8; ++i) {
      std::vector<Action> actions;
      for (int ply = 0; ply < 3; ++ply) actions.push_back(static_cast<Action>(rng.Below(7)));
      batch.Add(After(game_, actions));
      expected.Add(After(game_, actions));
    }
    ASSERT_TRUE(batch.Evaluate(*evaluator_).ok());
    ASSERT_TRUE(expected.Evaluate(*plain).ok());
    EXPECT_EQ(batch.priors, expected.priors);
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(Same(batch.evaluations[i], expected.evaluations[i]));
  }
  EXPECT_GT(cache_->counters().hits, 500);
}

TEST_F(CachingEvaluatorTest, HandsOnErrorsAndKeepsNothingOfThem) {
  inner_->next_error = absl::DataLossError("NaN");
  Batch batch;
  batch.Add(After(game_, {3}));
  EXPECT_EQ(batch.Evaluate(*evaluator_).code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(batch.Evaluate(*evaluator_).ok());
  EXPECT_EQ(inner_->batch_sizes, (std::vector<int>{1, 1}));
}

TEST_F(CachingEvaluatorTest, ForgetsWithTheNetwork) {
  Batch batch;
  batch.Add(After(game_, {3}));
  ASSERT_TRUE(batch.Evaluate(*evaluator_).ok());
  cache_->Clear();
  ASSERT_TRUE(batch.Evaluate(*evaluator_).ok());
  EXPECT_EQ(inner_->batch_sizes, (std::vector<int>{1, 1}));
}

TEST(EvalCache, RefusesResultsOfAnOlderGeneration) {
  EvalCache cache(1 << 16);
  const std::uint64_t old = cache.generation();
  cache.Clear();
  const std::vector<float> prior = {1};
  std::vector<float> found(1);
  Evaluation evaluation;
  cache.Insert({1, 2}, prior, evaluation, old);
  EXPECT_FALSE(cache.Lookup({1, 2}, found, &evaluation));
  cache.Insert({1, 2}, prior, evaluation, cache.generation());
  EXPECT_TRUE(cache.Lookup({1, 2}, found, &evaluation));
}

TEST(EvalCache, TellsKeysApartThatDifferInOneBit) {
  EvalCache cache(1 << 20);
  std::vector<float> prior(1);
  Evaluation evaluation;
  for (int bit = 0; bit < 64; ++bit) {
    prior[0] = static_cast<float>(bit);
    cache.Insert({std::uint64_t{1} << bit, 0}, prior, evaluation, 0);
    prior[0] = static_cast<float>(100 + bit);
    cache.Insert({0, std::uint64_t{1} << bit}, prior, evaluation, 0);
  }
  for (int bit = 0; bit < 64; ++bit) {
    ASSERT_TRUE(cache.Lookup({std::uint64_t{1} << bit, 0}, prior, &evaluation));
    EXPECT_EQ(prior[0], static_cast<float>(bit));
    ASSERT_TRUE(cache.Lookup({0, std::uint64_t{1} << bit}, prior, &evaluation));
    EXPECT_EQ(prior[0], static_cast<float>(100 + bit));
  }
}

// Records of all sizes run over the ring many times; what is found must be what was put in.
TEST(EvalCache, StaysWithinItsBytesAndNeverMixesRecordsUp) {
  for (const std::size_t bytes : {std::size_t{4096}, std::size_t{50000}, std::size_t{1} << 20}) {
    EvalCache cache(bytes);
    EXPECT_LE(cache.capacity_bytes(), bytes);
    EXPECT_GT(cache.capacity_bytes(), bytes * 9 / 10);
    Rng rng(bytes);
    int found = 0;
    for (int i = 0; i < 100'000; ++i) {
      const std::uint64_t id = rng.Below(20000);
      const std::size_t size = Mix64(id) % 80;
      std::vector<float> prior(size);
      Evaluation evaluation;
      if (cache.Lookup({id, ~id}, prior, &evaluation)) {
        ++found;
        ASSERT_EQ(evaluation.win, static_cast<float>(id));
        for (std::size_t p = 0; p < size; ++p) ASSERT_EQ(prior[p], static_cast<float>(id + p));
      } else {
        for (std::size_t p = 0; p < size; ++p) prior[p] = static_cast<float>(id + p);
        evaluation.win = static_cast<float>(id);
        cache.Insert({id, ~id}, prior, evaluation, 0);
      }
    }
    EXPECT_GT(found, bytes > 100'000 ? 10'000 : 10);
  }
}

TEST(EvalCache, HoldsAboutAsManyPositionsAsPromised) {
  EvalCache cache(EvalCache::BytesForEntries(10000, 7));
  const std::vector<float> prior(7, 1.0f / 7);
  std::vector<float> found(7);
  Evaluation evaluation;
  for (std::uint64_t i = 0; i < 10000; ++i) cache.Insert({i, 1}, prior, evaluation, 0);
  int count = 0;
  for (std::uint64_t i = 0; i < 10000; ++i) count += cache.Lookup({i, 1}, found, &evaluation);
  EXPECT_GT(count, 6000);
}

TEST(EvalCache, KeepsNothingWithoutMemory) {
  EvalCache cache(0);
  std::vector<float> prior = {1};
  Evaluation evaluation;
  cache.Insert({1, 1}, prior, evaluation, cache.generation());
  EXPECT_FALSE(cache.Lookup({1, 1}, prior, &evaluation));
  EXPECT_EQ(cache.capacity_bytes(), 0u);
}

TEST(EvalCache, IsSharedByThreads) {
  EvalCache cache(1 << 16);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache, t] {
      Rng rng(static_cast<std::uint64_t>(t));
      std::vector<float> prior(7);
      Evaluation evaluation;
      for (int i = 0; i < 20000; ++i) {
        const std::uint64_t id = rng.Below(500);
        if (cache.Lookup({id, 0}, prior, &evaluation)) {
          ASSERT_EQ(prior[6], static_cast<float>(id));
        } else {
          std::fill(prior.begin(), prior.end(), static_cast<float>(id));
          cache.Insert({id, 0}, prior, evaluation, cache.generation());
        }
        if (i % 5000 == 4999) cache.Clear();
      }
    });
  }
}

}  // namespace
}  // namespace tandem
