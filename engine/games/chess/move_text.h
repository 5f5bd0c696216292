// Moves as text: UCI ("e2e4", "e7e8q"; castling as the king's two steps "e1g1", in Chess960 as the king taking its rook "e1h1") and
// Standard Algebraic Notation (PGN standard, section 8.2.3: "Nbd7", "exd8=Q+", "O-O").
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/games/chess/board.h"

namespace tandem::chess {

std::string WriteUci(Move move, bool chess960);

// Squares and promotion that a UCI text names on this board, castling turned into king and rook. `promoted` is kPawn without one.
struct UciSquares {
  int from = 0;
  int to = 0;
  PieceType promoted = kPawn;
};
// kInvalidArgument when the text is not of the form; whether the move is legal is not asked.
absl::StatusOr<UciSquares> ReadUciSquares(const Board& board, std::string_view text, bool chess960);
// The legal move. kInvalidArgument says whether the text is ill-formed or the move illegal.
absl::StatusOr<Move> ReadUci(const Board& board, std::string_view text, bool chess960);

// `move` is legal on `board`. With "+" or "#" where it checks or mates.
std::string WriteSan(const Board& board, Move move);
// The one legal move that the text means. Forgiving where other programs are loose: check marks and "!?" are not looked at, "0-0" is
// castling, "=" before the promotion may be missing, and more of the origin than needed may be given.
absl::StatusOr<Move> ReadSan(const Board& board, std::string_view text);
// The same, or the move in UCI text, which many files have; the error is that of the SAN.
absl::StatusOr<Move> ReadSanOrUci(const Board& board, std::string_view text, bool chess960);

}  // namespace tandem::chess
