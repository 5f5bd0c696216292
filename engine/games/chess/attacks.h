// Where pieces attack. Knights, kings and pawns by tables made by the compiler. Sliders by one look into a table per piece and square,
// indexed by the occupied squares on the piece's lines: packed by the PEXT instruction where the program is compiled for BMI2, else by a
// "magic" multiplication (Kannan 2007, "Magic Move-Bitboard Generation in Computer Chess"), whose factors are searched when the program
// starts (about 0.1 s). Both give the same tables of 841 KB for rooks and bishops together.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "engine/games/chess/bitboard.h"

#ifdef __BMI2__
#include <immintrin.h>
#endif

namespace tandem::chess {

namespace internal {
struct Step {
  int file, rank;
};
inline constexpr Step kKnightSteps[] = {{1, 2}, {2, 1}, {2, -1}, {1, -2}, {-1, -2}, {-2, -1}, {-2, 1}, {-1, 2}};
inline constexpr Step kQueenSteps[] = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}};  // the rook's four first
inline constexpr Step kPawnSteps[2][2] = {{{-1, 1}, {1, 1}}, {{-1, -1}, {1, -1}}};

constexpr bool OnBoard(int file, int rank) { return file >= 0 && file < 8 && rank >= 0 && rank < 8; }

template <typename Steps>
constexpr std::array<Bits, 64> Leaps(const Steps& steps) {
  std::array<Bits, 64> attacks{};
  for (int square = 0; square < 64; ++square) {
    for (const Step& step : steps) {
      const int file = FileOf(square) + step.file, rank = RankOf(square) + step.rank;
      if (OnBoard(file, rank)) attacks[square] |= Bit(SquareOf(file, rank));
    }
  }
  return attacks;
}

constexpr std::array<std::array<Bits, 64>, 64> MakeBetween() {
  std::array<std::array<Bits, 64>, 64> between{};
  for (int from = 0; from < 64; ++from) {
    for (const Step& step : kQueenSteps) {
      Bits passed = 0;
      for (int file = FileOf(from) + step.file, rank = RankOf(from) + step.rank; OnBoard(file, rank);
           file += step.file, rank += step.rank) {
        between[from][SquareOf(file, rank)] = passed;
        passed |= Bit(SquareOf(file, rank));
      }
    }
  }
  return between;
}
}  // namespace internal

inline constexpr std::array<Bits, 64> kKnightAttacks = internal::Leaps(internal::kKnightSteps);
inline constexpr std::array<Bits, 64> kKingAttacks = internal::Leaps(internal::kQueenSteps);
// What a pawn of this colour attacks.
inline constexpr std::array<std::array<Bits, 64>, 2> kPawnAttacks = {internal::Leaps(internal::kPawnSteps[kWhite]),
                                                                     internal::Leaps(internal::kPawnSteps[kBlack])};
// Squares strictly between two squares of one line; empty for others.
inline constexpr std::array<std::array<Bits, 64>, 64> kBetween = internal::MakeBetween();

// Rays stepped square by square, up to and including the first occupied one: fills the tables, and is their slow twin in tests.
Bits SlowSliderAttacks(bool rook, int square, Bits occupied);

// Immutable after construction, thread-safe. kPext: index by PEXT (needs BMI2), else by magic multiplication.
template <bool kPext>
class SliderTables {
 public:
  SliderTables();
  Bits Rook(int square, Bits occupied) const { return Look(rooks_[square], occupied); }
  Bits Bishop(int square, Bits occupied) const { return Look(bishops_[square], occupied); }

 private:
  struct Line {
    Bits mask = 0;             // squares whose occupation matters
    Bits factor = 0;           // of the magic multiplication
    std::uint32_t offset = 0;  // of this square's part of attacks_
    std::uint32_t shift = 0;
  };

  static std::size_t Index(const Line& line, Bits occupied) {
#ifdef __BMI2__
    if constexpr (kPext) return _pext_u64(occupied, line.mask);
#endif
    return ((occupied & line.mask) * line.factor) >> line.shift;
  }
  Bits Look(const Line& line, Bits occupied) const { return attacks_[line.offset + Index(line, occupied)]; }
  void Fill(Line& line, bool rook, int square);

  Line rooks_[64];
  Line bishops_[64];
  static constexpr std::size_t kNumEntries = 102400 + 5248;  // sum of 2^(bits of the mask) over rooks and bishops
  std::array<Bits, kNumEntries> attacks_;
  std::uint32_t num_filled_ = 0;
};

#ifdef __BMI2__
inline constexpr bool kUsesPext = true;
#else
inline constexpr bool kUsesPext = false;
#endif
extern const SliderTables<kUsesPext> kSliders;

inline Bits RookAttacks(int square, Bits occupied) { return kSliders.Rook(square, occupied); }
inline Bits BishopAttacks(int square, Bits occupied) { return kSliders.Bishop(square, occupied); }

}  // namespace tandem::chess
