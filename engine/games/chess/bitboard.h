// Sets of squares as 64-bit words, and the words of chess that every file of this folder shares. Square = rank * 8 + file, a1 = 0, h1 = 7,
// h8 = 63. Bitboards are always seen from White; what the network sees is turned to the mover's view in action.h and position.cc.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

namespace tandem::chess {

using Bits = std::uint64_t;

inline constexpr int kWhite = 0;
inline constexpr int kBlack = 1;

enum PieceType : std::uint8_t { kPawn, kKnight, kBishop, kRook, kQueen, kKing };
inline constexpr int kNumPieceTypes = 6;
inline constexpr char kPieceLetters[] = "PNBRQK";  // by PieceType

constexpr int FileOf(int square) { return square & 7; }
constexpr int RankOf(int square) { return square >> 3; }
constexpr int SquareOf(int file, int rank) { return rank * 8 + file; }
constexpr Bits Bit(int square) { return Bits{1} << square; }
constexpr int Count(Bits bits) { return std::popcount(bits); }
constexpr int Lowest(Bits bits) { return std::countr_zero(bits); }  // bits != 0
constexpr int Highest(Bits bits) { return 63 - std::countl_zero(bits); }
constexpr bool Several(Bits bits) { return (bits & (bits - 1)) != 0; }

inline constexpr Bits kFileA = 0x0101010101010101u;
inline constexpr Bits kFileH = kFileA << 7;
inline constexpr Bits kDarkSquares = 0xaa55aa55aa55aa55u;  // a1 is dark
constexpr Bits RankBits(int rank) { return Bits{0xff} << (8 * rank); }
// Rank as the player sees it: 0 is the one his pieces start on.
constexpr Bits RelativeRank(int color, int rank) { return RankBits(color == kWhite ? rank : 7 - rank); }

// One step forward for this colour, straight and to both sides (west: towards file a).
template <int kColor>
constexpr Bits Forward(Bits bits) {
  return kColor == kWhite ? bits << 8 : bits >> 8;
}
constexpr Bits West(Bits bits) { return (bits & ~kFileA) >> 1; }
constexpr Bits East(Bits bits) { return (bits & ~kFileH) << 1; }

template <typename Visit>
inline void ForEachSquare(Bits bits, const Visit& visit) {
  for (; bits != 0; bits &= bits - 1) visit(Lowest(bits));
}

inline std::string SquareName(int square) { return {static_cast<char>('a' + FileOf(square)), static_cast<char>('1' + RankOf(square))}; }

}  // namespace tandem::chess
