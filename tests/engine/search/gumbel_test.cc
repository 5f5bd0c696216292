#include "engine/search/gumbel.h"

#include <algorithm>
#include <cmath>

#include "engine/game/registry.h"
#include "gtest/gtest.h"
#include "tests/engine/search/search_driver.h"
#include "tests/toys/scripted_evaluator.h"
#include "tests/toys/toy_games.h"

namespace tandem {
namespace {

std::vector<std::int64_t> Table(int considered, std::int64_t simulations) {
  const HalvingSchedule schedule(considered, simulations);
  std::vector<std::int64_t> table;
  for (std::int64_t i = 0; i < simulations; ++i) table.push_back(schedule.VisitsBefore(i));
  return table;
}

SearchConfig GumbelConfig() {
  SearchConfig config;
  config.set_algorithm(SearchConfig::GUMBEL);
  return config;
}

// m = 4, n = 16: two rounds; 16 / (2 * 4) = 2 visits for each of 4, then 16 / (2 * 2) = 4 for each of 2.
// m = 16, n = 50: 4 rounds; 16 get max(1, 50 / 64) = 1; 8 get max(1, 50 / 32) = 1; 4 get 50 / 16 = 3; 2 get the rest, 14.
TEST(Gumbel, HalvesByTheExactTable) {
  EXPECT_EQ(Table(4, 16), (std::vector<std::int64_t>{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5}));
  EXPECT_EQ(Table(16, 16), std::vector<std::int64_t>(16, 0));
  EXPECT_EQ(Table(1, 5), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(Table(2, 5), (std::vector<std::int64_t>{0, 0, 1, 1, 2}));
  EXPECT_EQ(Table(3, 6), (std::vector<std::int64_t>{0, 0, 0, 1, 1, 2}));
  std::vector<std::int64_t> wide(16, 0);
  for (int i = 0; i < 8; ++i) wide.push_back(1);
  for (int v = 2; v < 5; ++v) wide.insert(wide.end(), 4, v);
  for (int v = 5; v < 12; ++v) wide.insert(wide.end(), 2, v);
  EXPECT_EQ(Table(16, 50), wide);
}

TEST(Gumbel, SpendsItsSimulationsAsTheTableSays) {
  const Game& game = **FindGame("connect_four");
  SearchConfig config = GumbelConfig();
  config.set_gumbel_considered(4);
  const auto evaluator = NewHashEvaluator(2);
  for (const int batch : {1, 4}) {
    const auto search = NewTreeSearch(game, config);
    const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), Simulations(17, batch));  // one for the root itself
    std::vector<std::int64_t> visits = Visits(result);
    std::sort(visits.begin(), visits.end());
    EXPECT_EQ(visits, (std::vector<std::int64_t>{0, 0, 0, 2, 2, 6, 6})) << batch;
  }
}

// Whatever waits at the same time, collides or is proven: the schedule is never asked for a place that it has not got, and the budget is
// met.
TEST(Gumbel, SpendsItsBudgetWithAnyNumberOfLeavesInFlight) {
  Rng rng(9);
  for (int round = 0; round < 300; ++round) {
    const ToyGame game = ToyGame::Random(rng, 2 + static_cast<int>(rng.Below(4)), 1 + static_cast<int>(rng.Below(6)));
    SearchConfig config = GumbelConfig();
    config.set_gumbel_considered(1 + static_cast<int>(rng.Below(8)));
    config.set_prove(rng.Below(2) == 0);
    const auto search = NewTreeSearch(game, config);
    const auto evaluator = NewHashEvaluator(rng());
    const std::unique_ptr<State> state = game.NewState();
    while (!state->IsTerminal()) {  // with the subtrees of the moves before
      SearchRun run = Simulations(1 + rng.Below(60), 1 + static_cast<int>(rng.Below(40)));
      run.exploration.gumbel_noise = rng.Below(2) == 0;
      const SearchResult result = RunSearch(*search, *evaluator, *state, run);
      ASSERT_EQ(result.simulations, run.limits.simulations) << "round " << round;
      state->Apply(result.action);
    }
  }
}

// 4 of 7 moves considered, 32 simulations: 4 visits each, then 8 for the better two.
TEST(Gumbel, HalvesExactlyWithSeveralLeavesInFlight) {
  const Game& game = **FindGame("connect_four");
  SearchConfig config = GumbelConfig();
  config.set_gumbel_considered(4);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const auto evaluator = NewHashEvaluator(seed);
    for (const int batch : {1, 2, 3, 5, 8, 16, 32}) {
      const auto search = NewTreeSearch(game, config);
      std::vector<std::int64_t> visits = Visits(RunSearch(*search, *evaluator, *game.NewState(), Simulations(33, batch)));
      std::sort(visits.begin(), visits.end());
      EXPECT_EQ(visits, (std::vector<std::int64_t>{0, 0, 0, 4, 4, 12, 12})) << "seed " << seed << ", batch " << batch;
    }
  }
}

// Two moves of equal prior, root value 0. Move 0 is worth 0.4 after one visit, so
// v_mix = (0 + 1 * (0.5 * 0.4) / 0.5) / (1 + 1) = 0.2, and with c_visit = 3, c_scale = 1:
// sigma = (3 + 1) (q + 1) / 2 = 2.8 and 2.4; softmax gives 1 / (1 + e^-0.4).
TEST(Gumbel, CompletesQValuesAndImprovesThePolicy) {
  const ToyGame game({{{1, 2}}, {{3}}, {{4}}, {{5}}, {{6}}, {}, {}});
  SearchConfig config = GumbelConfig();
  config.set_gumbel_c_visit(3);
  const auto evaluator = NewTableEvaluator({{1, {.value = -0.4f}}});
  const auto search = NewTreeSearch(game, config);
  const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), Simulations(2));
  EXPECT_EQ(Visits(result), (std::vector<std::int64_t>{1, 0}));
  EXPECT_NEAR(result.moves[0].policy, 1 / (1 + std::exp(-0.4)), 1e-6);
  EXPECT_NEAR(PolicySum(result), 1, 1e-6);
}

TEST(Gumbel, MixesValuesOfVisitedMovesByTheirPrior) {
  std::vector<Edge> edges(3);
  edges[0].prior = 0.5f;
  edges[0].visits = 3;
  edges[0].value_sum = 1.5;
  edges[1].prior = edges[2].prior = 0.25f;
  edges[1].visits = 1;
  edges[1].value_sum = -0.5;
  // (0.1 + 4 (0.5 * 0.5 - 0.25 * 0.5) / 0.75) / 5
  EXPECT_NEAR(MixedValue(0.1, edges), (0.1 + 4 * 0.125 / 0.75) / 5, 1e-9);
  EXPECT_EQ(MixedValue(0.1, {}), 0.1);
}

TEST(Gumbel, PlaysWithoutNoiseTheSameEveryTimeAndWithNoiseVariously) {
  const Game& game = **FindGame("connect_four");
  const auto evaluator = NewHashEvaluator(3);
  SearchConfig config = GumbelConfig();
  config.set_gumbel_considered(2);
  std::vector<std::vector<std::int64_t>> quiet;
  std::vector<std::vector<std::int64_t>> noisy;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SearchRun run = Simulations(16);
    run.seed = seed;
    quiet.push_back(Visits(RunSearch(*NewTreeSearch(game, config), *evaluator, *game.NewState(), run)));
    run.exploration.gumbel_noise = true;
    noisy.push_back(Visits(RunSearch(*NewTreeSearch(game, config), *evaluator, *game.NewState(), run)));
  }
  EXPECT_TRUE(std::all_of(quiet.begin(), quiet.end(), [&](const auto& visits) { return visits == quiet[0]; }));
  EXPECT_FALSE(std::all_of(noisy.begin(), noisy.end(), [&](const auto& visits) { return visits == noisy[0]; }));
}

TEST(Gumbel, GoesOnWithLongerRoundsWhenNoBudgetIsGiven) {
  const Game& game = **FindGame("connect_four");
  SearchConfig config = GumbelConfig();
  config.set_simulations(20);
  const auto search = NewTreeSearch(game, config);
  const auto evaluator = NewHashEvaluator(4);
  Rng rng(1);
  SearchLimits limits;
  limits.infinite = true;
  search->Start(*game.NewState(), limits, {}, &rng);
  std::vector<EvalRequest> batch;
  for (int i = 0; i < 300; ++i) {
    batch.clear();
    search->Gather(4, &batch);
    ASSERT_TRUE(evaluator->Evaluate(batch).ok());
    search->Absorb();
  }
  const SearchResult result = search->Result();
  EXPECT_FALSE(search->Done());
  EXPECT_GE(result.simulations, 300);
  EXPECT_EQ(result.simulations, result.tree_visits);
}

}  // namespace
}  // namespace tandem
