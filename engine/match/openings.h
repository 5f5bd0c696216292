// Openings: short lines of moves from the start position that a pair of games shares, colours swapped. Deterministic players would
// repeat one game for ever without them.
//
// A file holds one opening a line: moves split by blanks, moves run together ("4433", "e6f4"; the longest piece that is a legal move is
// taken), or a JSON object with a member "moves"; blank lines and lines that begin with # are skipped. `--` is read as `pass`.
// All functions are pure; thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/state.h"

namespace tandem {

struct Opening {
  std::vector<Action> moves;  // from the start position; the position after them is not terminal
  std::string text;           // the moves split by blanks
};

// Reads a line of moves and plays it on `state`. kInvalidArgument names ply and text; `state` is then somewhere along the line.
absl::StatusOr<std::vector<Action>> PlayMoveText(std::string_view text, State& state);

// At least one opening; the error names the line. An opening that ends the game is an error.
absl::StatusOr<std::vector<Opening>> ReadOpenings(const Game& game, const std::filesystem::path& path);

// Up to `count` openings of `plies` uniformly random moves that lead to different, unfinished positions, in random order. All there are
// when there are fewer (counted exactly for small trees, given up after many repeats otherwise).
std::vector<Opening> RandomOpenings(const Game& game, int plies, int count, std::uint64_t seed);

// RandomOpenings with the fewest plies that give `count` different positions, at most a third of the longest game.
std::vector<Opening> ChooseOpenings(const Game& game, int count, std::uint64_t seed);

// The position after an opening.
std::unique_ptr<State> OpeningState(const Game& game, const Opening& opening);

// First 8 hex digits of a checksum over the lines: names a book in a report.
std::string OpeningsHash(const std::vector<Opening>& openings);

}  // namespace tandem
