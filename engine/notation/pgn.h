// Portable Game Notation (Edwards 1994) for chess and, by the Variant tag, for every other game: move text is then the game's own or
// Fairy-Stockfish's (variant.h). Read: tags, SAN or UCI moves, comments of both kinds, numeric and written marks (dropped), variations
// (dropped, nested ones too), escaped lines, FEN and SetUp tags, CRLF, a byte-order mark. Written: the seven tags first, lines of at most
// 80 characters.
#pragma once

#include <string>
#include <string_view>

#include "engine/notation/game_file.h"

namespace tandem {

GameFile ReadPgn(const Game* game, std::string_view text);
std::string WritePgn(const FileGame& game);

}  // namespace tandem
