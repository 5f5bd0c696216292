// Names of points in Go, and where handicap stones stand: both as the Go Text Protocol (version 2, sections 2.11 and 4.1) has them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tandem::go {

inline constexpr int kMaxSize = 19;

// 'A', 'B', ... for columns from 0; there is no 'I'.
char ColumnLetter(int col);
// Cell = row * size + col, from 0; "A1" is cell 0.
std::string VertexName(int size, int cell);
// kInvalidArgument when `text` names no point of the board. Upper case only: one text for one point.
absl::StatusOr<int> VertexFromName(int size, std::string_view text);

// Most stones that have a fixed place: 9 on odd boards from 9, 4 on 7 and on even boards from 8, else 0.
int MaxFixedHandicap(int size);
// Cells of `num_stones` handicap stones, 0 or 2 to MaxFixedHandicap.
std::vector<int> FixedHandicap(int size, int num_stones);

}  // namespace tandem::go
