#include "engine/games/chess/attacks.h"

#include <algorithm>

#include "engine/base/rng.h"

namespace tandem::chess {
namespace {

// The quickest of the first few hundred seeds.
constexpr std::uint64_t kMagicSeed = 14;

// Squares of the piece's lines without the last one of each, whose occupation changes nothing.
Bits InnerLines(bool rook, int square) {
  const Bits edges = ((RankBits(0) | RankBits(7)) & ~RankBits(RankOf(square))) | ((kFileA | kFileH) & ~(kFileA << FileOf(square)));
  return SlowSliderAttacks(rook, square, 0) & ~edges;
}

}  // namespace

Bits SlowSliderAttacks(bool rook, int square, Bits occupied) {
  Bits attacks = 0;
  for (int direction = rook ? 0 : 4; direction < (rook ? 4 : 8); ++direction) {
    const internal::Step& step = internal::kQueenSteps[direction];
    int file = FileOf(square) + step.file, rank = RankOf(square) + step.rank;
    for (; internal::OnBoard(file, rank); file += step.file, rank += step.rank) {
      attacks |= Bit(SquareOf(file, rank));
      if ((occupied & Bit(SquareOf(file, rank))) != 0) break;
    }
  }
  return attacks;
}

template <bool kPext>
SliderTables<kPext>::SliderTables() {
  for (int square = 0; square < 64; ++square) {
    Fill(rooks_[square], true, square);
    Fill(bishops_[square], false, square);
  }
}

template <bool kPext>
void SliderTables<kPext>::Fill(Line& line, bool rook, int square) {
  line.mask = InnerLines(rook, square);
  line.shift = 64 - Count(line.mask);
  line.offset = num_filled_;
  const std::size_t size = std::size_t{1} << Count(line.mask);
  num_filled_ += static_cast<std::uint32_t>(size);
  std::array<Bits, 4096> subsets, attacks;
  std::size_t n = 0;
  Bits subset = 0;
  do {  // Carry-rippler: all subsets of the mask in ascending order
    subsets[n] = subset;
    attacks[n++] = SlowSliderAttacks(rook, square, subset);
    subset = (subset - line.mask) & line.mask;
  } while (subset != 0);
  Bits* const table = &attacks_[line.offset];
  // A factor serves when no two subsets with different attacks share an index; sparse random words that carry the mask into the high bits
  // are likely to. PEXT needs no factor, and its first try succeeds.
  constexpr int kHighBits = 6;
  Rng rng = Rng::Stream(kMagicSeed, "magic", (rook ? 64 : 0) + square);
  std::array<std::uint32_t, 4096> last_try{};  // that wrote the entry
  bool filled = false;
  for (std::uint32_t attempt = 1; !filled; ++attempt) {
    do {
      line.factor = rng() & rng() & rng();
    } while (!kPext && Count((line.mask * line.factor) >> 56) < kHighBits);
    filled = true;
    for (std::size_t i = 0; i < n && filled; ++i) {
      const std::size_t index = Index(line, subsets[i]);
      filled = last_try[index] != attempt || table[index] == attacks[i];
      last_try[index] = attempt;
      table[index] = attacks[i];
    }
  }
}

template class SliderTables<false>;
#ifdef __BMI2__
template class SliderTables<true>;
#endif

const SliderTables<kUsesPext> kSliders;

}  // namespace tandem::chess
