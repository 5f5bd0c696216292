// Moves of chess in game files: Standard Algebraic Notation.
#include "engine/game/file_notation.h"

#include "engine/base/status.h"
#include "engine/game/adapter.h"
#include "engine/game/game_part.h"
#include "engine/game/quoted_text.h"
#include "engine/games/chess/action.h"
#include "engine/games/chess/chess_position.h"
#include "engine/games/chess/move_text.h"

namespace tandem::chess {
namespace {

const ChessPosition& PositionOf(const State& state) { return static_cast<const StateOf<ChessPosition>&>(state).position(); }

std::string Write(const State& state, Action action) {
  const Board& board = PositionOf(state).board();
  return WriteSan(board, MoveOf(board, action));
}

absl::StatusOr<Action> Read(const State& state, std::string_view text) {
  const ChessPosition& position = PositionOf(state);
  if (state.IsTerminal()) return BadInput("move ", QuotedText(text), " is illegal: the game is over in ", state.ToText());
  TANDEM_ASSIGN_OR_RETURN(const Move move, ReadSanOrUci(position.board(), text, position.rules().chess960));
  return ActionOf(move, position.ToMove());
}

TANDEM_REGISTER_GAME_PART("chess", (FileNotation{.write = Write, .read = Read}));

}  // namespace
}  // namespace tandem::chess
