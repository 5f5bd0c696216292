// Games from move texts, and comparison of solver answers with solved sets, for the tests of this folder.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "boost/json.hpp"
#include "engine/game/state.h"
#include "tests/game_named.h"

namespace tandem {

// Plays the moves from the start; an illegal one fails the test and gives the position before it.
std::unique_ptr<State> Play(const Game& game, const std::vector<std::string>& moves);
// Moves written without blanks, each `width` characters ("--" is a pass).
std::vector<std::string> SplitMoves(std::string_view text, int width);
int Sign(std::int64_t value);
// The legal moves as traces list them: sorted by ASCII, blanks between.
std::string SortedLegal(const State& state);

// Solves every row of a Connect Four set (fields moves, scores, mixed) whose ply is in the range, and compares win/draw/loss of each move.
// Returns the number of positions.
int CompareWithSolvedColumns(const Game& game, std::string_view file, int min_ply, int max_ply, int every = 1);

}  // namespace tandem
