#include "engine/game/board_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/rng.h"

namespace tandem {
namespace {

using testing::HasSubstr;

constexpr BoardShape kBottomUp = {.rows = 2, .cols = 3};
constexpr BoardShape kTopDown = {.rows = 2, .cols = 3, .row_one_on_top = true};
constexpr BoardShape kWide = {.rows = 1, .cols = 16};

TEST(BoardTextTest, WritesRowsFromTheTopWithRunsOfEmptyCellsAsNumbers) {
  EXPECT_EQ(WriteBoardText(kBottomUp, {"x..ooo", 1}), "ooo/x2 o");
  EXPECT_EQ(WriteBoardText(kTopDown, {"x..ooo", 0}), "x2/ooo x");
  EXPECT_EQ(WriteBoardText(kWide, {"..............xo", 0}), "14xo x");
}

TEST(BoardTextTest, ReadsWhatItWrites) {
  Rng rng(1);
  for (const BoardShape& shape : {kBottomUp, kTopDown, kWide}) {
    for (int i = 0; i < 200; ++i) {
      BoardText board{std::string(shape.rows * shape.cols, '.'), static_cast<int>(rng.Below(2))};
      for (char& cell : board.cells) cell = "...xo"[rng.Below(5)];
      const absl::StatusOr<BoardText> read = ReadBoardText(shape, WriteBoardText(shape, board));
      ASSERT_TRUE(read.ok()) << read.status();
      EXPECT_EQ(read->cells, board.cells);
      EXPECT_EQ(read->to_move, board.to_move);
    }
  }
}

TEST(BoardTextTest, SaysWhatIsWrongWithAPosition) {
  const auto error = [](std::string_view text) { return std::string(ReadBoardText(kBottomUp, text).status().message()); };
  EXPECT_THAT(error("3/3"), HasSubstr("no side to move"));
  EXPECT_THAT(error("3/3 w"), HasSubstr("side to move 'w'"));
  EXPECT_THAT(error("3/3 x "), HasSubstr("side to move"));
  EXPECT_THAT(error("3 x"), HasSubstr("too few rows"));
  EXPECT_THAT(error("3/3/3 x"), HasSubstr("too many rows"));
  EXPECT_THAT(error("3/2 x"), HasSubstr("row 2 from the top has 2 cells"));
  EXPECT_THAT(error("xxxx/3 x"), HasSubstr("more than 3 cells"));
  EXPECT_THAT(error("99999999999999999999/3 x"), HasSubstr("more than 3 cells"));
  EXPECT_THAT(error("0xxx/3 x"), HasSubstr("'0'"));
  EXPECT_THAT(error("xQx/3 x"), HasSubstr("'Q'"));
  EXPECT_THAT(error(std::string_view("\0/3 x", 5)), HasSubstr("'\\000'"));
}

TEST(BoardTextTest, HoldsAlternatingGamesToTheirNumberOfStones) {
  EXPECT_TRUE(CheckAlternation({"xo....", 0}, "").ok());
  EXPECT_TRUE(CheckAlternation({"x.....", 1}, "").ok());
  EXPECT_FALSE(CheckAlternation({"x.....", 0}, "").ok());
  EXPECT_FALSE(CheckAlternation({"oo.x..", 1}, "").ok());
}

TEST(BoardTextTest, DrawsTheBoardWithCoordinates) {
  EXPECT_EQ(DrawBoard(kBottomUp, {"x..ooo", 1}), "  2 o o o\n  1 x . .\n    a b c\no to move\n");
  EXPECT_EQ(DrawBoard(kTopDown, {"x..ooo", 0}), "    a b c\n  1 x . .\n  2 o o o\nx to move\n");
}

TEST(BoardTextTest, NamesCellsAndReadsTheirNames) {
  for (int cell = 0; cell < 6; ++cell) EXPECT_EQ(*CellFromName(kTopDown, CellName(kTopDown, cell)), cell);
  EXPECT_EQ(CellName(kTopDown, 4), "b2");
  for (const char* text : {"", "a", "a0", "a3", "d1", "A1", "a1 ", "a01", "1a", "aa", "a111"}) {
    EXPECT_FALSE(CellFromName(kTopDown, text).ok()) << text;
  }
}

}  // namespace
}  // namespace tandem
