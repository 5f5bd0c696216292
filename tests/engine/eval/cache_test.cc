#include "engine/eval/cache.h"

#include <algorithm>
#include <limits>
#include <set>
#include <thread>

#include "engine/eval/mirror.h"
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

// Plays `count` random positions of a game, with some of their images under the symmetries.
std::vector<std::pair<std::unique_ptr<State>, std::unique_ptr<State>>> RandomImages(const Game& game, int count, std::uint64_t seed) {
  std::vector<std::pair<std::unique_ptr<State>, std::unique_ptr<State>>> images;
  Rng rng(seed);
  while (static_cast<int>(images.size()) < count) {
    const Symmetry& symmetry = game.symmetries()[rng.Below(static_cast<std::uint32_t>(game.symmetries().size()))];
    std::unique_ptr<State> state = game.NewState();
    std::unique_ptr<State> image = game.NewState();
    ActionList legal;
    for (int plies = 4 + static_cast<int>(rng.Below(12)); plies > 0 && !state->IsTerminal(); --plies) {
      state->LegalActions(legal);
      const Action action = legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))];
      // The start of some games turns into itself under half of the symmetries only.
      image->LegalActions(legal);
      if (legal.Find(symmetry.action[action]) < 0) break;
      state->Apply(action);
      image->Apply(symmetry.action[action]);
    }
    if (state->Ply() >= 4 && !state->IsTerminal()) images.emplace_back(std::move(state), std::move(image));
  }
  return images;
}

TEST(MirrorTest, AllImagesOfAPositionHaveOneKeyAndOneOrderOfMoves) {
  for (const char* spec : {"connect_four", "othello", "tic_tac_toe"}) {
    const Game& game = **FindGame(spec);
    MirrorImages images(game);
    std::set<std::pair<std::uint64_t, std::uint64_t>> keys, canonical_keys;
    for (const auto& [state, image] : RandomImages(game, 300, 3)) {
      ActionList legal, image_legal;
      state->LegalActions(legal);
      image->LegalActions(image_legal);
      std::vector<std::uint16_t> order, image_order;
      const PositionKey key = images.Canonical(*state, legal.span(), &order);
      EXPECT_EQ(key, images.Canonical(*image, image_legal.span(), &image_order)) << state->ToText() << " and " << image->ToText();
      std::vector<std::uint16_t> places = order;
      std::sort(places.begin(), places.end());
      for (std::size_t i = 0; i < places.size(); ++i) EXPECT_EQ(places[i], i);
      // Different positions keep different keys.
      canonical_keys.insert({key.low, key.high});
      keys.insert({state->Key().low, state->Key().high});
    }
    EXPECT_GT(canonical_keys.size(), keys.size() / 4);
  }
}

TEST(MirrorTest, AnImageGetsTheFirstOnesAnswerTurned) {
  const Game& game = **FindGame("connect_four");
  auto inner = NewHashEvaluator(1);
  ScriptedEvaluator& network = *inner;
  const auto evaluator = NewCachingEvaluator(std::move(inner), std::make_shared<EvalCache>(1 << 20), &game);
  Batch first, again, both;
  first.Add(After(game, {0, 1, 1, 5}));
  again.Add(After(game, {6, 5, 5, 1}));
  ASSERT_TRUE(first.Evaluate(*evaluator).ok());
  ASSERT_TRUE(again.Evaluate(*evaluator).ok());
  EXPECT_EQ(network.counters().evaluations, 1);
  EXPECT_EQ(evaluator->counters().cache_hits, 1);
  EXPECT_TRUE(Same(first.evaluations[0], again.evaluations[0]));
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(again.priors[0][i], first.priors[0][6 - i]);
  // Within one batch too.
  both.Add(After(game, {0, 0, 1}));
  both.Add(After(game, {6, 6, 5}));
  both.Add(After(game, {0, 0, 1}));
  ASSERT_TRUE(both.Evaluate(*evaluator).ok());
  EXPECT_EQ(network.counters().evaluations, 2);
  EXPECT_EQ(evaluator->counters().duplicates, 2);
  EXPECT_EQ(both.priors[2], both.priors[0]);
  for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(both.priors[1][i], both.priors[0][6 - i]);
}

TEST(MirrorTest, AnswersStayProbabilitiesOfTheRightMoves) {
  const Game& game = **FindGame("othello");
  // The prior of a move says which cell it is, as far as a symmetry can tell: its distance from the centre.
  const auto ring = [](Action action) {
    const int row = action / 8, col = action % 8;
    return 1.0f + static_cast<float>((2 * row - 7) * (2 * row - 7) + (2 * col - 7) * (2 * col - 7));
  };
  const auto evaluator = NewCachingEvaluator(std::make_unique<ScriptedEvaluator>([&](const EvalRequest& request) {
                                               for (std::size_t i = 0; i < request.legal.size(); ++i)
                                                 request.prior[i] = ring(request.legal[i]);
                                               *request.evaluation = Opinion(0);
                                             }),
                                             std::make_shared<EvalCache>(1 << 20), &game);
  for (const auto& [state, image] : RandomImages(game, 200, 5)) {
    Batch batch;
    batch.Add(state->Clone());
    batch.Add(image->Clone());
    ASSERT_TRUE(batch.Evaluate(*evaluator).ok());
    for (int k = 0; k < 2; ++k) {
      for (int i = 0; i < batch.legal[k]->size(); ++i) EXPECT_EQ(batch.priors[k][i], ring((*batch.legal[k])[i]));
    }
  }
  EXPECT_GE(evaluator->counters().cache_hits + evaluator->counters().duplicates, 200);
}

TEST_F(CachingEvaluatorTest, NeverKeepsAValueThatIsNotFinite) {
  const PositionKey key{.low = 1, .high = 2};
  const float prior[] = {1};
  float out[1];
  Evaluation evaluation;
  evaluation.win = std::numeric_limits<float>::quiet_NaN();
  cache_->Insert(key, prior, evaluation, cache_->generation());
  EXPECT_FALSE(cache_->Lookup(key, out, &evaluation));
}

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

TEST(EvalCache, AGameOfThousandsOfActionsTakesRoomForItsUsualLegalMovesOnly) {
  EXPECT_EQ(EvalCache::BytesForEntries(1 << 18, 4672), EvalCache::BytesForEntries(1 << 18, 64));
  EXPECT_LT(EvalCache::BytesForEntries(1 << 18, 4672), 100 << 20);
}

TEST(EvalCache, RefusesMorePositionsThanTheMachineHasMemoryFor) {
  EXPECT_TRUE(EvalCache::CheckEntries("search.cache_entries", 1 << 18, 4672).ok());
  const absl::Status refused = EvalCache::CheckEntries("search.cache_entries", 1'000'000'000'000, 7);
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(refused.message().find("search.cache_entries 1000000000000: expected at most "), std::string::npos) << refused;
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
