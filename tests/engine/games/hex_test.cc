#include "engine/games/hex/hex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/game/adapter.h"
#include "tests/engine/games/replay.h"
#include "tests/shared_data.h"

namespace tandem {
namespace {

using testing::HasSubstr;

// Whether `stone` joins its edges on a board of cells, by search from one edge: the slow twin of the incremental sets.
bool Joins(const std::string& cells, int size, char stone) {
  std::vector<bool> seen(cells.size());
  std::vector<int> open;
  const auto visit = [&](int row, int col) {
    if (row < 0 || row >= size || col < 0 || col >= size) return;
    const int cell = row * size + col;
    if (cells[cell] != stone || seen[cell]) return;
    seen[cell] = true;
    open.push_back(cell);
  };
  for (int i = 0; i < size; ++i) stone == 'x' ? visit(0, i) : visit(i, 0);
  while (!open.empty()) {
    const int row = open.back() / size, col = open.back() % size;
    open.pop_back();
    if ((stone == 'x' ? row : col) == size - 1) return true;
    visit(row, col + 1), visit(row, col - 1), visit(row + 1, col), visit(row - 1, col), visit(row - 1, col + 1), visit(row + 1, col - 1);
  }
  return false;
}

class HexSizesTest : public testing::TestWithParam<int> {
 protected:
  int size() const { return GetParam(); }
  const Game& game() const { return GameNamed(absl::StrCat("hex:size=", size())); }
};

TEST_P(HexSizesTest, EndsExactlyWhenASearchFindsTheEdgesJoined) {
  Rng rng(size());
  for (int i = 0; i < 20; ++i) {
    const std::unique_ptr<State> state = game().NewState();
    std::string cells(size() * size(), '.');
    ActionList legal;
    while (!state->IsTerminal()) {
      state->LegalActions(legal);
      std::vector<int> empty;
      for (int cell = 0; cell < size() * size(); ++cell) {
        if (cells[cell] == '.') empty.push_back(cell);
      }
      ASSERT_EQ(std::vector<int>(legal.begin(), legal.end()), empty);
      const Action action = legal[rng.Below(legal.size())];
      cells[action] = "xo"[state->ToMove()];
      state->Apply(action);
      const Outcome outcome = Joins(cells, size(), 'x')   ? Outcome::kFirstWins
                              : Joins(cells, size(), 'o') ? Outcome::kSecondWins
                                                          : Outcome::kOngoing;
      ASSERT_EQ(state->GetOutcome(), outcome) << state->Draw();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, HexSizesTest, testing::Values(2, 3, 4, 5, 7, 8, 10, 11, 13, 14, 19));

// The fill at once has the distribution of the game move by move.
TEST(HexTest, PlayoutsEndLikeGamesMoveByMove) {
  for (const int size : {2, 3, 5, 8}) {
    Rng rng(size + 100);
    const std::unique_ptr<State> middle = GameNamed(absl::StrCat("hex:size=", size)).NewState();
    middle->Apply(0);  // a corner, so that the game is not even
    constexpr int kGames = 10000;
    int fast = 0, slow = 0;
    ActionList legal;
    for (int i = 0; i < kGames; ++i) {
      fast += middle->Rollout(rng) == Outcome::kFirstWins;
      const std::unique_ptr<State> state = middle->Clone();
      for (state->LegalActions(legal); !legal.empty(); state->LegalActions(legal)) state->Apply(legal[rng.Below(legal.size())]);
      slow += state->GetOutcome() == Outcome::kFirstWins;
    }
    EXPECT_NEAR(fast, slow, 5 * std::sqrt(2.0 * kGames) / 2) << size;
  }
}

TEST(HexTest, TheFirstPlayerJoinsRowsAndTheSecondFiles) {
  const Game& game = GameNamed("hex:size=3");
  EXPECT_EQ(Play(game, {"b1", "a1", "b2", "a2", "b3"})->GetOutcome(), Outcome::kFirstWins);
  EXPECT_EQ(Play(game, {"a1", "a2", "b1", "b2", "a3", "c2"})->GetOutcome(), Outcome::kSecondWins);
  // c1, b2, a3 touch along the short diagonal; a1, b2, c3 do not.
  EXPECT_EQ(Play(game, {"c1", "a1", "b2", "b1", "a3"})->GetOutcome(), Outcome::kFirstWins);
  EXPECT_EQ(Play(game, {"a1", "c1", "b2", "b1", "c3"})->GetOutcome(), Outcome::kOngoing);
}

TEST(HexTest, TheSecondPlayerMayTakeOverTheFirstStoneOnce) {
  const Game& game = GameNamed("hex:size=5,swap=true");
  EXPECT_FALSE(game.NewState()->ParseAction("swap").ok());
  const auto swapped = Play(game, {"b1", "swap"});
  EXPECT_EQ(swapped->ToText(), "5/o4/5/5/5 x");
  EXPECT_FALSE(swapped->ParseAction("swap").ok());
  const auto on = Play(game, {"b1", "swap", "b1"});
  EXPECT_EQ(on->ToText(), "1x3/o4/5/5/5 o");
  EXPECT_FALSE(on->ParseAction("swap").ok());
  EXPECT_TRUE(game.StateFromText(on->ToText()).ok());
  EXPECT_FALSE(Play(game, {"b1", "c1"})->ParseAction("swap").ok());
  EXPECT_FALSE(GameNamed("hex:size=5").StateFromText("5/o4/5/5/5 x").ok());
}

TEST(HexTest, RefusesPositionsThatNoGameReaches) {
  const Game& game = GameNamed("hex:size=3");
  EXPECT_THAT(std::string(game.StateFromText("xx1/3/3 x").status().message()), HasSubstr("2 stones x"));
  EXPECT_THAT(std::string(game.StateFromText("x1o/x1o/x1o x").status().message()), HasSubstr("joined its edges"));
  EXPECT_FALSE(game.StateFromText("3/3/3 x ").ok());
}

TEST(HexTest, PlanesShowTheMoversStonesColourAndEdges) {
  const auto state = Play(GameNamed("hex:size=3"), {"b1"});
  std::vector<float> planes(9 * 4);
  state->WritePlanes(planes);
  const auto at = [&](int row, int col, int plane) { return planes[(row * 3 + col) * 4 + plane]; };
  EXPECT_EQ(at(0, 1, 0), 0);
  EXPECT_EQ(at(0, 1, 1), 1);
  EXPECT_EQ(at(2, 2, 2), -1);
  EXPECT_EQ(at(0, 1, 3), 0);  // the second player's edges are files
  EXPECT_EQ(at(1, 0, 3), 1);
}

TEST(HexTest, TurnedPositionsShareTheirCanonicalKey) {
  Rng rng(5);
  for (int size = 2; size <= 7; ++size) {
    for (int i = 0; i < 30; ++i) {
      Hex<1> position(size, false), turned(size, false);
      ActionList legal;
      for (position.LegalActions(legal); !legal.empty(); position.LegalActions(legal)) {
        const Action action = legal[rng.Below(legal.size())];
        position.Apply(action);
        turned.Apply(static_cast<Action>(size * size - 1 - action));
        ASSERT_EQ(position.CanonicalKey(), turned.CanonicalKey());
        ASSERT_EQ(position.GetOutcome(), turned.GetOutcome());
      }
    }
  }
}

struct Plain : Hex<1> {
  explicit Plain(int size) : Hex<1>(size, false) {}
  void OrderedActions(ActionList&) const = delete;
  ValueBounds QuickBounds() const = delete;
  PositionKey CanonicalKey() const = delete;
  absl::StatusOr<Plain> FromText(std::string_view) const { return absl::UnimplementedError("not needed"); }
};

TEST(HexTest, TheSolversShortcutsGiveTheValuesOfFullSearch) {
  Rng rng(3);
  AlphaBeta<Plain> plain(1 << 22);
  AlphaBeta<Hex<1>> clever(1 << 22);
  for (int i = 0; i < 200; ++i) {
    Plain position(4);
    ActionList legal;
    for (int ply = 0; ply < 6; ++ply) {
      position.LegalActions(legal);
      position.Apply(legal[rng.Below(legal.size())]);
    }
    ASSERT_EQ(clever.Solve(position, true, ~0ull, nullptr)->move_values, plain.Solve(position, true, ~0ull, nullptr)->move_values)
        << position.ToText();
  }
}

TEST(HexTest, SolverFindsTheWinningFirstMoves) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("hex/opening_wins.json");
  const boost::json::value data = ReadJson("hex/opening_wins.json");
  for (const auto& [size, moves] : data.at("winning_first_moves").as_object()) {
    if (size == "1") continue;
    const Game& game = GameNamed(absl::StrCat("hex:size=", std::string(size)));
    const std::unique_ptr<State> start = game.NewState();
    const absl::StatusOr<Solution> solution = game.NewSolver(64 << 20)->Solve(*start, true, ~0ull);
    std::vector<int> expected(solution->move_values.size(), -1);
    for (const boost::json::value& move : moves.as_array()) expected[start->ParseAction(std::string(move.as_string())).value()] = 1;
    EXPECT_EQ(solution->move_values, expected) << std::string(size);
  }
}

TEST(HexTest, SolverAgreesWithSolvedPositions) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("hex/solved_positions.jsonl");
  int num_compared = 0;
  std::map<std::string, std::unique_ptr<Solver>> solvers;
  for (const boost::json::object& row : ReadJsonLines("hex/solved_positions.jsonl")) {
    const Game& game = GameNamed(absl::StrCat("hex:size=", row.at("size").as_int64()));
    std::unique_ptr<Solver>& solver = solvers[game.facts().spec];
    if (solver == nullptr) solver = game.NewSolver(64 << 20);
    const std::vector<std::string> moves = absl::StrSplit(std::string(row.at("moves").as_string()), ' ', absl::SkipEmpty());
    const auto state = Play(game, moves);
    const absl::StatusOr<Solution> solution = solver->Solve(*state, true, 30'000);
    if (!solution.ok()) continue;
    ActionList legal;
    state->LegalActions(legal);
    const std::string winning = absl::StrCat(" ", std::string(row.at("winning").as_string()), " ");
    for (int i = 0; i < legal.size(); ++i) {
      const bool wins = winning.find(absl::StrCat(" ", state->ActionText(legal[i]), " ")) != std::string::npos;
      ASSERT_EQ(solution->move_values[i], wins ? 1 : -1) << state->ToText();
    }
    ++num_compared;
  }
  EXPECT_GE(num_compared, 150);
}

TEST(HexTest, RecordGamesOfAStrongProgramAreWonByWhoTheRecordSays) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("hex/games_10x10_wolve.txt.zst");
  int num_games = 0;
  for (const std::string& line : ReadSharedLines("hex/games_10x10_wolve.txt.zst")) {
    if (++num_games > 1000) break;
    std::vector<std::string> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    const int winner = words[0] == "1" ? 1 : -1;
    words.erase(words.begin());
    const auto state = Play(GameNamed("hex:size=10"), words);
    if (state->IsTerminal()) {
      ASSERT_EQ(static_cast<int>(state->GetOutcome()), winner) << line;
    }
  }
}

}  // namespace
}  // namespace tandem
