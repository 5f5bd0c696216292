// A part of a game (game_part.h): how its moves are written in game files, where that is not the game's own notation. Chess writes Standard
// Algebraic Notation in PGN. Readers and writers of files (engine/notation) ask for it and know no game.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/game/state.h"

namespace tandem {

// Pure functions over states of the game that registered them.
struct FileNotation {
  // `action` is legal in `state`.
  std::string (*write)(const State& state, Action action) = nullptr;
  // The one legal move that the text means, as forgiving as the game's files ask for; kInvalidArgument names the text and why not.
  absl::StatusOr<Action> (*read)(const State& state, std::string_view text) = nullptr;
};

}  // namespace tandem
