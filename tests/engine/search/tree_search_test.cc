// What every TreeSearch promises: budgets, bytes, reuse, determinism, recovery.
#include "engine/search/tree_search.h"

#include <tuple>

#include "engine/eval/uniform.h"
#include "engine/game/registry.h"
#include "gtest/gtest.h"
#include "tests/engine/search/search_driver.h"
#include "tests/toys/scripted_evaluator.h"

namespace tandem {
namespace {

class TreeSearches : public testing::TestWithParam<SearchConfig::Algorithm> {
 protected:
  SearchConfig Config() const {
    SearchConfig config;
    config.set_algorithm(GetParam());
    return config;
  }
  const Game& game_ = **FindGame("connect_four");
};

TEST_P(TreeSearches, MakeExactlyTheSimulationsTheyAreGiven) {
  for (const int batch : {1, 2, 3, 8, 17, 64}) {
    for (const std::int64_t simulations : {1, 2, 7, 100, 1000}) {
      const auto search = NewTreeSearch(game_, Config());
      const auto evaluator = NewHashEvaluator(1);
      const SearchResult result = RunSearch(*search, *evaluator, *game_.NewState(), Simulations(simulations, batch));
      EXPECT_EQ(result.simulations, simulations);
      EXPECT_EQ(result.tree_visits, simulations);
      std::int64_t visits = 1;  // the root's own
      for (const MoveStats& move : result.moves) visits += move.visits;
      EXPECT_EQ(visits, simulations);
      EXPECT_NEAR(PolicySum(result), 1, 1e-5);
      EXPECT_EQ(result.evaluations, evaluator->counters().evaluations);
      EXPECT_EQ(result.action, result.moves[static_cast<std::size_t>(result.ranking[0])].action);
    }
  }
}

TEST_P(TreeSearches, FillTheirBatchesMostly) {
  const auto search = NewTreeSearch(game_, Config());
  const auto evaluator = NewHashEvaluator(1);
  RunSearch(*search, *evaluator, *game_.NewState(), Simulations(2000, 8));
  const double mean = static_cast<double>(evaluator->counters().evaluations) / static_cast<double>(evaluator->counters().batches);
  EXPECT_GT(mean, 5);
}

TEST_P(TreeSearches, GoOnWithinTheirBytesWhenTheMemoryIsFull) {
  SearchConfig config = Config();
  config.set_memory_bytes(65536);
  const auto search = NewTreeSearch(game_, config);
  const auto evaluator = NewUniformEvaluator();
  SearchRun run = Simulations(GetParam() == SearchConfig::PUCT ? 100'000 : 20'000, 8);
  const SearchResult result = RunSearch(*search, *evaluator, *game_.NewState(), run);
  EXPECT_EQ(result.simulations, run.limits.simulations);
  EXPECT_TRUE(result.memory_full);
  EXPECT_LE(result.memory_share, 1);
  EXPECT_GT(result.memory_share, 0.99);
  constexpr std::size_t kScratchBytes = 32 << 10;  // leaves under way
  EXPECT_LE(search->MemoryBytes(), 65536 + kScratchBytes);
  // After a move there is room again.
  const std::unique_ptr<State> next = game_.NewState();
  next->Apply(result.action);
  const SearchResult after = RunSearch(*search, *evaluator, *next, Simulations(10));
  EXPECT_GT(after.tree_visits, 10);
  EXPECT_FALSE(after.memory_full);
}

TEST_P(TreeSearches, KeepTheSubtreeOfAChildAndOfAGrandchild) {
  const auto evaluator = NewHashEvaluator(2);
  for (const int plies : {0, 1, 2}) {
    const auto search = NewTreeSearch(game_, Config());
    const std::unique_ptr<State> state = game_.NewState();
    const SearchResult before = RunSearch(*search, *evaluator, *state, Simulations(500));
    const auto best = static_cast<std::size_t>(before.ranking[0]);
    std::int64_t kept = before.tree_visits;
    for (int i = 0; i < plies; ++i) state->Apply(before.moves[best].pv[static_cast<std::size_t>(i)]);
    if (plies == 1) kept = before.moves[best].visits;
    const std::int64_t evaluations = evaluator->counters().evaluations;
    const SearchResult after = RunSearch(*search, *evaluator, *state, Simulations(10));
    EXPECT_EQ(after.simulations, 10);
    if (plies < 2) {
      EXPECT_EQ(after.tree_visits, kept + 10);
    } else {
      EXPECT_GT(after.tree_visits, 20);
    }
    EXPECT_LE(evaluator->counters().evaluations - evaluations, 10);
  }
}

TEST_P(TreeSearches, CountTheVisitsOfAKeptTreeWhereTheLimitsSaySo) {
  const auto evaluator = NewHashEvaluator(2);
  const auto search = NewTreeSearch(game_, Config());
  const std::unique_ptr<State> state = game_.NewState();
  SearchRun run = Simulations(200);
  run.limits.count_kept = true;
  const SearchResult first = RunSearch(*search, *evaluator, *state, run);
  EXPECT_EQ(first.simulations, 200);
  state->Apply(first.action);
  const std::int64_t kept = first.moves[static_cast<std::size_t>(first.ranking[0])].visits;
  ASSERT_GT(kept, 5);
  ASSERT_LT(kept, 200);
  const SearchResult second = RunSearch(*search, *evaluator, *state, run);
  EXPECT_EQ(second.simulations, 200 - kept);
  EXPECT_EQ(second.tree_visits, 200);
  run.limits.simulations = 3;  // fewer than are there
  EXPECT_EQ(RunSearch(*search, *evaluator, *state, run).simulations, 1);
}

TEST_P(TreeSearches, StartAnewWhenTheRootDoesNotFollow) {
  const auto search = NewTreeSearch(game_, Config());
  const auto evaluator = NewHashEvaluator(2);
  const std::unique_ptr<State> state = game_.NewState();
  RunSearch(*search, *evaluator, *state, Simulations(100));
  for (int i = 0; i < 4; ++i) state->Apply(0);
  EXPECT_EQ(RunSearch(*search, *evaluator, *state, Simulations(10)).tree_visits, 10);
  search->Forget();
  EXPECT_EQ(RunSearch(*search, *evaluator, *state, Simulations(10)).tree_visits, 10);
}

TEST_P(TreeSearches, RepeatThemselvesWithTheSameSeed) {
  const auto evaluator = NewHashEvaluator(3);
  SearchRun run = Simulations(300, 8);
  run.exploration = {.noise_weight = 0.25, .noise_alpha_total = 10, .forced_playouts_k = 2, .gumbel_noise = true};
  const auto visits = [&](std::uint64_t seed) {
    run.seed = seed;
    return Visits(RunSearch(*NewTreeSearch(game_, Config()), *evaluator, *game_.NewState(), run));
  };
  EXPECT_EQ(visits(1), visits(1));
  EXPECT_NE(visits(1), visits(2));
}

TEST_P(TreeSearches, DropWhatWasGatheredButNeverAbsorbed) {
  const auto evaluator = NewHashEvaluator(4);
  const SearchResult expected = RunSearch(*NewTreeSearch(game_, Config()), *evaluator, *game_.NewState(), Simulations(200));
  const auto search = NewTreeSearch(game_, Config());
  Rng rng(1);
  search->Start(*game_.NewState(), Simulations(200).limits, {}, &rng);
  std::vector<EvalRequest> batch;
  for (int i = 0; !search->Done(); ++i) {
    batch.clear();
    if (i % 3 == 0) {
      search->Gather(7, &batch);  // as if the evaluator had failed
      batch.clear();
    }
    search->Gather(1, &batch);
    ASSERT_TRUE(evaluator->Evaluate(batch).ok());
    search->Absorb();
  }
  EXPECT_EQ(search->Result().simulations, 200);
  if (GetParam() == SearchConfig::PUCT) {
    EXPECT_EQ(Visits(search->Result()), Visits(expected));
  }
}

TEST_P(TreeSearches, EndWhenThePrincipalVariationIsLongEnough) {
  const auto search = NewTreeSearch(game_, Config());
  const auto evaluator = NewHashEvaluator(5);
  SearchRun run;
  run.limits.depth = 4;
  const SearchResult result = RunSearch(*search, *evaluator, *game_.NewState(), run);
  EXPECT_GE(result.moves[static_cast<std::size_t>(result.ranking[0])].pv.size(), 3u);
  EXPECT_LT(result.simulations, 5000);
}

TEST_P(TreeSearches, PlayWholeGamesWithReuseWithoutEverLosingCount) {
  const auto evaluator = NewHashEvaluator(6);
  for (int round = 0; round < 5; ++round) {
    SearchConfig config = Config();
    if (round % 2 == 1) config.set_memory_bytes(65536);
    const auto search = NewTreeSearch(game_, config);
    const std::unique_ptr<State> state = game_.NewState();
    Rng rng(static_cast<std::uint64_t>(round));
    while (!state->IsTerminal()) {
      SearchRun run = Simulations(100, 4);
      run.seed = rng();
      run.exploration = {.noise_weight = 0.25, .noise_alpha_total = 10, .forced_playouts_k = 2, .gumbel_noise = true};
      const SearchResult result = RunSearch(*search, *evaluator, *state, run);
      EXPECT_EQ(result.simulations, 100);
      ActionList legal;
      state->LegalActions(legal);
      ASSERT_GE(legal.Find(result.action), 0);
      state->Apply(legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))]);
    }
  }
}

// Two lanes in turns on one thread: every interleaving of gathering and absorbing is exact.
TEST_P(TreeSearches, KeepCountWhenTheirLanesInterleave) {
  Rng rng(7);
  for (int round = 0; round < 40; ++round) {
    const auto search = NewTreeSearch(game_, Config());
    const auto evaluator = NewHashEvaluator(static_cast<std::uint64_t>(round));
    const SearchRun run = Simulations(50 + rng.Below(300));
    search->Start(*game_.NewState(), run.limits, {}, &rng);
    std::vector<EvalRequest> batches[2];
    search->Gather(1, &batches[0]);
    ASSERT_TRUE(evaluator->Evaluate(batches[0]).ok());
    search->Absorb();
    {
      const std::unique_ptr<SearchLane> lanes[2] = {search->NewLane(), search->NewLane()};
      bool waits[2] = {false, false};
      while (!lanes[0]->Done() || waits[0] || waits[1]) {
        const std::size_t i = rng.Below(2);
        // Now and then an evaluator fails, and the lane drops what it has by gathering anew.
        if (!waits[i] || rng.Below(8) == 0) {
          batches[i].clear();
          waits[i] = lanes[i]->Gather(1 + static_cast<int>(rng.Below(8)), &batches[i]) > 0;
        } else {
          ASSERT_TRUE(evaluator->Evaluate(batches[i]).ok());
          lanes[i]->Absorb();
          waits[i] = false;
        }
      }
    }
    EXPECT_TRUE(search->Done());
    const SearchResult result = search->Result();
    EXPECT_EQ(result.simulations, run.limits.simulations);
    EXPECT_EQ(result.tree_visits, run.limits.simulations);
    std::int64_t visits = 1;
    for (const MoveStats& move : result.moves) visits += move.visits;
    EXPECT_EQ(visits, run.limits.simulations);
  }
}

INSTANTIATE_TEST_SUITE_P(All, TreeSearches, testing::Values(SearchConfig::PUCT, SearchConfig::GUMBEL),
                         [](const auto& parameter) { return parameter.param == SearchConfig::PUCT ? "Puct" : "Gumbel"; });

}  // namespace
}  // namespace tandem
