// Proven results: right wherever they are claimed, complete when the tree is small enough, used and never contradicted by what is played.
#include <algorithm>
#include <set>

#include "engine/eval/uniform.h"
#include "engine/game/registry.h"
#include "gtest/gtest.h"
#include "tests/engine/search/search_driver.h"
#include "tests/toys/scripted_evaluator.h"
#include "tests/toys/toy_games.h"

namespace tandem {
namespace {

constexpr SearchConfig::Algorithm kAlgorithms[] = {SearchConfig::PUCT, SearchConfig::GUMBEL};

SearchConfig ConfigOf(SearchConfig::Algorithm algorithm) {
  SearchConfig config;
  config.set_algorithm(algorithm);
  return config;
}

int ValueOf(Proven proven) { return proven == Proven::kWin ? 1 : proven == Proven::kLoss ? -1 : 0; }

SearchRun UntilProven(std::int64_t most, int batch) {
  SearchRun run;
  run.limits.simulations = most;
  run.limits.infinite = false;
  run.batch = batch;
  return run;
}

TEST(Proof, SettlesRandomTreesAsTheExactSolverDoes) {
  Rng rng(7);
  int settled = 0;
  for (int i = 0; i < 200; ++i) {
    const ToyGame game = ToyGame::Random(rng, 5, 4);
    const std::unique_ptr<State> root = game.NewState();
    const std::unique_ptr<Solver> solver = game.NewSolver(0);
    const Solution solution = *solver->Solve(*root, true, ~0ull);
    for (const auto algorithm : kAlgorithms) {
      const auto search = NewTreeSearch(game, ConfigOf(algorithm));
      const auto evaluator = NewHashEvaluator(static_cast<std::uint64_t>(i));
      const SearchResult result = RunSearch(*search, *evaluator, *root, UntilProven(20000, 1 + i % 8));
      if (result.moves.size() == 1) continue;  // decided at once
      for (std::size_t m = 0; m < result.moves.size(); ++m) {
        if (result.moves[m].proven != Proven::kNo) {
          EXPECT_EQ(ValueOf(result.moves[m].proven), solution.move_values[m]);
        }
      }
      EXPECT_NEAR(PolicySum(result), 1, 1e-5);
      ++settled;
      ASSERT_NE(result.proven, Proven::kNo);
      EXPECT_EQ(ValueOf(result.proven), solution.value);
      const auto chosen =
          std::find_if(result.moves.begin(), result.moves.end(), [&](const MoveStats& move) { return move.action == result.action; });
      EXPECT_EQ(solution.move_values[static_cast<std::size_t>(chosen - result.moves.begin())], solution.value);
      EXPECT_EQ(result.root_value, static_cast<float>(solution.value));
    }
  }
  EXPECT_GT(settled, 200);
}

// Every position of tic-tac-toe that can be reached, solved by search alone.
TEST(Proof, SolvesTicTacToe) {
  const Game& game = **FindGame("tic_tac_toe");
  const std::unique_ptr<Solver> solver = game.NewSolver(1 << 20);
  const auto search = NewTreeSearch(game, ConfigOf(SearchConfig::PUCT));
  const auto evaluator = NewUniformEvaluator();
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::vector<std::unique_ptr<State>> open;
  open.push_back(game.NewState());
  int checked = 0;
  while (!open.empty()) {
    const std::unique_ptr<State> state = std::move(open.back());
    open.pop_back();
    if (state->IsTerminal() || !seen.insert({state->Key().low, state->Key().high}).second) continue;
    ActionList legal;
    state->LegalActions(legal);
    if (legal.size() > 1) {
      search->Forget();
      const SearchResult result = RunSearch(*search, *evaluator, *state, UntilProven(100'000, 1));
      ASSERT_NE(result.proven, Proven::kNo) << state->ToText();
      const Solution solution = *solver->Solve(*state, true, ~0ull);
      EXPECT_EQ(ValueOf(result.proven), solution.value) << state->ToText();
      EXPECT_EQ(solution.move_values[static_cast<std::size_t>(legal.Find(result.action))], solution.value) << state->ToText();
      ++checked;
    }
    for (const Action action : legal) {
      open.push_back(state->Clone());
      open.back()->Apply(action);
    }
  }
  EXPECT_GT(checked, 4000);
}

// 0: move 0 wins at once (1), move 1 loses in two (2 -> 3), move 2 goes on (4 -> 5 -> 6, a draw).
ToyGame WinLossDraw() {
  return ToyGame({{{1, 2, 4}}, {{}, Outcome::kFirstWins}, {{3}}, {{}, Outcome::kSecondWins}, {{5}}, {{6}}, {{}, Outcome::kDraw}});
}

TEST(Proof, EndsAtAWinAndPutsTheWholePolicyOnIt) {
  const ToyGame game = WinLossDraw();
  for (const auto algorithm : kAlgorithms) {
    const auto search = NewTreeSearch(game, ConfigOf(algorithm));
    const auto evaluator = NewTableEvaluator({});
    const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), UntilProven(100, 1));
    EXPECT_EQ(result.proven, Proven::kWin);
    EXPECT_EQ(result.action, 0);
    EXPECT_EQ(result.moves[0].mate_plies, 1);
    EXPECT_EQ(result.moves[0].policy, 1);
    EXPECT_EQ(result.root_wdl.win, 1);
    EXPECT_LE(result.simulations, 4);
  }
}

TEST(Proof, AvoidsALossThatHasTheLargestPrior) {
  const ToyGame game = WinLossDraw();
  for (const auto algorithm : kAlgorithms) {
    const auto search = NewTreeSearch(game, ConfigOf(algorithm));
    const auto evaluator = NewTableEvaluator({{0, {.prior = {0.0f, 0.9f, 0.1f}}}});
    SearchRun run = Simulations(50);
    run.limits.root_actions = {1, 2};
    const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), run);
    EXPECT_EQ(result.moves[1].proven, Proven::kLoss);
    EXPECT_EQ(result.moves[1].mate_plies, 2);
    EXPECT_EQ(result.moves[1].policy, 0);
    EXPECT_EQ(result.moves[2].proven, Proven::kDraw);
    EXPECT_EQ(result.action, 2);
    EXPECT_LE(result.moves[1].visits, 3);
    EXPECT_EQ(result.simulations, 50);
    EXPECT_EQ(result.proven, Proven::kNo);  // the win was not looked at
  }
}

// Both moves lose: 0 in two plies, 1 in four.
TEST(Proof, ResistsLongestWhenEveryMoveLoses) {
  const ToyGame game({{{1, 3}}, {{2}}, {{}, Outcome::kSecondWins}, {{4}}, {{5}}, {{6}}, {{}, Outcome::kSecondWins}});
  for (const auto algorithm : kAlgorithms) {
    const auto search = NewTreeSearch(game, ConfigOf(algorithm));
    const auto evaluator = NewTableEvaluator({{0, {.prior = {0.9f, 0.1f}}}});
    const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), UntilProven(100, 1));
    EXPECT_EQ(result.proven, Proven::kLoss);
    EXPECT_EQ(result.action, 1);
    EXPECT_EQ(result.moves[0].mate_plies, 2);
    EXPECT_EQ(result.moves[1].mate_plies, 4);
    EXPECT_EQ(result.moves[1].policy, 1);
    EXPECT_EQ(result.moves[1].pv, (std::vector<Action>{1, 0, 0, 0}));
    EXPECT_EQ(result.root_value, -1);
  }
}

// Move 0 draws for certain; move 1 looks bad and its tree is too deep to be settled here.
TEST(Proof, CountsTheSearchForSomethingBetterAsVisitsOfTheDraw) {
  std::vector<ToyPosition> positions = {{{1, 2}}, {{}, Outcome::kDraw}};
  for (int i = 3; i < 300; ++i) positions.push_back({{i, i}});  // two ways on, and on
  positions.push_back({});
  const ToyGame game(positions);
  const auto evaluator = std::make_unique<ScriptedEvaluator>([](const EvalRequest& request) {
    HashOpinion(1, request);
    *request.evaluation = Opinion(request.state->ToMove() == 0 ? -0.5f : 0.5f);
  });
  for (const auto algorithm : kAlgorithms) {
    const auto search = NewTreeSearch(game, ConfigOf(algorithm));
    const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), Simulations(100));
    EXPECT_EQ(result.proven, Proven::kNo);
    EXPECT_EQ(result.action, 0);
    EXPECT_GT(result.moves[0].policy, 0.99);
    EXPECT_GT(result.moves[1].visits, 50);
    EXPECT_EQ(result.root_value, 0);
    EXPECT_NEAR(result.moves[1].q, -0.5, 1e-6);
  }
}

TEST(Proof, StaysOutOfTheTreeWhenTurnedOff) {
  const ToyGame game = WinLossDraw();
  SearchConfig config;
  config.set_prove(false);
  const auto search = NewTreeSearch(game, config);
  const auto evaluator = NewTableEvaluator({});
  const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), UntilProven(100, 1));
  EXPECT_EQ(result.simulations, 100);
  EXPECT_EQ(result.proven, Proven::kNo);
  EXPECT_GT(result.moves[1].visits, 1);
  EXPECT_EQ(result.moves[1].proven, Proven::kNo);
}

TEST(Proof, ASingleLegalMoveIsPlayedAfterOneEvaluation) {
  const ToyGame game({{{1}}, {{2, 3}}, {{}}, {{}}});
  for (const auto algorithm : kAlgorithms) {
    const auto search = NewTreeSearch(game, ConfigOf(algorithm));
    const auto evaluator = NewTableEvaluator({});
    const SearchResult result = RunSearch(*search, *evaluator, *game.NewState(), UntilProven(100, 1));
    EXPECT_EQ(result.simulations, 1);
    EXPECT_EQ(result.action, 0);
    EXPECT_EQ(result.moves[0].policy, 1);
  }
}

}  // namespace
}  // namespace tandem
