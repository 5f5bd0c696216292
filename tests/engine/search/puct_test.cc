#include "engine/search/puct.h"

#include <cmath>

#include "engine/game/registry.h"
#include "gtest/gtest.h"
#include "tests/engine/search/search_driver.h"
#include "tests/toys/scripted_evaluator.h"
#include "tests/toys/toy_games.h"

namespace tandem {
namespace {

// Constant c(N) = 1 and no first-play reduction, for arithmetic by hand.
SearchConfig PlainConfig() {
  SearchConfig config;
  config.set_cpuct(1);
  config.set_cpuct_log(0);
  config.set_fpu_reduction(0);
  config.set_fpu_reduction_root(0);
  return config;
}

// 0 -> A=1, B=2; A -> 3, 4; B -> 5; 3 -> 6, 4 -> 7, 5 -> 8 (draws).
ToyGame TwoMoves() { return ToyGame({{{1, 2}}, {{3, 4}}, {{5}}, {{6}}, {{7}}, {{8}}, {}, {}, {}}); }
std::unique_ptr<ScriptedEvaluator> TwoMovesEvaluator() {
  return NewTableEvaluator({{0, {.prior = {0.6f, 0.4f}}}, {1, {.value = -0.2f}}, {2, {.value = 0.5f}}, {3, {.value = 0.4f}}});
}

// Simulation 1 evaluates the root: 0. Then, with s = sqrt(N):
// 2: N=1: A 0 + 0.6 s = 0.6, B 0.4                     -> A, worth +0.2 (the opponent's -0.2). Root mean 0.1.
// 3: N=2: A 0.2 + 0.6 s / 2 = 0.624, B 0.1 + 0.4 s = 0.666  -> B, worth -0.5. Root mean -0.1.
// 4: N=3: A 0.2 + 0.6 s / 2 = 0.720, B -0.5 + 0.4 s / 2 < 0 -> A, its first move (tie), worth 0.4 to us. Q(A) = (0.2 + 0.4) / 2.
TEST(Puct, FollowsTheFormulaVisitByVisit) {
  const ToyGame game = TwoMoves();
  const std::vector<std::vector<std::int64_t>> visits = {{0, 0}, {1, 0}, {1, 1}, {2, 1}};
  const std::vector<double> values = {0, 0.1, -0.1, 0.025};
  for (int n = 1; n <= 4; ++n) {
    const auto search = NewTreeSearch(game, PlainConfig());
    const auto evaluator = TwoMovesEvaluator();
    const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), Simulations(n));
    EXPECT_EQ(Visits(result), visits[n - 1]) << n;
    EXPECT_NEAR(result.root_value, values[n - 1], 1e-6) << n;
    EXPECT_EQ(result.tree_visits, n);
  }
  const auto search = NewTreeSearch(game, PlainConfig());
  const auto evaluator = TwoMovesEvaluator();
  const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), Simulations(4));
  EXPECT_NEAR(result.moves[0].q, 0.3, 1e-6);
  EXPECT_EQ(result.moves[0].pv, (std::vector<Action>{0, 0}));
  EXPECT_EQ(result.action, 0);
  EXPECT_EQ(result.seldepth, 2);
}

TEST(Puct, OneSimulationPlaysTheLargestPrior) {
  const ToyGame game = TwoMoves();
  const auto search = NewTreeSearch(game, SearchConfig());
  const auto evaluator = TwoMovesEvaluator();
  const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), Simulations(1));
  EXPECT_EQ(result.action, 0);
  EXPECT_FLOAT_EQ(result.moves[0].policy, 0.6f);
}

TEST(Puct, ExplorationGrowsWithTheLogarithmOfTheVisits) {
  SearchConfig config;
  config.set_cpuct(1.5);
  config.set_cpuct_log(0.5);
  config.set_cpuct_base(100);
  const PuctSelection selection(config);
  for (const double n : {0.0, 1.0, 900.0, 5000.0}) {
    EXPECT_NEAR(selection.Exploration(n), (1.5 + 0.5 * std::log((n + 100) / 100)) * std::sqrt(n), 1e-9);
  }
}

// Root with priors 0.6, 0.4 and value 0; A was worth 0.2, so the root's mean is 0.1 and N = 2: A scores 0.2 + 0.3 sqrt 2 = 0.624, and B,
// unvisited, 0.1 - r sqrt(0.6) + 0.4 sqrt 2 = 0.666 - 0.775 r. The lines cross at r = 0.0534.
TEST(Puct, LowersUnvisitedMovesByTheRootOfThePriorMassTried) {
  const ToyGame game = TwoMoves();
  for (const double reduction : {0.05, 0.06}) {
    SearchConfig config = PlainConfig();
    config.set_fpu_reduction_root(reduction);
    const auto search = NewTreeSearch(game, config);
    const auto evaluator = TwoMovesEvaluator();
    const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), Simulations(3));
    EXPECT_EQ(Visits(result), reduction < 0.0534 ? (std::vector<std::int64_t>{1, 1}) : (std::vector<std::int64_t>{2, 0}));
  }
}

TEST(Puct, NoiseKeepsTheRootPriorADistributionAndTheReportedPriorClean) {
  const ToyGame game = TwoMoves();
  Tree tree(1 << 16, true);
  tree.SetRoot(*game.NewState());
  const std::vector<Action> legal = {0, 1};
  const std::vector<float> prior = {0.6f, 0.4f};
  tree.Link(tree.root_edge(), tree.MakeNode(legal, prior, Evaluation()));
  Root root{.tree = &tree, .above = &tree.root_edge(), .edges = tree.root_node()->edges(), .allowed = {1, 1}};
  Rng rng(5);
  PuctSelection selection{SearchConfig()};
  selection.Start({.noise_weight = 0.25, .noise_alpha_total = 10}, &rng);
  selection.OnRoot(root, 100);
  EXPECT_NEAR(selection.root_prior()[0] + selection.root_prior()[1], 1, 1e-6);
  EXPECT_NE(selection.root_prior()[0], 0.6f);
  EXPECT_GE(selection.root_prior()[0], 0.75f * 0.6f - 1e-6f);
  EXPECT_FLOAT_EQ(root.edges[0].prior, 0.6f);
}

// c(N) sqrt(N) = 10; the first move scores 0.2 + 10 * 0.5 / 61 = 0.28197.
// Second: 0.1 + 3 / (1 + n) <= 0.28197 from n = 16 on; forced are sqrt(2 * 0.3 * 100) = 7.7, so 25 - 7 = 18 stay.
// Third: 2 / (1 + n) <= 0.28197 from n = 7 on; forced are sqrt(2 * 0.2 * 100) = 6.3, so 14 - 6 = 8 stay. The single visit goes.
TEST(Puct, PrunesForcedPlayoutsFromTheTarget) {
  const std::vector<RootMove> moves = {{0.5, 60, 0.2}, {0.3, 25, 0.1}, {0.2, 14, 0.0}, {0.0, 1, 0.0}};
  EXPECT_EQ(PrunedVisits(moves, 2, 10), (std::vector<double>{60, 18, 8, 0}));
  EXPECT_EQ(PrunedVisits(moves, 0, 10), (std::vector<double>{60, 25, 14, 1}));
}

TEST(Puct, ForcesPlayoutsOfTriedRootMovesAndKeepsThemOutOfThePolicy) {
  const ToyGame game = TwoMoves();
  // B loses for us by evaluation, so without forcing it would get few visits.
  const auto table = [] {
    return NewTableEvaluator({{0, {.prior = {0.6f, 0.4f}}},
                              {1, {.value = -0.3f}},
                              {2, {.value = 0.95f}},
                              {3, {.value = 0.3f}},
                              {4, {.value = 0.3f}},
                              {5, {.value = -0.95f}}});
  };
  SearchConfig config = PlainConfig();
  config.set_prove(false);
  const int n = 40;
  SearchRun run = Simulations(n);
  const auto free_search = NewTreeSearch(game, config);
  const SearchResult unforced = RunSearch(*free_search, *table(), *game.NewState(), run);
  run.exploration.forced_playouts_k = 2;
  const auto search = NewTreeSearch(game, config);
  const SearchResult forced = RunSearch(*search, *table(), *game.NewState(), run);
  EXPECT_GE(forced.moves[1].visits, std::floor(ForcedVisits(2, 0.4, n - 2)));
  EXPECT_GE(forced.moves[1].visits, unforced.moves[1].visits);
  EXPECT_LT(forced.moves[1].policy, static_cast<double>(forced.moves[1].visits) / (n - 1));
  EXPECT_NEAR(PolicySum(forced), 1, 1e-5);
}

// 100 values of mean 0.5 and mean square 0.29: variance 0.04, with the pseudo-value 5 / 101; times 1 / 100, root 0.022249.
TEST(Puct, BoundsAMeanFromBelow) {
  EXPECT_NEAR(LowerConfidenceBound(0.5, 0.29, 100, 2), 0.5 - 2 * std::sqrt(5.0 / 101 / 100), 1e-12);
  EXPECT_LT(LowerConfidenceBound(0.5, 0.25, 2, 5), LowerConfidenceBound(0.4, 0.16, 100, 5));
}

TEST(Puct, ReportsDrawsApartFromValues) {
  const ToyGame game = TwoMoves();
  const auto evaluator = NewTableEvaluator({{0, {.value = 0.2f, .draw = 0.4f}}, {1, {.value = -0.1f, .draw = 0.6f}}});
  const auto search = NewTreeSearch(game, PlainConfig());
  const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), Simulations(2));
  EXPECT_NEAR(result.moves[0].wdl.draw, 0.6, 1e-6);
  EXPECT_NEAR(result.moves[0].wdl.win, 0.25, 1e-6);
  EXPECT_NEAR(result.root_wdl.draw, 0.5, 1e-6);
  EXPECT_NEAR(result.root_wdl.Value(), 0.15, 1e-6);
  EXPECT_NEAR(result.raw.Value(), 0.2, 1e-6);
}

TEST(Puct, SearchesOnlyTheGivenRootMoves) {
  const Game& game = **FindGame("connect_four");
  const auto evaluator = NewHashEvaluator(1);
  for (const auto algorithm : {SearchConfig::PUCT, SearchConfig::GUMBEL}) {
    SearchConfig config;
    config.set_algorithm(algorithm);
    const auto search = NewTreeSearch(game, config);
    SearchRun run = Simulations(200, 4);
    run.limits.root_actions = {2, 5};
    const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), run);
    EXPECT_EQ(result.moves.size(), 7u);
    EXPECT_EQ(result.ranking.size(), 2u);
    for (const MoveStats& move : result.moves) {
      const bool wanted = move.action == 2 || move.action == 5;
      EXPECT_EQ(move.visits > 0, wanted);
      EXPECT_EQ(move.policy > 0, wanted);
    }
    EXPECT_TRUE(result.action == 2 || result.action == 5);
  }
}

}  // namespace
}  // namespace tandem
