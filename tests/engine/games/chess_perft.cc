#include "tests/engine/games/chess_perft.h"

#include <gtest/gtest.h>

#include "boost/json.hpp"
#include "engine/games/chess/board.h"
#include "engine/games/chess/fen.h"
#include "tests/shared_data.h"

namespace tandem::chess {

int ComparePerft(const PerftFile& file, std::int64_t min_leaves, std::int64_t max_leaves) {
  int num_compared = 0;
  for (const boost::json::object& row : ReadJsonLines(file.file)) {
    const std::string fen(row.at("fen").as_string());
    const absl::StatusOr<Board> board = ReadFen(fen, file.chess960);
    if (!board.ok()) {
      ADD_FAILURE() << board.status();
      continue;
    }
    for (const auto& [depth, count] : row.at("counts").as_object()) {
      if (count.as_int64() < min_leaves || count.as_int64() > max_leaves) continue;
      const int plies = std::stoi(std::string(depth));
      EXPECT_EQ(CountLeaves(*board, plies), static_cast<std::uint64_t>(count.as_int64())) << fen << " depth " << plies;
      ++num_compared;
    }
  }
  return num_compared;
}

}  // namespace tandem::chess
