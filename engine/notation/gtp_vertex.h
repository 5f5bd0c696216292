// Vertices and colours as the Go Text Protocol and its offspring for other games write them, for both of its ends (engine/protocol speaks
// it, engine/agent listens to programs that do).
//
//   go        D4, pass; letters without I, row 1 at the bottom (GTP 2, section 2.11)
//   gomoku    likewise, though the game's own notation has an I
//   hex       a1 is the top left corner, letters with I; black joins top and bottom; swap-pieces (HexGui's word; swap is read too)
//   othello   d3 with row 1 on top, pass only when forced
// Other games use their own notation. Black is the first player, white in chess and breakthrough.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/game/state.h"

namespace tandem {

// The text of a legal action of `state`.
std::string VertexText(const Game& game, const State& state, Action action);
// Of a cell, 0 in the first row of the game's own notation.
std::string CellVertex(const Game& game, int cell);
// The legal move, in any case of letters. kInvalidArgument says whether it is no vertex or not legal.
absl::StatusOr<Action> ParseVertex(const Game& game, const State& state, std::string_view text);
// 0 or 1 for b, w, black, white in any case of letters.
std::optional<int> ParseColor(const Game& game, std::string_view text);
char ColorLetter(const Game& game, int player);  // 'B' or 'W'
bool IsPassText(std::string_view text);

}  // namespace tandem
