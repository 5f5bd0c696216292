// Where a disc may be placed and what it flips, on whole bit sets at once. From the mover's discs (or the placed one) a flood runs over
// neighbouring opponent's discs, one step in each of eight directions a shift; what it reaches behind them is a move (or, when it is an
// own disc, makes the run flip). Steps from column to column leave out the edge columns, which would wrap to the next row.
//
// Boards up to 8x8 flood four directions in one vector of four words (GNU vector extension: AVX2 where compiled in, else plain words),
// with doubled strides; larger boards shift a few words at a time.
#pragma once

#include <cstdint>

#include "engine/game/wide_bits.h"

namespace tandem::othello {

using namespace bits;  // NOLINT: the sets that the rules are written on

template <int kSize>
using BitsOf = BitsFor<(kSize * kSize + 63) / 64>;

// Cells of columns first..last.
template <int kSize>
constexpr BitsOf<kSize> Columns(int first, int last) {
  BitsOf<kSize> bits{};
  for (int cell = 0; cell < kSize * kSize; ++cell) {
    if (cell % kSize >= first && cell % kSize <= last) Add(bits, cell);
  }
  return bits;
}
template <int kSize>
inline constexpr BitsOf<kSize> kAll = Columns<kSize>(0, kSize - 1);
template <int kSize>
inline constexpr BitsOf<kSize> kInnerColumns = Columns<kSize>(1, kSize - 2);

// --- One word -------------------------------------------------------------------------------------------------------------------------

using Lanes = std::uint64_t __attribute__((vector_size(32)));

// Cells that a flood from `from` reaches over `opponent`: lanes of the four directions, upwards and downwards.
template <int kSize>
[[gnu::always_inline]] inline void Flood(std::uint64_t from, std::uint64_t opponent, Lanes& up, Lanes& down) {
  constexpr Lanes kShift = {1, kSize - 1, kSize, kSize + 1};
  const std::uint64_t inner = opponent & kInnerColumns<kSize>;
  const Lanes over = {inner, inner, opponent, inner};
  const Lanes start = {from, from, from, from};
  up = over & (start << kShift);
  down = over & (start >> kShift);
  up |= over & (up << kShift);
  down |= over & (down >> kShift);
  // Pairs of opponent's discs let the flood take two steps at a time: 2, 4, ... up to size - 2 discs.
  const Lanes up_pairs = over & (over << kShift);
  const Lanes down_pairs = over & (over >> kShift);
  for (int reach = 2; reach < kSize - 2; reach += 2) {
    up |= up_pairs & (up << (2 * kShift));
    down |= down_pairs & (down >> (2 * kShift));
  }
}

template <int kSize>
[[gnu::always_inline]] inline std::uint64_t Moves(std::uint64_t own, std::uint64_t opponent) {
  constexpr Lanes kShift = {1, kSize - 1, kSize, kSize + 1};
  Lanes up, down;
  Flood<kSize>(own, opponent, up, down);
  const Lanes reached = (up << kShift) | (down >> kShift);
  return (reached[0] | reached[1] | reached[2] | reached[3]) & kAll<kSize> & ~(own | opponent);
}

template <int kSize>
[[gnu::always_inline]] inline std::uint64_t Flips(std::uint64_t placed, std::uint64_t own, std::uint64_t opponent) {
  constexpr Lanes kShift = {1, kSize - 1, kSize, kSize + 1};
  const Lanes owns = {own, own, own, own};
  Lanes up, down;
  Flood<kSize>(placed, opponent, up, down);
  // A comparison gives all ones in a lane that ends at an own disc.
  up &= reinterpret_cast<Lanes>((owns & (up << kShift)) != 0);
  down &= reinterpret_cast<Lanes>((owns & (down >> kShift)) != 0);
  const Lanes flips = up | down;
  return flips[0] | flips[1] | flips[2] | flips[3];
}

// --- Several words --------------------------------------------------------------------------------------------------------------------

// Calls visit(flood, one step behind the flood) for each of the eight directions.
template <int kSize, typename Visit>
void FloodEach(const BitsOf<kSize>& from, const BitsOf<kSize>& opponent, const Visit& visit) {
  const BitsOf<kSize> inner = opponent & kInnerColumns<kSize>;
  for (const int shift : {1, kSize - 1, kSize, kSize + 1}) {
    const BitsOf<kSize>& over = shift == kSize ? opponent : inner;
    BitsOf<kSize> up = over & (from << shift);
    BitsOf<kSize> down = over & (from >> shift);
    for (int reach = 1; reach < kSize - 2; ++reach) {
      up |= over & (up << shift);
      down |= over & (down >> shift);
    }
    visit(up, up << shift);
    visit(down, down >> shift);
  }
}

template <int kSize>
BitsOf<kSize> Moves(const BitsOf<kSize>& own, const BitsOf<kSize>& opponent) requires(kSize > 8) {
  BitsOf<kSize> moves{};
  FloodEach<kSize>(own, opponent, [&](const auto&, const auto& behind) { moves |= behind; });
  return moves & kAll<kSize> & ~(own | opponent);
}

template <int kSize>
BitsOf<kSize> Flips(const BitsOf<kSize>& placed, const BitsOf<kSize>& own, const BitsOf<kSize>& opponent) requires(kSize > 8) {
  BitsOf<kSize> flips{};
  FloodEach<kSize>(placed, opponent, [&](const auto& flood, const auto& behind) {
    if (Any(behind & own)) flips |= flood;
  });
  return flips;
}

}  // namespace tandem::othello
