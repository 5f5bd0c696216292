#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/game/board_text.h"
#include "tests/engine/games/replay.h"
#include "tests/shared_data.h"

namespace tandem {
namespace {

using testing::HasSubstr;

TEST(TicTacToeTest, ThreeInARowWinsForThePlayerWhoMadeIt) {
  EXPECT_EQ(Play(GameNamed("tic_tac_toe"), {"a1", "a2", "b1", "b2", "c1"})->GetOutcome(), Outcome::kFirstWins);
  EXPECT_EQ(Play(GameNamed("tic_tac_toe"), {"a1", "c1", "a2", "b2", "c3", "a3"})->GetOutcome(), Outcome::kSecondWins);
}

TEST(TicTacToeTest, ThreeInARowLosesInMisere) {
  EXPECT_EQ(Play(GameNamed("tic_tac_toe:misere=true"), {"a1", "a2", "b1", "b2", "c1"})->GetOutcome(), Outcome::kSecondWins);
}

TEST(TicTacToeTest, TheLastCellCanStillWin) {
  EXPECT_EQ(Play(GameNamed("tic_tac_toe"), {"a1", "b1", "b2", "a2", "c2", "c1", "b3", "a3", "c3"})->GetOutcome(), Outcome::kFirstWins);
}

TEST(TicTacToeTest, RefusesPositionsThatNoGameReaches) {
  const Game& game = GameNamed("tic_tac_toe");
  EXPECT_THAT(std::string(game.StateFromText("xx1/3/3 o").status().message()), HasSubstr("2 stones x and 0 stones o"));
  EXPECT_THAT(std::string(game.StateFromText("xxx/3/ooo x").status().message()), HasSubstr("3 in a row"));
}

TEST(TicTacToeTest, RefusesMovesAfterTheEnd) {
  const auto state = Play(GameNamed("tic_tac_toe"), {"a1", "a2", "b1", "b2", "c1"});
  EXPECT_THAT(std::string(state->ParseAction("c3").status().message()), HasSubstr("the game is over"));
}

// Every reachable position and every move of it.
void CompareWithSolved(const Game& game, std::string_view file) {
  const std::unique_ptr<Solver> solver = game.NewSolver(1 << 20);
  int num_positions = 0;
  for (const boost::json::object& row : ReadJsonLines(file)) {
    const std::string cells(row.at("board").as_string());
    const int to_move = row.at("turn").as_string() == "x" ? 0 : 1;
    const std::string text = WriteBoardText({.rows = 3, .cols = 3}, {cells, to_move});
    const absl::StatusOr<std::unique_ptr<State>> state = game.StateFromText(text);
    ASSERT_TRUE(state.ok()) << state.status();
    ASSERT_EQ((*state)->IsTerminal(), row.at("terminal").as_bool()) << text;
    const absl::StatusOr<Solution> solution = solver->Solve(**state, true, 1000000);
    ASSERT_EQ(solution.value().value, row.at("value").as_int64()) << text;
    ++num_positions;
    if ((*state)->IsTerminal()) continue;
    ActionList legal;
    (*state)->LegalActions(legal);
    const boost::json::object& moves = row.at("moves").as_object();
    ASSERT_EQ(moves.size(), static_cast<std::size_t>(legal.size())) << text;
    for (int i = 0; i < legal.size(); ++i) {
      ASSERT_EQ(solution->move_values[i], moves.at((*state)->ActionText(legal[i])).at(0).as_int64()) << text;
    }
  }
  EXPECT_EQ(num_positions, 5478);
}

TEST(TicTacToeTest, SolverAgreesWithEverySolvedPosition) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("tic_tac_toe/solved_standard.jsonl");
  CompareWithSolved(GameNamed("tic_tac_toe"), "tic_tac_toe/solved_standard.jsonl");
}

TEST(TicTacToeTest, SolverAgreesWithEverySolvedMiserePosition) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("tic_tac_toe/solved_misere.jsonl");
  CompareWithSolved(GameNamed("tic_tac_toe:misere=true"), "tic_tac_toe/solved_misere.jsonl");
}

}  // namespace
}  // namespace tandem
