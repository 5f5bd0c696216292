// Moves as indices of the network's policy, 73 planes of 64 cells (Silver 2018, "A general reinforcement learning algorithm ...", table
// S2): action = plane * 64 + cell the piece leaves, both in the mover's view (ranks turned for Black). Planes 0..55: queen's moves, 7 *
// direction (N NE E SE S SW W NW) + distance - 1, promotion to a queen included; 56..63: knight's moves; 64..72: promotion to knight,
// bishop, rook times file step -1, 0, +1. Castling is the king's move onto its own rook, in standard chess and Chess960 alike.
#pragma once

#include "engine/games/chess/board.h"

namespace tandem::chess {

inline constexpr int kPolicyPlanes = 73;
inline constexpr int kNumActions = kPolicyPlanes * 64;

// The square in the mover's view, and back.
constexpr int InViewOf(int color, int square) { return color == kWhite ? square : square ^ 56; }
constexpr Bits InViewOfMover(int color, Bits bits) { return color == kWhite ? bits : __builtin_bswap64(bits); }

Action ActionOf(Move move, int color);
// The move of a legal action.
Move MoveOf(const Board& board, Action action);
// The action that leaves `from` for `to`; kNoAction when neither queen nor knight moves so, or `promoted` (kPawn: none) does not fit.
Action ActionOf(int from, int to, PieceType promoted, int color);

}  // namespace tandem::chess
