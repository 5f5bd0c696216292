#include "engine/games/breakthrough/breakthrough.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "engine/game/adapter.h"
#include "tests/engine/games/replay.h"

namespace tandem {
namespace {

using testing::HasSubstr;

// The rules in the most obvious form, over the text board as both players see it.
class SlowBreakthrough {
 public:
  SlowBreakthrough(const BoardText& board, int size) : size_(size), board_(board) {}

  std::vector<std::string> Moves() const {
    std::vector<std::string> moves;
    const char own = "xo"[board_.to_move];
    const int up = board_.to_move == 0 ? 1 : -1;
    for (int row = 0; row < size_; ++row) {
      for (int col = 0; col < size_; ++col) {
        for (int right = -1; right <= 1; ++right) {
          const int to_row = row + up, to_col = col + right;
          if (to_row < 0 || to_row >= size_ || to_col < 0 || to_col >= size_ || At(row, col) != own) continue;
          const char there = At(to_row, to_col);
          if (there == own || (right == 0 && there != '.')) continue;
          moves.push_back(Name(row, col) + Name(to_row, to_col));
        }
      }
    }
    std::sort(moves.begin(), moves.end());
    return moves;
  }
  BoardText After(const std::string& move) const {
    BoardText next = board_;
    next.cells[(move[1] - '1') * size_ + move[0] - 'a'] = '.';
    next.cells[(move[3] - '1') * size_ + move[2] - 'a'] = "xo"[board_.to_move];
    next.to_move ^= 1;
    return next;
  }
  Outcome Result() const {
    for (int col = 0; col < size_; ++col) {
      if (At(size_ - 1, col) == 'x') return Outcome::kFirstWins;
      if (At(0, col) == 'o') return Outcome::kSecondWins;
    }
    if (board_.cells.find('o') == std::string::npos) return Outcome::kFirstWins;
    if (board_.cells.find('x') == std::string::npos) return Outcome::kSecondWins;
    return Outcome::kOngoing;
  }

 private:
  char At(int row, int col) const { return board_.cells[row * size_ + col]; }
  static std::string Name(int row, int col) { return {static_cast<char>('a' + col), static_cast<char>('1' + row)}; }

  int size_;
  BoardText board_;
};

class BreakthroughSizesTest : public testing::TestWithParam<int> {};

TEST_P(BreakthroughSizesTest, AgreesWithTheObviousRulesOverWholeGames) {
  const int size = GetParam();
  const Game& game = GameNamed(absl::StrCat("breakthrough:size=", size));
  const BoardShape shape = {.rows = size, .cols = size};
  Rng rng(size);
  int num_captured_all = 0;
  for (int i = 0; i < 400; ++i) {
    std::unique_ptr<State> state = game.NewState();
    // A few pieces only, in half of the games, so that last pieces are taken too.
    if (i % 2 == 0) {
      BoardText board{std::string(size * size, '.'), 0};
      for (int n = 0; n < 2; ++n) {
        board.cells[size + rng.Below(size)] = 'x';
        board.cells[size * 2 + rng.Below(size)] = 'o';
      }
      state = *game.StateFromText(WriteBoardText(shape, board));
    }
    for (;;) {
      const BoardText board = *ReadBoardText(shape, state->ToText());
      const SlowBreakthrough slow(board, size);
      ASSERT_EQ(state->GetOutcome(), slow.Result()) << state->ToText();
      if (state->IsTerminal()) {
        num_captured_all += board.cells.find("ox"[board.to_move ^ 1]) == std::string::npos;
        break;
      }
      ActionList legal;
      state->LegalActions(legal);
      std::vector<std::string> moves;
      for (const Action action : legal) moves.push_back(state->ActionText(action));
      std::sort(moves.begin(), moves.end());
      ASSERT_EQ(moves, slow.Moves()) << state->ToText();
      const std::string& move = moves[rng.Below(moves.size())];
      const std::string after = WriteBoardText(shape, slow.After(move));
      state->Apply(*state->ParseAction(move));
      ASSERT_EQ(state->ToText(), after);
    }
  }
  EXPECT_GT(num_captured_all, 0);
}

INSTANTIATE_TEST_SUITE_P(Sizes, BreakthroughSizesTest, testing::Values(5, 6, 7, 8));

TEST(BreakthroughTest, RefusesStepsThatAreNoMovesAndMovesThatAreIllegal) {
  const auto state = GameNamed("breakthrough").NewState();
  for (const char* text : {"", "a2", "a2a4", "a2c3", "a2a1", "a2a3q", "i2i3", "a9a8"}) {
    EXPECT_THAT(std::string(state->ParseAction(text).status().message()), HasSubstr("no step forward")) << text;
  }
  EXPECT_THAT(std::string(state->ParseAction("a1a2").status().message()), HasSubstr("illegal"));
}

TEST(BreakthroughTest, RefusesPositionsThatNoGameReaches) {
  const auto error = [](std::string_view text) {
    return std::string(GameNamed("breakthrough:size=5").StateFromText(text).status().message());
  };
  EXPECT_THAT(error("xxxxx/xxxxx/x4/5/4o x"), HasSubstr("11 pieces"));
  EXPECT_THAT(error("x4/5/5/5/4o x"), HasSubstr("has won already"));
  EXPECT_THAT(error("5/5/5/5/x4 x"), HasSubstr("has won already"));
  EXPECT_THAT(error("xx3/5/5/o4/5 o"), HasSubstr("two pieces"));
}

TEST(BreakthroughTest, PlanesAreTurnedForTheSecondPlayer) {
  const auto state = Play(GameNamed("breakthrough:size=5"), {"a2a3"});
  std::vector<float> planes(25 * 3);
  state->WritePlanes(planes);
  const auto at = [&](int row, int col, int plane) { return planes[(row * 5 + col) * 3 + plane]; };
  EXPECT_EQ(at(0, 0, 0), 1);  // a5, the second player's own first rank
  EXPECT_EQ(at(2, 0, 1), 1);  // a3
  EXPECT_EQ(at(3, 0, 1), 0);  // a2, left
}

struct Plain : Breakthrough {
  explicit Plain(const Breakthrough& position) : Breakthrough(position) {}
  void OrderedActions(ActionList&) const = delete;
  ValueBounds QuickBounds() const = delete;
  PositionKey CanonicalKey() const = delete;
  absl::StatusOr<Plain> FromText(std::string_view) const { return absl::UnimplementedError("not needed"); }
};

TEST(BreakthroughTest, TheSolversShortcutsGiveTheValuesOfFullSearch) {
  Rng rng(4);
  AlphaBeta<Plain> plain(1 << 22);
  AlphaBeta<Breakthrough> clever(1 << 22);
  int num_compared = 0;
  for (int i = 0; i < 300; ++i) {
    Breakthrough position(5);
    for (int ply = 0; ply < 18 && position.GetOutcome() == Outcome::kOngoing; ++ply) position.Apply(position.RandomAction(rng));
    const absl::StatusOr<Solution> full = plain.Solve(Plain(position), true, 20'000, nullptr);
    if (!full.ok()) continue;
    ASSERT_EQ(clever.Solve(position, true, ~0ull, nullptr)->move_values, full->move_values) << position.ToText();
    ++num_compared;
  }
  EXPECT_GT(num_compared, 30);
}

TEST(BreakthroughTest, RandomActionDrawsAllLegalMovesAlike) {
  Breakthrough position(5);
  Rng rng(9);
  for (int ply = 0; ply < 4; ++ply) position.Apply(position.RandomAction(rng));
  ActionList legal;
  position.LegalActions(legal);
  std::vector<int> counts(legal.size());
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws * legal.size(); ++i) ++counts[legal.Find(position.RandomAction(rng))];
  for (const int count : counts) EXPECT_NEAR(count, kDraws, 400);
}

}  // namespace
}  // namespace tandem
