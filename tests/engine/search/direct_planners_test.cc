// Planners without a guided tree: UCT, the exact solver, and the network alone.
#include <algorithm>

#include "engine/game/registry.h"
#include "engine/search/raw.h"
#include "engine/search/solver.h"
#include "engine/search/uct.h"
#include "gtest/gtest.h"
#include "tests/toys/scripted_evaluator.h"
#include "tests/toys/toy_games.h"

namespace tandem {
namespace {

// 0: move 0 lets the opponent win (1 -> 2) or draw (1 -> 3), move 1 wins after any answer (4 -> 5, 6), move 2 draws.
ToyGame OneGoodMove() {
  return ToyGame({{{1, 4, 7}},
                  {{2, 3}},
                  {{}, Outcome::kSecondWins},
                  {{}, Outcome::kDraw},
                  {{5, 6}},
                  {{}, Outcome::kFirstWins},
                  {{}, Outcome::kFirstWins},
                  {{}, Outcome::kDraw}});
}

SearchLimits Only(std::int64_t simulations) {
  SearchLimits limits;
  limits.simulations = simulations;
  return limits;
}

TEST(Uct, FindsTheWinAndCountsItsSimulations) {
  const ToyGame game = OneGoodMove();
  const auto planner = NewUctPlanner(game);
  Rng rng(1);
  for (const std::int64_t simulations : {1, 2, 31, 32, 33, 500}) {
    const SearchResult result = *planner->Plan(*game.NewState(), Only(simulations), rng, {}, nullptr);
    EXPECT_EQ(result.simulations, simulations);
    std::int64_t visits = 0;
    for (const MoveStats& move : result.moves) visits += move.visits;
    EXPECT_EQ(visits, simulations);
    if (simulations > 100) {
      EXPECT_EQ(result.action, 1);
    }
  }
}

// Two moves, one always won and one always lost: after n = 2 visits (one each) the scores are
// 1 + sqrt 2 sqrt(ln 2 / 1) = 2.18 and -1 + 1.18 = 0.18; the loser is tried again once sqrt(2 ln N / 1) - 1 >= 1 + sqrt(2 ln N / (N - 1)),
// with N visits so far: N = 12 gives 1.229 < 1.672, N = 16 gives 1.355 < 1.608, N = 22 gives 1.486 < 1.543, N = 24 gives 1.521 = 1.526,
// N = 25 gives 1.537 > 1.518.
TEST(Uct, FollowsTheConfidenceFormula) {
  const ToyGame game({{{1, 2}}, {{}, Outcome::kFirstWins}, {{}, Outcome::kSecondWins}});
  const auto planner = NewUctPlanner(game);
  Rng rng(1);
  const auto loser = [&](std::int64_t simulations) {
    return planner->Plan(*game.NewState(), Only(simulations), rng, {}, nullptr)->moves[1].visits;
  };
  EXPECT_EQ(loser(2), 1);
  EXPECT_EQ(loser(25), 1);
  EXPECT_EQ(loser(26), 2);
}

TEST(Uct, StaysWithinItsMemoryAndPlaysOn) {
  const Game& game = **FindGame("connect_four");
  const auto planner = NewUctPlanner(game, {.memory_bytes = 1 << 16});
  Rng rng(2);
  const SearchResult result = *planner->Plan(*game.NewState(), Only(20000), rng, {}, nullptr);
  EXPECT_TRUE(result.memory_full);
  EXPECT_LE(result.memory_share, 1);
  EXPECT_EQ(result.simulations, 20000);
  EXPECT_EQ(result.action, 3);
}

TEST(Uct, RepeatsItselfWithTheSameSeed) {
  const Game& game = **FindGame("connect_four");
  const auto run = [&](std::uint64_t seed) {
    Rng rng(seed);
    const SearchResult result = *NewUctPlanner(game)->Plan(*game.NewState(), Only(500), rng, {}, nullptr);
    std::vector<std::int64_t> visits;
    for (const MoveStats& move : result.moves) visits.push_back(move.visits);
    return visits;
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(Uct, SearchesOnlyTheGivenRootMoves) {
  const ToyGame game = OneGoodMove();
  SearchLimits limits = Only(100);
  limits.root_actions = {0, 2};
  Rng rng(1);
  const SearchResult result = *NewUctPlanner(game)->Plan(*game.NewState(), limits, rng, {}, nullptr);
  EXPECT_EQ(result.moves.size(), 3u);
  EXPECT_EQ(result.moves[1].visits, 0);
  EXPECT_EQ(result.ranking.size(), 2u);
  EXPECT_EQ(result.action, 2);
}

TEST(SolverPlanner, PlaysABestMoveAndProvesEveryMove) {
  const ToyGame game = OneGoodMove();
  Rng rng(1);
  const SearchResult result = *NewSolverPlanner(game)->Plan(*game.NewState(), {}, rng, {}, nullptr);
  EXPECT_EQ(result.action, 1);
  EXPECT_EQ(result.proven, Proven::kWin);
  EXPECT_EQ(result.moves[0].proven, Proven::kLoss);
  EXPECT_EQ(result.moves[2].proven, Proven::kDraw);
  EXPECT_EQ(result.moves[1].policy, 1);
  EXPECT_EQ(result.ranking, (std::vector<int>{1, 2, 0}));
}

TEST(SolverPlanner, PlaysTheFirstOfEquallyGoodMoves) {
  const Game& game = **FindGame("tic_tac_toe");
  Rng rng(1);
  const SearchResult result = *NewSolverPlanner(game)->Plan(*game.NewState(), {}, rng, {}, nullptr);
  EXPECT_EQ(result.proven, Proven::kDraw);
  EXPECT_EQ(result.ranking[0], 0);
}

TEST(SolverPlanner, FallsBackToUctWhenItMustEndBefore) {
  const Game& game = **FindGame("connect_four");
  Rng rng(1);
  const auto planner = NewSolverPlanner(game);
  const SearchResult few_nodes = *planner->Plan(*game.NewState(), Only(1000), rng, {}, nullptr);
  EXPECT_EQ(few_nodes.proven, Proven::kNo);
  EXPECT_EQ(few_nodes.simulations, 1000);
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(planner->Plan(*game.NewState(), {}, rng, stop.get_token(), nullptr)->proven, Proven::kNo);
  SearchLimits no_time;
  no_time.time = absl::ZeroDuration();
  EXPECT_NE(planner->Plan(*game.NewState(), no_time, rng, {}, nullptr)->action, kNoAction);
}

TEST(PriorPlanner, PlaysTheLargestPrior) {
  const ToyGame game = OneGoodMove();
  const auto planner = NewPriorPlanner(game, NewTableEvaluator({{0, {.prior = {0.2f, 0.3f, 0.5f}, .value = 0.1f}}}));
  Rng rng(1);
  const SearchResult result = *planner->Plan(*game.NewState(), {}, rng, {}, nullptr);
  EXPECT_EQ(result.action, 2);
  EXPECT_EQ(result.ranking, (std::vector<int>{2, 1, 0}));
  EXPECT_FLOAT_EQ(result.root_value, 0.1f);
  EXPECT_EQ(result.evaluations, 1);
}

TEST(ValuePlanner, PlaysTheBestValueOnePlyAheadInOneBatch) {
  const ToyGame game = OneGoodMove();
  auto evaluator = NewTableEvaluator({{1, {.value = 0.3f}}, {4, {.value = -0.6f}}});
  ScriptedEvaluator& scripted = *evaluator;
  const auto planner = NewValuePlanner(game, std::move(evaluator));
  Rng rng(1);
  const SearchResult result = *planner->Plan(*game.NewState(), {}, rng, {}, nullptr);
  EXPECT_EQ(result.action, 1);
  EXPECT_FLOAT_EQ(result.moves[1].q, 0.6f);
  EXPECT_FLOAT_EQ(result.moves[0].q, -0.3f);
  EXPECT_EQ(result.moves[2].proven, Proven::kDraw);
  EXPECT_EQ(scripted.batch_sizes, std::vector<int>{3});  // the root and two open positions; the draw needs no network
}

TEST(ValuePlanner, TakesAWinAtOnce) {
  const ToyGame game({{{1, 2}}, {{3}}, {{}, Outcome::kFirstWins}, {}});
  const auto planner = NewValuePlanner(game, NewTableEvaluator({{1, {.value = -0.99f}}}));
  Rng rng(1);
  const SearchResult result = *planner->Plan(*game.NewState(), {}, rng, {}, nullptr);
  EXPECT_EQ(result.action, 1);
  EXPECT_EQ(result.proven, Proven::kWin);
}

}  // namespace
}  // namespace tandem
