// Legal moves without trial and error: squares the enemy attacks are found once, checks give the squares that end them, pins the line a
// piece must stay on, and each piece's moves are an intersection of sets. The same walk serves whoever asks: a sink is given sets of
// target squares and lists them (move_generator.cc), or only counts them.
//
// A sink has
//   void Piece(PieceType, int from, Bits targets)      a piece's moves
//   void Pawns(Bits targets, int step, MoveKind)       pawns that came to each target by `step` squares; kPromoteQueen: all four
//   void Single(Move)                                  castling, en passant
#pragma once

#include "engine/games/chess/board.h"

namespace tandem::chess {

void LegalMoves(const Board& board, MoveList& moves);  // appends
int CountLegalMoves(const Board& board);
// Whether a pawn may really take en passant (own king not left in check).
bool HasLegalEnPassant(const Board& board);
// The legal move from `from` to `to` (castling: the rook's square), promoting to `promoted` or, without promotion, kPawn. False if none.
bool FindLegalMove(const Board& board, int from, int to, PieceType promoted, Move* move);

namespace internal {

// Squares that kColor attacks, seen through the king at `through`: squares behind him on a slider's line are no refuge.
template <int kColor>
inline Bits AttackedSquares(const Board& board, Bits through) {
  const Bits occupied = board.Occupied() & ~through;
  const Bits own = board.colors[kColor];
  const Bits ahead = Forward<kColor>(own & board.types[kPawn]);
  Bits attacked = West(ahead) | East(ahead) | kKingAttacks[Lowest(own & board.types[kKing])];
  const Bits knights = own & board.types[kKnight];
  const Bits by_one = West(knights) | East(knights), by_two = West(West(knights)) | East(East(knights));
  attacked |= by_one << 16 | by_one >> 16 | by_two << 8 | by_two >> 8;
  ForEachSquare(own & (board.types[kBishop] | board.types[kQueen]), [&](int from) { attacked |= BishopAttacks(from, occupied); });
  ForEachSquare(own & (board.types[kRook] | board.types[kQueen]), [&](int from) { attacked |= RookAttacks(from, occupied); });
  return attacked;
}

// Pawns of the side to move that may take en passant. The capture is tried out: it is the one move that takes two men off a rank.
template <int kColor>
inline Bits EnPassantPawns(const Board& board) {
  constexpr int kThem = kColor ^ 1;
  if (board.en_passant == 0) return 0;
  const Bits taken = Bit(board.en_passant ^ 8);
  Bits pawns = kPawnAttacks[kThem][board.en_passant] & board.Pieces(kColor, kPawn);
  const int king = board.KingSquare(kColor);
  for (Bits rest = pawns; rest != 0; rest &= rest - 1) {
    const Bits pawn = rest & -rest;
    const Bits occupied = (board.Occupied() ^ pawn ^ taken) | Bit(board.en_passant);
    if ((board.AttackersOf(king, occupied) & board.colors[kThem] & ~taken) != 0) pawns ^= pawn;
  }
  return pawns;
}

struct Pins {
  Bits checkers = 0;
  Bits straight = 0;  // lines from pinning rooks and queens to the king, the pinning piece included
  Bits diagonal = 0;  // the same of bishops and queens
};

template <int kColor>
inline Pins FindPins(const Board& board, int king) {
  const Bits own = board.colors[kColor], enemy = board.colors[kColor ^ 1];
  Pins pins;
  pins.checkers = enemy & ((kPawnAttacks[kColor][king] & board.types[kPawn]) | (kKnightAttacks[king] & board.types[kKnight]));
  const auto look = [&](Bits snipers, Bits& lines) {
    ForEachSquare(snipers, [&](int sniper) {
      const Bits between = kBetween[king][sniper];
      const Bits blockers = between & own;
      if (blockers == 0) {
        pins.checkers |= Bit(sniper);
      } else if (!Several(blockers)) {
        lines |= between | Bit(sniper);
      }
    });
  };
  look(RookAttacks(king, enemy) & enemy & (board.types[kRook] | board.types[kQueen]), pins.straight);
  look(BishopAttacks(king, enemy) & enemy & (board.types[kBishop] | board.types[kQueen]), pins.diagonal);
  return pins;
}

// Pawn moves onto `targets` (squares that end a check).
template <int kColor, typename Sink>
inline void WalkPawns(const Board& board, const Pins& pins, Bits targets, Sink& sink) {
  constexpr int kUp = kColor == kWhite ? 8 : -8;
  constexpr Bits kLastRank = RelativeRank(kColor, 7);
  const Bits empty = ~board.Occupied();
  const Bits pawns = board.Pieces(kColor, kPawn);
  const auto report = [&](Bits to, int step) {
    sink.Pawns(to & ~kLastRank, step, MoveKind::kNormal);
    if ((to & kLastRank) != 0) sink.Pawns(to & kLastRank, step, MoveKind::kPromoteQueen);
  };
  // A pinned pawn may stay on its line.
  const Bits pushed =
      (Forward<kColor>(pawns & ~(pins.straight | pins.diagonal)) | (Forward<kColor>(pawns & pins.straight) & pins.straight)) & empty;
  report(pushed & targets, kUp);
  sink.Pawns(Forward<kColor>(pushed & RelativeRank(kColor, 2)) & empty & targets, 2 * kUp, MoveKind::kDoublePush);
  const Bits free = Forward<kColor>(pawns & ~(pins.straight | pins.diagonal));
  const Bits pinned = Forward<kColor>(pawns & pins.diagonal);
  const Bits prey = board.colors[kColor ^ 1] & targets;
  report((West(free) | (West(pinned) & pins.diagonal)) & prey, kUp - 1);
  report((East(free) | (East(pinned) & pins.diagonal)) & prey, kUp + 1);
}

// King not in check. Everything between king, rook and where they go must be empty but for the two; the king's way is not attacked; a
// rook that shields the king on their rank (Chess960 only) must stay.
template <int kColor, typename Sink>
inline void WalkCastling(const Board& board, const Pins& pins, int king, Bits attacked, Sink& sink) {
  ForEachSquare(board.castling & board.colors[kColor] & ~pins.straight, [&](int rook) {
    const CastlingSquares targets = CastlingTargets(king, rook);
    const Bits king_way = kBetween[king][targets.king_to] | Bit(targets.king_to);
    const Bits rook_way = kBetween[rook][targets.rook_to] | Bit(targets.rook_to);
    const Bits others = board.Occupied() & ~(Bit(king) | Bit(rook));
    if (((king_way | rook_way) & others) != 0 || (king_way & attacked) != 0) return;
    sink.Single({static_cast<std::uint8_t>(king), static_cast<std::uint8_t>(rook), kKing, MoveKind::kCastling});
  });
}

template <int kColor, typename Sink>
inline void Walk(const Board& board, Sink& sink) {
  const Bits own = board.colors[kColor];
  const Bits occupied = board.Occupied();
  const int king = board.KingSquare(kColor);
  const Bits attacked = AttackedSquares<kColor ^ 1>(board, Bit(king));
  const Pins pins = FindPins<kColor>(board, king);
  sink.Piece(kKing, king, kKingAttacks[king] & ~own & ~attacked);
  if (Several(pins.checkers)) return;
  Bits targets = ~own;
  if (pins.checkers != 0) {
    targets = kBetween[king][Lowest(pins.checkers)] | pins.checkers;
  } else if ((board.castling & own) != 0) {
    WalkCastling<kColor>(board, pins, king, attacked, sink);
  }
  WalkPawns<kColor>(board, pins, targets, sink);
  if (board.en_passant != 0) {
    ForEachSquare(EnPassantPawns<kColor>(board), [&](int from) {
      sink.Single({static_cast<std::uint8_t>(from), board.en_passant, kPawn, MoveKind::kEnPassant});
    });
  }
  ForEachSquare(own & board.types[kKnight] & ~(pins.straight | pins.diagonal),
                [&](int from) { sink.Piece(kKnight, from, kKnightAttacks[from] & targets); });
  const auto on_line = [&](int from, Bits line) { return (Bit(from) & line) != 0 ? line : ~Bits{0}; };
  ForEachSquare(own & board.types[kBishop] & ~pins.straight,
                [&](int from) { sink.Piece(kBishop, from, BishopAttacks(from, occupied) & targets & on_line(from, pins.diagonal)); });
  ForEachSquare(own & board.types[kRook] & ~pins.diagonal,
                [&](int from) { sink.Piece(kRook, from, RookAttacks(from, occupied) & targets & on_line(from, pins.straight)); });
  ForEachSquare(own & board.types[kQueen], [&](int from) {
    const Bits bit = Bit(from);
    Bits to = 0;
    if ((bit & pins.straight) == 0) to |= BishopAttacks(from, occupied) & on_line(from, pins.diagonal);
    if ((bit & pins.diagonal) == 0) to |= RookAttacks(from, occupied) & on_line(from, pins.straight);
    sink.Piece(kQueen, from, to & targets);
  });
}

struct CountingSink {
  int count = 0;
  void Piece(PieceType, int, Bits targets) { count += Count(targets); }
  void Pawns(Bits targets, int, MoveKind kind) { count += kind == MoveKind::kPromoteQueen ? 4 * Count(targets) : Count(targets); }
  void Single(Move) { ++count; }
};

struct ListingSink {
  MoveList& moves;
  void Piece(PieceType piece, int from, Bits targets) {
    ForEachSquare(targets, [&](int to) {
      moves.push_back({static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to), piece, MoveKind::kNormal});
    });
  }
  void Pawns(Bits targets, int step, MoveKind kind) {
    ForEachSquare(targets, [&](int to) {
      Move move{static_cast<std::uint8_t>(to - step), static_cast<std::uint8_t>(to), kPawn, kind};
      moves.push_back(move);
      if (kind != MoveKind::kPromoteQueen) return;
      for (const PieceType type : {kRook, kBishop, kKnight}) {
        move.kind = PromotionTo(type);
        moves.push_back(move);
      }
    });
  }
  void Single(Move move) { moves.push_back(move); }
};

}  // namespace internal

template <int kColor>
inline void LegalMovesAs(const Board& board, MoveList& moves) {
  internal::ListingSink sink{moves};
  internal::Walk<kColor>(board, sink);
}
template <int kColor>
inline int CountLegalMovesAs(const Board& board) {
  internal::CountingSink sink;
  internal::Walk<kColor>(board, sink);
  return sink.count;
}

}  // namespace tandem::chess
