#include "engine/games/connect_four/connect_four.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "engine/game/adapter.h"
#include "tests/engine/games/replay.h"
#include "tests/shared_data.h"

namespace tandem {
namespace {

using testing::HasSubstr;

const Game& Standard() { return GameNamed("connect_four"); }
std::unique_ptr<State> Line(std::string_view moves, std::string_view spec = "connect_four") {
  return Play(GameNamed(spec), SplitMoves(moves, 1));
}

TEST(ConnectFourTest, FourInARowWinsInAllDirections) {
  EXPECT_EQ(Line("1213141")->GetOutcome(), Outcome::kFirstWins);      // upright
  EXPECT_EQ(Line("1122334")->GetOutcome(), Outcome::kFirstWins);      // flat
  EXPECT_EQ(Line("12234334464")->GetOutcome(), Outcome::kFirstWins);  // rising
  EXPECT_EQ(Line("76654554424")->GetOutcome(), Outcome::kFirstWins);  // falling
  EXPECT_EQ(Line("12345671")->GetOutcome(), Outcome::kOngoing);
  EXPECT_EQ(Line("7172717")->GetOutcome(), Outcome::kFirstWins);
}

TEST(ConnectFourTest, FourInARowLosesInMisere) {
  EXPECT_EQ(Line("1122334", "connect_four:misere=true")->GetOutcome(), Outcome::kSecondWins);
}

TEST(ConnectFourTest, LinesDoNotRunOverTheEdgeToTheNextColumn) {
  // Three stones at the top of column 1, one at the bottom of column 2.
  const auto state = Standard().StateFromText("x6/x6/x6/o6/x6/oxoo1o1 x");
  ASSERT_TRUE(state.ok()) << state.status();
  EXPECT_EQ((*state)->GetOutcome(), Outcome::kOngoing);
}

TEST(ConnectFourTest, RefusesAFullColumnAndWhatIsNoColumn) {
  const auto state = Line("111111");
  EXPECT_THAT(std::string(state->ParseAction("1").status().message()), HasSubstr("illegal"));
  for (const char* text : {"0", "8", "", "11", "a", "-1", " 1"}) EXPECT_FALSE(state->ParseAction(text).ok()) << text;
}

TEST(ConnectFourTest, RefusesPositionsThatNoGameReaches) {
  const auto error = [](std::string_view text) { return std::string(Standard().StateFromText(text).status().message()); };
  EXPECT_THAT(error("7/7/7/7/x6/7 o"), HasSubstr("column 1, row 2 hangs"));
  EXPECT_THAT(error("7/7/7/7/7/x6 x"), HasSubstr("as many of each"));
  EXPECT_THAT(error("7/7/7/7/ooo4/xxxxo2 x"), HasSubstr("four in a row"));
}

TEST(ConnectFourTest, PlanesShowStonesAndWhereTheNextOneLands) {
  const auto state = Line("44");
  std::vector<float> planes(6 * 7 * 4);
  state->WritePlanes(planes);
  const auto at = [&](int row, int col, int plane) { return planes[(row * 7 + col) * 4 + plane]; };
  EXPECT_EQ(at(0, 3, 0), 1);  // the mover's
  EXPECT_EQ(at(1, 3, 1), 1);  // the opponent's
  EXPECT_EQ(at(2, 3, 3), 1);
  EXPECT_EQ(at(0, 0, 3), 1);
  EXPECT_EQ(at(1, 0, 3), 0);
  EXPECT_EQ(at(5, 6, 2), 1);
}

TEST(ConnectFourTest, MirroredPositionsShareTheirCanonicalKeyAndNoOtherKey) {
  Rng rng(5);
  for (int game = 0; game < 50; ++game) {
    ConnectFour<false> position, mirrored;
    while (position.GetOutcome() == Outcome::kOngoing) {
      const Action column = position.RandomAction(rng);
      position.Apply(column);
      mirrored.Apply(static_cast<Action>(6 - column));
      ASSERT_EQ(position.CanonicalKey(), mirrored.CanonicalKey());
      ASSERT_EQ(connect_four::MirroredKey(position.Key().low), mirrored.Key().low);
    }
  }
}

TEST(ConnectFourTest, RandomActionDrawsAllLegalColumnsAlike) {
  ConnectFour<false> position;
  for (int i = 0; i < 6; ++i) position.Apply(0);
  Rng rng(9);
  int counts[7] = {};
  for (int i = 0; i < 60000; ++i) ++counts[position.RandomAction(rng)];
  EXPECT_EQ(counts[0], 0);
  for (int column = 1; column < 7; ++column) EXPECT_NEAR(counts[column], 10000, 500);
}

// What OrderedActions leaves out loses or is no better than what it keeps, and QuickBounds holds the value: by full search without both.
template <bool kMisere>
struct Plain : ConnectFour<kMisere> {
  void OrderedActions(ActionList&) const = delete;
  ValueBounds QuickBounds() const = delete;
  absl::StatusOr<Plain> FromText(std::string_view) const { return absl::UnimplementedError("not needed"); }
};

template <bool kMisere>
void CompareShortcutsWithFullSearch() {
  Rng rng(11);
  AlphaBeta<Plain<kMisere>> plain(1 << 22);
  AlphaBeta<ConnectFour<kMisere>> clever(1 << 22);
  int num_compared = 0;
  for (int game = 0; game < 3000; ++game) {
    Plain<kMisere> position;
    for (int ply = 0; ply < 31 && position.GetOutcome() == Outcome::kOngoing; ++ply) position.Apply(position.RandomAction(rng));
    for (; position.GetOutcome() == Outcome::kOngoing; position.Apply(position.RandomAction(rng))) {
      const int value = plain.Solve(position, false, ~0ull, nullptr).value().value;
      ASSERT_EQ(clever.Solve(position, false, ~0ull, nullptr).value().value, value) << position.ToText();
      const ValueBounds bounds = static_cast<const ConnectFour<kMisere>&>(position).QuickBounds();
      ASSERT_LE(bounds.low, value) << position.ToText();
      ASSERT_GE(bounds.high, value) << position.ToText();
      ++num_compared;
    }
  }
  EXPECT_GT(num_compared, 400);
}

TEST(ConnectFourTest, TheSolversShortcutsGiveTheValuesOfFullSearch) { CompareShortcutsWithFullSearch<false>(); }

TEST(ConnectFourTest, TheSolversShortcutsGiveTheValuesOfFullSearchInMisere) { CompareShortcutsWithFullSearch<true>(); }

TEST(ConnectFourTest, SolverStopsAtItsNodeLimitAndWhenAsked) {
  const std::unique_ptr<Solver> solver = Standard().NewSolver(1 << 20);
  EXPECT_EQ(solver->Solve(*Standard().NewState(), false, 1000).status().code(), absl::StatusCode::kResourceExhausted);
  const bool stop = true;
  EXPECT_EQ(solver->Solve(*Standard().NewState(), true, ~0ull, &stop).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(ConnectFourTest, SolverAnswersForFinishedGames) {
  const std::unique_ptr<Solver> solver = Standard().NewSolver(1 << 20);
  const absl::StatusOr<Solution> solution = solver->Solve(*Line("1213141"), true, 10);
  ASSERT_TRUE(solution.ok());
  EXPECT_EQ(solution->value, -1);
  EXPECT_TRUE(solution->move_values.empty());
}

TEST(ConnectFourTest, SolverAgreesWithSolvedPositionsFromPly20On) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("connect_four/solved.jsonl");
  EXPECT_GT(CompareWithSolvedColumns(Standard(), "connect_four/solved.jsonl", 20, 42), 1500);
}

TEST(ConnectFourTest, SolverAgreesWithSolvedMiserePositions) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("connect_four/misere_solved.jsonl");
  EXPECT_GE(CompareWithSolvedColumns(GameNamed("connect_four:misere=true"), "connect_four/misere_solved.jsonl", 22, 42, 8), 20);
}

TEST(ConnectFourTest, SolverAgreesWithPublishedPositionsFromPly20On) {
  for (const char* file : {"connect_four/published_test_L2_R1.txt", "connect_four/published_test_L3_R1.txt"}) {
    TANDEM_SKIP_WITHOUT_SHARED_DATA(file);
    const std::unique_ptr<Solver> solver = Standard().NewSolver(16 << 20);
    for (const std::string& line : ReadSharedLines(file)) {
      std::istringstream fields(line);
      std::string moves;
      int score = 0;
      fields >> moves >> score;
      if (moves.size() < 20) continue;
      EXPECT_EQ(solver->Solve(*Line(moves), false, ~0ull).value().value, Sign(score)) << moves;
    }
  }
}

}  // namespace
}  // namespace tandem
