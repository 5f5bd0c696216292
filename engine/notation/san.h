// Standard Algebraic Notation of chess (PGN standard, Edwards 1994, section 8.2.3) made and read through State alone: the legal moves in
// UCI text and the board of the FEN say everything that it needs, so this package does not know the game.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/game/state.h"

namespace tandem {

// "Nbd7", "exd6", "e8=Q", "O-O", with + for check and # for mate. `action` is legal; `game` is chess.
std::string SanText(const Game& game, const State& state, Action action);
// The one legal move with this SAN or UCI text. Marks of check and quality (+ # ! ?) may be missing, wrong or too many; "0-0" and needless
// disambiguation are taken. kInvalidArgument when no or several legal moves fit.
absl::StatusOr<Action> ParseSan(const State& state, std::string_view text);

}  // namespace tandem
