#include "engine/games/chess/chess960.h"

#include <array>

namespace tandem::chess {
namespace {

// The n-th file (from 0) whose place is still free.
int FreeFile(const std::array<PieceType, 8>& pieces, int n) {
  int file = 0;
  for (;; ++file) {
    if (pieces[file] == kPawn && n-- == 0) return file;
  }
}

}  // namespace

// Bishops on the light and dark squares, the queen on one of the six files left, the knights on two of five; the rest is rook, king, rook.
Board Chess960Start(int number) {
  constexpr int kKnightPairs[10][2] = {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {1, 2}, {1, 3}, {1, 4}, {2, 3}, {2, 4}, {3, 4}};
  std::array<PieceType, 8> pieces;
  pieces.fill(kPawn);  // free
  pieces[2 * (number % 4) + 1] = kBishop;
  number /= 4;
  pieces[2 * (number % 4)] = kBishop;
  number /= 4;
  pieces[FreeFile(pieces, number % 6)] = kQueen;
  const int* const knights = kKnightPairs[number / 6];
  const int first = FreeFile(pieces, knights[0]), second = FreeFile(pieces, knights[1]);
  pieces[first] = pieces[second] = kKnight;
  for (const PieceType type : {kRook, kKing, kRook}) pieces[FreeFile(pieces, 0)] = type;

  Board board = StandardStart();
  for (const PieceType type : {kKnight, kBishop, kRook, kQueen, kKing}) board.types[type] = 0;
  for (int file = 0; file < 8; ++file) board.types[pieces[file]] |= Bit(SquareOf(file, 0)) | Bit(SquareOf(file, 7));
  board.castling = board.types[kRook];
  return board;
}

}  // namespace tandem::chess
