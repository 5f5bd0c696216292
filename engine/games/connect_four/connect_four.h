// Connect Four on 7 columns of 6, and misere: four in a row loses. Other sizes are played by engine/game/connect_k.h.
//
// Bit sets in the layout of John Tromp's Fhourstones: a column is 7 bits, bit = col * 7 + row, row 0 at the bottom; the seventh bit of a
// column stays empty, so that no line of stones runs over the board's edge. Action = column; cell (for planes) = row * 7 + col.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/game/position.h"
#include "engine/game/random_bit.h"
#include "engine/game/types.h"

namespace tandem {

// What both rule sets share: geometry of the bit sets.
namespace connect_four {

inline constexpr int kRows = 6;
inline constexpr int kCols = 7;
inline constexpr int kRun = 4;             // stones in a row
inline constexpr int kStride = kRows + 1;  // bits a column
inline constexpr int kCells = kRows * kCols;

constexpr std::uint64_t Bit(int col, int row) { return std::uint64_t{1} << (col * kStride + row); }
constexpr std::uint64_t ColumnMask(int col) { return (Bit(0, kRows) - 1) << (col * kStride); }
inline constexpr std::uint64_t kBottom = [] {
  std::uint64_t bits = 0;
  for (int col = 0; col < kCols; ++col) bits |= Bit(col, 0);
  return bits;
}();
inline constexpr std::uint64_t kBoard = kBottom * (Bit(0, kRows) - 1);

// Whether four stones lie in a row: neighbours that have neighbours two further.
constexpr bool HasFour(std::uint64_t stones) {
  constexpr int kDirections[] = {1, kStride - 1, kStride, kStride + 1};
  std::uint64_t fours = 0;
  for (const int shift : kDirections) {
    const std::uint64_t pairs = stones & (stones >> shift);
    fours |= pairs & (pairs >> (2 * shift));
  }
  return fours != 0;
}

// Empty cells, reachable now or later, that would complete a four of `stones`.
constexpr std::uint64_t CompletingCells(std::uint64_t stones, std::uint64_t occupied) {
  std::uint64_t cells = (stones << 1) & (stones << 2) & (stones << 3);
  for (const int shift : {kStride - 1, kStride, kStride + 1}) {
    const std::uint64_t two_before = (stones << shift) & (stones << (2 * shift));
    const std::uint64_t two_after = (stones >> shift) & (stones >> (2 * shift));
    cells |= two_before & ((stones << (3 * shift)) | (stones >> shift));
    cells |= two_after & ((stones >> (3 * shift)) | (stones << shift));
  }
  return cells & kBoard & ~occupied;
}

// The key of the board mirrored left to right.
std::uint64_t MirroredKey(std::uint64_t key);

}  // namespace connect_four

template <bool kMisere>
class ConnectFour {
 public:
  static constexpr int kNumPlanes = 4;

  int ToMove() const { return std::popcount(occupied_) & 1; }
  Outcome GetOutcome() const;
  // Per column the mover's stones plus the occupied cells: distinct sums for distinct columns (49 bits).
  PositionKey Key() const { return {.low = mover_ + occupied_, .high = 0}; }
  PositionKey CanonicalKey() const;
  void LegalActions(ActionList& legal) const;
  std::uint64_t CountActions() const { return connect_four::HasFour(Opponent()) ? 0 : std::popcount(Landing()); }
  void Apply(Action column) {
    mover_ = Opponent();
    occupied_ |= occupied_ + connect_four::Bit(column, 0);
  }
  Action RandomAction(Rng& rng) const { return static_cast<Action>(RandomBit(Landing(), rng) / connect_four::kStride); }

  // The only move when it wins or is forced; else those that do not lose at once, by the threats that they make.
  void OrderedActions(ActionList& actions) const;
  ValueBounds QuickBounds() const;

  // [6, 7, 4], row 0 at the bottom: the mover's stones, the opponent's, ones, the cells where a stone can land now.
  void WritePlanes(std::span<float> planes) const;

  std::string ActionText(Action action) const;
  absl::StatusOr<Action> ActionFromText(std::string_view text) const;
  std::string ToText() const;
  absl::StatusOr<ConnectFour> FromText(std::string_view text) const;
  std::string Draw() const;

 private:
  std::uint64_t Opponent() const { return mover_ ^ occupied_; }
  std::uint64_t Landing() const { return (occupied_ + connect_four::kBottom) & connect_four::kBoard; }
  // Landing cells that do not lose at once; all of `Landing` is considered, wins of the mover aside.
  std::uint64_t SafeCells() const;
  std::string Cells() const;

  std::uint64_t mover_ = 0;  // stones of the side to move
  std::uint64_t occupied_ = 0;
};

template <bool kMisere>
inline Outcome ConnectFour<kMisere>::GetOutcome() const {
  if (connect_four::HasFour(Opponent())) {
    // The player who has just moved made it.
    return static_cast<Outcome>(SwitchView(kMisere ? 1 : -1, ToMove()));
  }
  return occupied_ == connect_four::kBoard ? Outcome::kDraw : Outcome::kOngoing;
}

extern template class ConnectFour<false>;
extern template class ConnectFour<true>;

}  // namespace tandem
