// Text of boards with one kind of stone a player. A board is a string of cells in cell order (row * cols + col; row 0 is the one that
// notation calls row 1), 'x' the first player's stones, 'o' the second's, '.' empty.
//
// The one-line form lists rows from the top as people see the board, separated by '/', runs of empty cells as a number (10 and more are
// one number), then a blank and who is to move: "3/1x1/2o x".
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tandem {

struct BoardShape {
  int rows = 0;
  int cols = 0;
  bool row_one_on_top = false;       // where notation's row 1 is drawn
  bool columns_are_numbers = false;  // 1, 2, ... instead of a, b, ...
};

struct BoardText {
  std::string cells;  // rows * cols of "xo."
  int to_move = 0;    // 0: 'x', 1: 'o'
};

std::string WriteBoardText(const BoardShape& shape, const BoardText& board);
// kInvalidArgument says which row or character is wrong and what was expected; one text form is accepted, the one that is written.
absl::StatusOr<BoardText> ReadBoardText(const BoardShape& shape, std::string_view text);
// For games that begin on an empty board and place one stone a move: as many stones each, or one more of the first player's when the
// second is to move. kInvalidArgument otherwise; `text` is what the board was read from.
absl::Status CheckAlternation(const BoardText& board, std::string_view text);
// Several lines with coordinates, and who is to move.
std::string DrawBoard(const BoardShape& shape, const BoardText& board);

// "a1", "p16": column letter, then row number from 1. Columns a..z.
std::string CellName(const BoardShape& shape, int cell);
// kInvalidArgument when `text` names no cell of the board.
absl::StatusOr<int> CellFromName(const BoardShape& shape, std::string_view text);

}  // namespace tandem
