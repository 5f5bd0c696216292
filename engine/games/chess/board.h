// Board: pieces, side to move, castling rights, en passant square and counters of one position, 80 bytes that are copied before each move.
// All that FIDE's laws say about a single position is here and in move_generator.h; what needs the moves before (repetition) is in
// position.h. Standard chess and Chess960 are the same: a castling right is the square of its rook, castling is the king taking it.
#pragma once

#include <string_view>

#include "engine/game/types.h"
#include "engine/games/chess/attacks.h"
#include "engine/games/chess/bitboard.h"

namespace tandem::chess {

enum class MoveKind : std::uint8_t {
  kNormal,
  kDoublePush,
  kEnPassant,
  kCastling,  // `to` is the square of the own rook
  kPromoteKnight,
  kPromoteBishop,
  kPromoteRook,
  kPromoteQueen,
};

struct Move {
  std::uint8_t from = 0;
  std::uint8_t to = 0;
  PieceType piece = kPawn;
  MoveKind kind = MoveKind::kNormal;

  bool IsPromotion() const { return kind >= MoveKind::kPromoteKnight; }
  PieceType Promoted() const {  // of a promotion
    return static_cast<PieceType>(static_cast<int>(kind) - static_cast<int>(MoveKind::kPromoteKnight) + kKnight);
  }
  friend bool operator==(const Move&, const Move&) = default;
};
constexpr MoveKind PromotionTo(PieceType type) {
  return static_cast<MoveKind>(static_cast<int>(MoveKind::kPromoteKnight) + type - kKnight);
}

// Legal moves of one position, unordered. Boards that ReadFen accepts have at most 218.
class MoveList {
 public:
  void push_back(Move move) { moves_[size_++] = move; }
  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Move operator[](int i) const { return moves_[i]; }
  const Move* begin() const { return moves_; }
  const Move* end() const { return moves_ + size_; }

 private:
  int size_ = 0;
  Move moves_[256];  // uninitialised past size_
};

struct Board {
  Bits types[kNumPieceTypes] = {};  // by PieceType, both colours
  Bits colors[2] = {};
  Bits castling = 0;  // squares of the rooks that may still castle
  std::uint8_t to_move = kWhite;
  std::uint8_t en_passant = 0;    // the square passed over by the last double step if an enemy pawn attacks it; 0: none
  std::uint16_t clock = 0;        // plies since the last capture or pawn move
  std::uint16_t move_number = 1;  // full moves from 1, as in FEN; stays at its largest value

  Bits Pieces(int color, PieceType type) const { return colors[color] & types[type]; }
  Bits Occupied() const { return colors[0] | colors[1]; }
  int KingSquare(int color) const { return Lowest(Pieces(color, kKing)); }
  PieceType TypeAt(int square) const;  // of an occupied square
  // Pieces of both colours that attack `square`, with these squares occupied.
  Bits AttackersOf(int square, Bits occupied) const;
  bool InCheck() const { return (AttackersOf(KingSquare(to_move), Occupied()) & colors[to_move ^ 1]) != 0; }

  // Plays a legal move.
  void Apply(Move move);
  template <int kColor>
  void ApplyAs(Move move);  // the same when the side to move is known

  // No sequence of legal moves leads to mate, as far as FIDE's simplest cases go: king against king, one minor piece, or any bishops
  // that all stand on squares of one colour.
  bool IsInsufficientMaterial() const;

  // Hash of everything that makes positions the same for repetition: pieces, side to move, castling rights, and the en passant square
  // where a pawn may really take (FIDE 9.2.3). The 128 bits come from all words of the board (no incremental Zobrist key: leaves of
  // perft and rollouts need none).
  PositionKey Key() const;

  friend bool operator==(const Board&, const Board&) = default;
};

Board StandardStart();

// A castling move's king and rook: to the c- and d-file when the rook stands west of the king, else to g and f.
struct CastlingSquares {
  int king_to, rook_to;
};
constexpr CastlingSquares CastlingTargets(int king, int rook) {
  const int rank = RankOf(king);
  return rook < king ? CastlingSquares{SquareOf(2, rank), SquareOf(3, rank)} : CastlingSquares{SquareOf(6, rank), SquareOf(5, rank)};
}

// Sequences of exactly `depth` legal moves. Draws by material, clock or repetition do not end a line, as is the custom. `bulk`: moves of
// the last ply are counted, not played.
std::uint64_t CountLeaves(const Board& board, int depth, bool bulk = true);

template <int kColor>
inline void Board::ApplyAs(Move move) {
  constexpr int kThem = kColor ^ 1;
  const Bits from = Bit(move.from), to = Bit(move.to);
  ++clock;
  en_passant = 0;
  if (move.kind == MoveKind::kCastling) {
    const CastlingSquares targets = CastlingTargets(move.from, move.to);
    colors[kColor] = (colors[kColor] & ~(from | to)) | Bit(targets.king_to) | Bit(targets.rook_to);
    types[kKing] ^= from ^ Bit(targets.king_to);  // may be one square
    types[kRook] ^= to ^ Bit(targets.rook_to);
  } else {
    if ((colors[kThem] & to) != 0) {
      colors[kThem] ^= to;
      for (int type = kPawn; type < kKing; ++type) types[type] &= ~to;
      clock = 0;
    }
    types[move.piece] ^= from | to;
    colors[kColor] ^= from | to;
  }
  castling &= ~(from | to);
  if (move.piece == kKing) castling &= ~RelativeRank(kColor, 0);
  if (move.piece == kPawn) {
    clock = 0;
    if (move.kind == MoveKind::kDoublePush) {
      const int passed = (move.from + move.to) / 2;
      if ((kPawnAttacks[kColor][passed] & Pieces(kThem, kPawn)) != 0) en_passant = static_cast<std::uint8_t>(passed);
    } else if (move.kind == MoveKind::kEnPassant) {
      const Bits taken = Bit(move.to ^ 8);
      types[kPawn] ^= taken;
      colors[kThem] ^= taken;
    } else if (move.IsPromotion()) {
      types[kPawn] ^= to;
      types[move.Promoted()] ^= to;
    }
  }
  to_move = kThem;
  if constexpr (kColor == kBlack) move_number += move_number != 0xffff;
}

}  // namespace tandem::chess
