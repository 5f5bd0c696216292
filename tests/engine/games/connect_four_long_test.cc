// The rest of the solved Connect Four positions: all moves of every position from ply 7 on, minutes of search in all.
#include <gtest/gtest.h>

#include <sstream>

#include "tests/engine/games/replay.h"
#include "tests/shared_data.h"

namespace tandem {
namespace {

TEST(ConnectFourLongTest, SolverAgreesWithAllSolvedPositions) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("connect_four/solved.jsonl");
  EXPECT_GT(CompareWithSolvedColumns(GameNamed("connect_four"), "connect_four/solved.jsonl", 8, 19), 0);
}

TEST(ConnectFourLongTest, SolverAgreesWithSolvedOpenings) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("connect_four/openings_solved.jsonl");
  EXPECT_GT(CompareWithSolvedColumns(GameNamed("connect_four"), "connect_four/openings_solved.jsonl", 11, 13), 100);
}

TEST(ConnectFourLongTest, SolverAgreesWithAllSolvedMiserePositions) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("connect_four/misere_solved.jsonl");
  EXPECT_EQ(CompareWithSolvedColumns(GameNamed("connect_four:misere=true"), "connect_four/misere_solved.jsonl", 0, 42), 320);
}

TEST(ConnectFourLongTest, SolverAgreesWithPublishedPositions) {
  const Game& game = GameNamed("connect_four");
  const std::unique_ptr<Solver> solver = game.NewSolver(256 << 20);
  for (const char* file : {"connect_four/published_test_L1_R1.txt", "connect_four/published_test_L2_R1.txt"}) {
    TANDEM_SKIP_WITHOUT_SHARED_DATA(file);
    for (const std::string& line : ReadSharedLines(file)) {
      std::istringstream fields(line);
      std::string moves;
      int score = 0;
      fields >> moves >> score;
      if (moves.size() >= 20) continue;
      EXPECT_EQ(solver->Solve(*Play(game, SplitMoves(moves, 1)), false, ~0ull).value().value, Sign(score)) << moves;
    }
  }
}

}  // namespace
}  // namespace tandem
