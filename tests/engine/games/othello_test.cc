#include "engine/games/othello/othello.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "engine/game/adapter.h"
#include "engine/game/board_text.h"
#include "tests/engine/games/replay.h"
#include "tests/shared_data.h"

namespace tandem {
namespace {

using testing::HasSubstr;

// The rules in the most obvious form: rays over a text board. The slow twin of the bit sets.
class SlowOthello {
 public:
  explicit SlowOthello(const BoardText& board, int size) : size_(size), cells_(board.cells), mover_("xo"[board.to_move]) {}

  bool Flips(int cell, std::vector<int>* flips) const {
    flips->clear();
    if (cells_[cell] != '.') return false;
    for (int down = -1; down <= 1; ++down) {
      for (int right = -1; right <= 1; ++right) {
        std::vector<int> run;
        int row = cell / size_ + down, col = cell % size_ + right;
        for (; OnBoard(row, col) && At(row, col) != '.' && At(row, col) != mover_; row += down, col += right)
          run.push_back(row * size_ + col);
        if (OnBoard(row, col) && At(row, col) == mover_) flips->insert(flips->end(), run.begin(), run.end());
      }
    }
    return !flips->empty();
  }
  std::vector<int> Moves() const {
    std::vector<int> moves, flips;
    for (int cell = 0; cell < size_ * size_; ++cell) {
      if (Flips(cell, &flips)) moves.push_back(cell);
    }
    return moves;
  }
  BoardText After(int cell) const {
    std::vector<int> flips;
    BoardText next{cells_, mover_ == 'x' ? 1 : 0};
    if (Flips(cell, &flips)) next.cells[cell] = mover_;
    for (const int flip : flips) next.cells[flip] = mover_;
    return next;
  }

 private:
  bool OnBoard(int row, int col) const { return row >= 0 && row < size_ && col >= 0 && col < size_; }
  char At(int row, int col) const { return cells_[row * size_ + col]; }

  int size_;
  std::string cells_;
  char mover_;
};

BoardShape Shape(int size) { return {.rows = size, .cols = size, .row_one_on_top = true}; }

class OthelloSizesTest : public testing::TestWithParam<int> {
 protected:
  const Game& game() const { return GameNamed(absl::StrCat("othello:size=", GetParam())); }
};

TEST_P(OthelloSizesTest, AgreesWithTheObviousRulesOnRandomBoards) {
  const int size = GetParam();
  Rng rng(size);
  for (int i = 0; i < 150; ++i) {
    BoardText board{std::string(size * size, '.'), static_cast<int>(rng.Below(2))};
    const std::string weights = std::string(1 + rng.Below(6), '.') + "xo";
    for (char& cell : board.cells) cell = weights[rng.Below(weights.size())];
    const SlowOthello slow(board, size);
    const std::unique_ptr<State> state = *game().StateFromText(WriteBoardText(Shape(size), board));
    ActionList legal;
    state->LegalActions(legal);
    const std::vector<int> moves = slow.Moves();
    if (moves.empty()) {
      ASSERT_TRUE(state->IsTerminal() || (legal.size() == 1 && legal[0] == size * size));
      continue;
    }
    ASSERT_EQ(std::vector<int>(legal.begin(), legal.end()), moves) << state->ToText();
    for (const int move : moves) {
      const std::unique_ptr<State> next = state->Clone();
      next->Apply(static_cast<Action>(move));
      ASSERT_EQ(next->ToText(), WriteBoardText(Shape(size), slow.After(move))) << state->ToText();
    }
  }
}

// Start positions have fewer symmetries than the rules: boards are mapped as text.
TEST_P(OthelloSizesTest, RulesHoldUnderAllEightSymmetries) {
  const int size = GetParam();
  Rng rng(size);
  std::unique_ptr<State> state = game().NewState();
  for (; !state->IsTerminal();) {
    ActionList legal;
    state->LegalActions(legal);
    const BoardText board = *ReadBoardText(Shape(size), state->ToText());
    for (const Symmetry& symmetry : game().symmetries()) {
      BoardText mapped = board;
      for (int cell = 0; cell < size * size; ++cell) mapped.cells[symmetry.cell[cell]] = board.cells[cell];
      const std::unique_ptr<State> mapped_state = *game().StateFromText(WriteBoardText(Shape(size), mapped));
      ActionList mapped_legal;
      mapped_state->LegalActions(mapped_legal);
      ASSERT_EQ(mapped_legal.size(), legal.size());
      for (const Action action : legal) ASSERT_GE(mapped_legal.Find(symmetry.action[action]), 0) << state->ToText();
    }
    state->Apply(legal[rng.Below(legal.size())]);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, OthelloSizesTest, testing::Values(4, 6, 8, 10, 12, 14, 16));

// Sequences of `depth` moves after which the game is over.
std::uint64_t CountEnded(const Othello<8>& position, int depth) {
  if (depth == 0) return position.GetOutcome() != Outcome::kOngoing;
  ActionList legal;
  position.LegalActions(legal);
  std::uint64_t count = 0;
  for (const Action action : legal) {
    Othello<8> next = position;
    next.Apply(action);
    count += CountEnded(next, depth - 1);
  }
  return count;
}

TEST(OthelloTest, LeafCountsAreThePublishedOnesLessTheGamesThatEndedEarlier) {
  // The published table goes on counting one leaf for each game that is over; the shortest games end after nine moves.
  const Game& game = GameNamed("othello");
  const std::unique_ptr<State> start = game.NewState();
  EXPECT_EQ(CountEnded({}, 8), 0u);
  const std::uint64_t ended_after_9 = CountEnded({}, 9);
  EXPECT_EQ(ended_after_9, 228u);
  EXPECT_EQ(game.Perft(*start, 10) + ended_after_9, 24571284u);
}

TEST(OthelloTest, StartsWithBlackOnE4AndD5) { EXPECT_EQ(GameNamed("othello").NewState()->ToText(), "8/8/8/3ox3/3xo3/8/8/8 x"); }

TEST(OthelloTest, PassIsLegalOnlyWhenItIsForced) {
  const Game& game = GameNamed("othello:size=4");
  EXPECT_THAT(std::string(game.NewState()->ParseAction("pass").status().message()), HasSubstr("illegal"));
  const std::unique_ptr<State> forced = *game.StateFromText("oox1/4/4/4 o");
  EXPECT_TRUE(forced->ParseAction("d1").ok());
  const std::unique_ptr<State> stuck = *game.StateFromText("xxo1/4/4/4 o");
  ActionList legal;
  stuck->LegalActions(legal);
  ASSERT_EQ(legal.size(), 1);
  EXPECT_EQ(stuck->ActionText(legal[0]), "pass");
  EXPECT_FALSE(stuck->IsTerminal());
  stuck->Apply(legal[0]);
  EXPECT_EQ(stuck->ToText(), "xxo1/4/4/4 x");
  EXPECT_TRUE(stuck->ParseAction("d1").ok());
}

TEST(OthelloTest, EndsWhenNeitherCanMoveAndTheMajorityWins) {
  const std::unique_ptr<State> state = *GameNamed("othello:size=4").StateFromText("xxx1/4/oo2/4 o");
  EXPECT_EQ(state->GetOutcome(), Outcome::kFirstWins);
  EXPECT_EQ(state->GetFinalScore().margin, 1);
  EXPECT_EQ(state->GetFinalScore().owner[0], 1);
  EXPECT_EQ(state->GetFinalScore().owner[8], -1);
  EXPECT_EQ(state->GetFinalScore().owner[3], 0);
}

TEST(OthelloTest, PositionsOfBothColoursHaveDifferentKeys) {
  const Game& game = GameNamed("othello");
  EXPECT_NE((*game.StateFromText("8/8/8/3ox3/3xo3/8/8/8 x"))->Key(), (*game.StateFromText("8/8/8/3xo3/3ox3/8/8/8 o"))->Key());
}

TEST(OthelloTest, WhiteWinsOn4x4) {
  const Game& game = GameNamed("othello:size=4");
  EXPECT_EQ(game.NewSolver(16 << 20)->Solve(*game.NewState(), false, ~0ull).value().value, -1);
}

std::unique_ptr<State> EndgameState(const boost::json::object& row) {
  BoardText board{std::string(row.at("board").as_string()), row.at("turn").as_string() == "X" ? 0 : 1};
  for (char& cell : board.cells) cell = cell == 'X' ? 'x' : cell == 'O' ? 'o' : '.';
  return *GameNamed("othello").StateFromText(WriteBoardText(Shape(8), board));
}

TEST(OthelloTest, SolverAgreesWithExactEndgames) {
  constexpr char kFile[] = "othello/endgames_8x8.jsonl";
  TANDEM_SKIP_WITHOUT_SHARED_DATA(kFile);
  const std::unique_ptr<Solver> solver = GameNamed("othello").NewSolver(16 << 20);
  int num_compared = 0;
  for (const boost::json::object& row : ReadJsonLines(kFile)) {
    if (row.at("empties").as_int64() > 9) continue;
    const std::unique_ptr<State> state = EndgameState(row);
    ActionList legal;
    state->LegalActions(legal);
    const absl::StatusOr<Solution> solution = solver->Solve(*state, true, ~0ull);
    const boost::json::object& scores = row.at("scores").as_object();
    ASSERT_EQ(scores.size(), static_cast<std::size_t>(legal.size())) << state->ToText();
    for (int i = 0; i < legal.size(); ++i) {
      ASSERT_EQ(solution.value().move_values[i], Sign(scores.at(state->ActionText(legal[i])).as_int64())) << state->ToText();
    }
    ++num_compared;
  }
  EXPECT_GT(num_compared, 100);
}

TEST(OthelloTest, LinesOfTheEndgamesLeadToTheirBoards) {
  constexpr char kFile[] = "othello/endgames_8x8.jsonl";
  TANDEM_SKIP_WITHOUT_SHARED_DATA(kFile);
  for (const boost::json::object& row : ReadJsonLines(kFile)) {
    const std::string line(row.at("line").as_string());
    ASSERT_EQ(Play(GameNamed("othello"), SplitMoves(line, 2))->ToText(), EndgameState(row)->ToText()) << line;
  }
}

TEST(OthelloTest, ReplaysRecordGamesToTheirResults) {
  constexpr char kFile[] = "othello/teacher_games.txt.zst";
  TANDEM_SKIP_WITHOUT_SHARED_DATA(kFile);
  int num_games = 0;
  for (const std::string& line : ReadSharedLines(kFile)) {
    if (num_games++ % 20 != 0) continue;
    std::istringstream fields(line);
    int margin = 0;
    std::string moves;
    fields >> margin >> moves;
    const std::unique_ptr<State> state = Play(GameNamed("othello"), SplitMoves(moves, 2));
    ASSERT_TRUE(state->IsTerminal()) << moves;
    ASSERT_EQ(state->GetFinalScore().margin, margin) << moves;
  }
}

}  // namespace
}  // namespace tandem
