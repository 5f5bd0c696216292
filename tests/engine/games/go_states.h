// States of Go for tests: from text, as boards, with their legal moves.
#pragma once

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/game/state.h"
#include "tests/engine/games/replay.h"

namespace tandem {

// Sorted.
inline std::vector<std::string> LegalTexts(const State& state) {
  ActionList legal;
  state.LegalActions(legal);
  std::vector<std::string> moves;
  for (const Action action : legal) moves.push_back(state.ActionText(action));
  std::sort(moves.begin(), moves.end());
  return moves;
}

inline bool IsLegal(const State& state, std::string_view move) { return state.ParseAction(move).ok(); }
inline std::unique_ptr<State> FromText(std::string_view spec, std::string_view text) { return GameNamed(spec).StateFromText(text).value(); }

// size * size characters of "xo.", row 1 first, read off the drawing.
inline std::string Stones(const State& state, int size) {
  std::istringstream lines(state.Draw());
  std::string line, board;
  std::getline(lines, line);
  for (int row = 0; row < size; ++row) {
    std::getline(lines, line);
    std::string cells;
    for (int col = 0; col < size; ++col) cells += line[4 + 2 * col];
    board.insert(0, cells);
  }
  return board;
}

}  // namespace tandem
