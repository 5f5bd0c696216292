// Positions as text: Forsyth-Edwards Notation (PGN standard, section 16.1), with castling rights as KQkq, by the rooks' files
// (Shredder-FEN, "HAha") or as K and Q for the outermost rooks (X-FEN).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/games/chess/board.h"

namespace tandem::chess {

// Reads six fields, or the first four (then the counters are 0 and 1). Without `chess960` castling rights need the king on the e-file and
// rooks on the a- and h-files. Refused, with the field and what was expected (kInvalidArgument): anything no game of chess leads to that
// a glance can tell: not one king each, more men than promotions allow, pawns on the first or last rank, the side not to move in check,
// castling rights without king and rook at home, an en passant square without its pawn, counters out of range (clock 0..150, as the game
// ends at 150; move number 1..65535). An en passant square at which no pawn may take is accepted and forgotten.
absl::StatusOr<Board> ReadFen(std::string_view text, bool chess960);

// Six fields; castling rights as rook files when `chess960`, the en passant square only where a pawn may take.
std::string WriteFen(const Board& board, bool chess960);
// The first four fields of it, as EPD has them.
std::string WritePosition(const Board& board, bool chess960);

}  // namespace tandem::chess
