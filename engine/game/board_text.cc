#include "engine/game/board_text.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/game/quoted_text.h"

namespace tandem {
namespace {

constexpr char kStones[] = "xo";

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Row of cells that the i-th line from the top shows.
int RowOfLine(const BoardShape& shape, int line) { return shape.row_one_on_top ? line : shape.rows - 1 - line; }

std::string WriteRow(std::string_view row) {
  std::string text;
  for (std::size_t i = 0; i < row.size();) {
    if (row[i] != '.') {
      text += row[i++];
      continue;
    }
    const std::size_t end = std::min(row.find_first_not_of('.', i), row.size());
    absl::StrAppend(&text, end - i);
    i = end;
  }
  return text;
}

// Reads one row of exactly `cols` cells.
absl::StatusOr<std::string> ReadRow(std::string_view text, int cols) {
  std::string row;
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == 'x' || c == 'o') {
      row += c;
      ++i;
    } else if (c >= '1' && c <= '9') {
      int run = 0;
      for (; i < text.size() && IsDigit(text[i]) && run <= cols; ++i) run = run * 10 + (text[i] - '0');
      row.append(std::min(run, cols + 1), '.');
    } else {
      return BadInput("character ", QuotedText(text.substr(i, 1)), ", expected x, o or a number of empty cells");
    }
    if (static_cast<int>(row.size()) > cols) return BadInput("more than ", cols, " cells");
  }
  if (static_cast<int>(row.size()) != cols) return BadInput(row.size(), " cells, expected ", cols);
  return row;
}

std::string ColumnName(const BoardShape& shape, int col) {
  return shape.columns_are_numbers ? absl::StrCat(col + 1) : std::string(1, static_cast<char>('a' + col));
}

}  // namespace

std::string WriteBoardText(const BoardShape& shape, const BoardText& board) {
  TANDEM_CHECK(static_cast<int>(board.cells.size()) == shape.rows * shape.cols);
  std::string text;
  for (int line = 0; line < shape.rows; ++line) {
    if (line > 0) text += '/';
    text += WriteRow(std::string_view(board.cells).substr(RowOfLine(shape, line) * shape.cols, shape.cols));
  }
  return text + ' ' + kStones[board.to_move];
}

absl::StatusOr<BoardText> ReadBoardText(const BoardShape& shape, std::string_view text) {
  const auto error = [&](const auto&... pieces) {
    return BadInput("position ", QuotedText(text), ": ", pieces..., "; expected ", shape.rows, " rows of ", shape.cols,
                    " cells from the top, '/' between, a blank, x or o to move");
  };
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return error("no side to move");
  const std::string_view side = text.substr(blank + 1);
  if (side != "x" && side != "o") return error("side to move ", QuotedText(side));
  BoardText board{.cells = std::string(shape.rows * shape.cols, '.'), .to_move = side == "x" ? 0 : 1};
  std::string_view rest = text.substr(0, blank);
  for (int line = 0; line < shape.rows; ++line) {
    const std::size_t slash = rest.find('/');
    const bool is_last = line + 1 == shape.rows;
    if (is_last != (slash == std::string_view::npos)) return error(is_last ? "too many rows" : "too few rows");
    const absl::StatusOr<std::string> row = ReadRow(rest.substr(0, slash), shape.cols);
    if (!row.ok()) return error("row ", line + 1, " from the top has ", row.status().message());
    board.cells.replace(RowOfLine(shape, line) * shape.cols, shape.cols, *row);
    if (!is_last) rest.remove_prefix(slash + 1);
  }
  return board;
}

absl::Status CheckAlternation(const BoardText& board, std::string_view text) {
  const auto first = std::count(board.cells.begin(), board.cells.end(), 'x');
  const auto second = std::count(board.cells.begin(), board.cells.end(), 'o');
  if (first - second == board.to_move) return absl::OkStatus();
  return BadInput("position ", QuotedText(text), ": ", first, " stones x and ", second, " stones o with ", board.to_move == 0 ? "x" : "o",
                  " to move; expected ", board.to_move == 0 ? "as many of each" : "one x more");
}

std::string DrawBoard(const BoardShape& shape, const BoardText& board) {
  std::string columns = "   ";
  for (int col = 0; col < shape.cols; ++col) absl::StrAppendFormat(&columns, "%2s", ColumnName(shape, col));
  columns += '\n';
  std::string text = shape.row_one_on_top ? columns : "";
  for (int line = 0; line < shape.rows; ++line) {
    const int row = RowOfLine(shape, line);
    absl::StrAppendFormat(&text, "%3d", row + 1);
    for (int col = 0; col < shape.cols; ++col) {
      text += ' ';
      text += board.cells[row * shape.cols + col];
    }
    text += '\n';
  }
  if (!shape.row_one_on_top) text += columns;
  absl::StrAppendFormat(&text, "%c to move\n", kStones[board.to_move]);
  return text;
}

std::string CellName(const BoardShape& shape, int cell) { return absl::StrFormat("%c%d", 'a' + cell % shape.cols, cell / shape.cols + 1); }

absl::StatusOr<int> CellFromName(const BoardShape& shape, std::string_view text) {
  const auto error = [&] {
    return BadInput("move ", QuotedText(text), " names no cell; expected a1 to ", CellName(shape, shape.rows * shape.cols - 1));
  };
  if (text.size() < 2 || text.size() > 3 || text[1] == '0') return error();
  const int col = text[0] - 'a';
  int row = 0;
  for (const char c : text.substr(1)) {
    if (!IsDigit(c)) return error();
    row = row * 10 + (c - '0');
  }
  if (col < 0 || col >= shape.cols || row > shape.rows) return error();
  return (row - 1) * shape.cols + col;
}

}  // namespace tandem
