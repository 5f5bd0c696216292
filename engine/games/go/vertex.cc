#include "engine/games/go/vertex.h"

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/game/quoted_text.h"

namespace tandem::go {

char ColumnLetter(int col) { return static_cast<char>(col < 8 ? 'A' + col : 'B' + col); }

std::string VertexName(int size, int cell) { return absl::StrCat(std::string(1, ColumnLetter(cell % size)), cell / size + 1); }

absl::StatusOr<int> VertexFromName(int size, std::string_view text) {
  const auto error = [&] {
    return BadInput("move ", QuotedText(text), " names no point; expected A1 to ", VertexName(size, size * size - 1),
                    " without I, or pass");
  };
  if (text.size() < 2 || text.size() > 3 || text[0] == 'I' || text[1] == '0') return error();
  int row = 0;
  for (const char c : text.substr(1)) {
    if (c < '0' || c > '9') return error();
    row = row * 10 + (c - '0');
  }
  const int col = text[0] - (text[0] < 'I' ? 'A' : 'B');
  if (col < 0 || col >= size || row > size) return error();
  return (row - 1) * size + col;
}

int MaxFixedHandicap(int size) {
  if (size < 7) return 0;
  return size == 7 || size % 2 == 0 ? 4 : 9;
}

std::vector<int> FixedHandicap(int size, int num_stones) {
  TANDEM_CHECK(num_stones >= 0 && num_stones != 1 && num_stones <= MaxFixedHandicap(size));
  if (num_stones == 0) return {};
  const int low = size < 13 ? 2 : 3, middle = size / 2, high = size - 1 - low;
  const auto cell = [size](int col, int row) { return row * size + col; };
  // Corners, then pairs on the sides; an odd number from five on has the centre.
  std::vector<int> cells = {cell(low, low),    cell(high, high),   cell(low, high),   cell(high, low),
                            cell(low, middle), cell(high, middle), cell(middle, low), cell(middle, high)};
  const bool has_centre = num_stones >= 5 && num_stones % 2 == 1;
  cells.resize(num_stones - has_centre);
  if (has_centre) cells.push_back(cell(middle, middle));
  return cells;
}

}  // namespace tandem::go
