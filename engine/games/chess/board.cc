#include "engine/games/chess/board.h"

#include "engine/games/chess/move_generator.h"

namespace tandem::chess {
namespace {

template <int kColor>
std::uint64_t CountLeavesAs(const Board& board, int depth, bool bulk) {
  if (bulk && depth == 1) return CountLegalMovesAs<kColor>(board);
  MoveList moves;
  LegalMovesAs<kColor>(board, moves);
  std::uint64_t count = 0;
  for (const Move move : moves) {
    Board next = board;
    next.ApplyAs<kColor>(move);
    // The compiler must not drop the position of a leaf that is played.
    if (depth == 1) asm volatile("" : : "m"(next));
    count += depth == 1 ? 1 : CountLeavesAs<kColor ^ 1>(next, depth - 1, bulk);
  }
  return count;
}

}  // namespace

std::uint64_t CountLeaves(const Board& board, int depth, bool bulk) {
  if (depth <= 0) return 1;
  return board.to_move == kWhite ? CountLeavesAs<kWhite>(board, depth, bulk) : CountLeavesAs<kBlack>(board, depth, bulk);
}

void LegalMoves(const Board& board, MoveList& moves) {
  board.to_move == kWhite ? LegalMovesAs<kWhite>(board, moves) : LegalMovesAs<kBlack>(board, moves);
}

int CountLegalMoves(const Board& board) {
  return board.to_move == kWhite ? CountLegalMovesAs<kWhite>(board) : CountLegalMovesAs<kBlack>(board);
}

bool HasLegalEnPassant(const Board& board) {
  return (board.to_move == kWhite ? internal::EnPassantPawns<kWhite>(board) : internal::EnPassantPawns<kBlack>(board)) != 0;
}

bool FindLegalMove(const Board& board, int from, int to, PieceType promoted, Move* move) {
  MoveList moves;
  LegalMoves(board, moves);
  for (const Move legal : moves) {
    if (legal.from != from || legal.to != to || (legal.IsPromotion() ? legal.Promoted() : kPawn) != promoted) continue;
    *move = legal;
    return true;
  }
  return false;
}

PieceType Board::TypeAt(int square) const {
  int type = kPawn;
  while (type < kKing && (types[type] & Bit(square)) == 0) ++type;
  return static_cast<PieceType>(type);
}

Bits Board::AttackersOf(int square, Bits occupied) const {
  return (kPawnAttacks[kBlack][square] & Pieces(kWhite, kPawn)) | (kPawnAttacks[kWhite][square] & Pieces(kBlack, kPawn)) |
         (kKnightAttacks[square] & types[kKnight]) | (kKingAttacks[square] & types[kKing]) |
         (BishopAttacks(square, occupied) & (types[kBishop] | types[kQueen])) |
         (RookAttacks(square, occupied) & (types[kRook] | types[kQueen]));
}

void Board::Apply(Move move) { to_move == kWhite ? ApplyAs<kWhite>(move) : ApplyAs<kBlack>(move); }

bool Board::IsInsufficientMaterial() const {
  if ((types[kPawn] | types[kRook] | types[kQueen]) != 0) return false;
  if (types[kKnight] != 0) return Count(Occupied()) == 3;
  return (types[kBishop] & kDarkSquares) == 0 || (types[kBishop] & ~kDarkSquares) == 0;
}

PositionKey Board::Key() const {
  const std::uint64_t state = to_move | (HasLegalEnPassant(*this) ? en_passant << 1 : 0);
  const Bits words[] = {colors[0], colors[1], types[kPawn], types[kKnight], types[kBishop], types[kRook], types[kQueen], castling, state};
  PositionKey key{.low = 1, .high = 2};
  for (const Bits word : words) {
    key.low = Mix64(key.low ^ word);
    key.high = Mix64(key.high + word * 0xd6e8feb86659fd93u);  // odd, so a bijection: another function than the first
  }
  return key;
}

Board StandardStart() {
  Board board;
  constexpr PieceType kOrder[] = {kRook, kKnight, kBishop, kQueen, kKing, kBishop, kKnight, kRook};
  for (int file = 0; file < 8; ++file) board.types[kOrder[file]] |= Bit(SquareOf(file, 0)) | Bit(SquareOf(file, 7));
  board.types[kPawn] = RankBits(1) | RankBits(6);
  board.colors[kWhite] = RankBits(0) | RankBits(1);
  board.colors[kBlack] = RankBits(6) | RankBits(7);
  board.castling = (RankBits(0) | RankBits(7)) & (kFileA | kFileH);
  return board;
}

}  // namespace tandem::chess
