// Hex on rhombic boards of 2x2 to 19x19. The first player joins row 1 (top) with the last row, the second file a with the last file; a
// board cannot fill up without exactly one of them succeeding, so there are no draws. Option swap: the second player may answer the first
// stone by taking it over (it changes colour and is mirrored over the long diagonal, so that he keeps his own edges).
//
// Bit = row * (size + 1) + col: the unused column keeps neighbours from wrapping. Connectivity is incremental: for each player and each of
// his two edges the set of stones that are joined to that edge is kept; a stone that touches such a set draws its own group in by a flood.
// Every stone enters a set at most once in a game, and a stone in both sets has won. Random playouts fill the board at once and ask who
// has joined his edges: stones placed after the decision cannot change it, so the result has the same distribution.
//
// Cell = row * size + col, row 0 at the top; action = cell, and size * size is the swap.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/game/board_text.h"
#include "engine/game/position.h"
#include "engine/game/types.h"
#include "engine/game/wide_bits.h"

namespace tandem {

// kWords: 64-bit words for size * (size + 1) bits.
template <int kWords>
class Hex {
 public:
  Hex(int size, bool swap);

  int ToMove() const { return to_move_; }
  Outcome GetOutcome() const { return outcome_; }
  PositionKey Key() const { return bits::KeyOfSets(stones_[0], stones_[1], to_move_); }
  // The smaller one of this position's key and of the one turned by 180 degrees, where one word holds a set.
  PositionKey CanonicalKey() const;
  void LegalActions(ActionList& legal) const;
  std::uint64_t CountActions() const;
  void Apply(Action action);
  Outcome Playout(Rng& rng) const;

  // The only move that matters when the opponent threatens to join his edges; else by closeness to the centre.
  void OrderedActions(ActionList& actions) const;
  // A cell that joins both edges wins; two such cells of the opponent cannot both be taken.
  ValueBounds QuickBounds() const;
  static constexpr bool kNeverDraws = true;

  // [size, size, 4]: the mover's stones, the opponent's, 1 or -1 for the first or second player to move, cells on the mover's own edges;
  // with swap a fifth: ones where the swap is legal.
  void WritePlanes(std::span<float> planes) const;
  int NumPlanes() const { return swap_ ? 5 : 4; }

  std::string ActionText(Action action) const;
  absl::StatusOr<Action> ActionFromText(std::string_view text) const;
  std::string ToText() const;
  absl::StatusOr<Hex> FromText(std::string_view text) const;
  std::string Draw() const;  // rows shifted by half a cell, as the board is drawn

 private:
  using Bits = bits::BitsFor<kWords>;
  struct Masks;

  static const Masks& MasksOf(int size);
  const Masks& masks() const { return MasksOf(size_); }
  BoardShape Shape() const { return {.rows = size_, .cols = size_, .row_one_on_top = true}; }
  int Stride() const { return size_ + 1; }
  int BitOf(int cell) const { return cell + cell / size_; }
  int CellOf(int bit) const { return bit - bit / Stride(); }
  Action SwapAction() const { return static_cast<Action>(size_ * size_); }
  bool CanSwap() const { return swap_ && to_move_ == 1 && num_stones_ == 1 && !bits::Any(stones_[1]); }
  Bits Empty() const { return masks().board & ~(stones_[0] | stones_[1]); }
  // Cells beside `cells`, with bits beside the board, which the caller masks off.
  Bits Neighbours(const Bits& cells) const;
  // Puts a stone; returns whether its owner has joined his edges.
  bool Place(int player, int bit);
  // Empty cells that would join both edges of the player at once.
  Bits WinningCells(int player) const;
  void SwapPieces();
  std::string CellText() const;

  Bits stones_[2] = {};
  Bits linked_[2][2] = {};  // [player][edge]: stones joined to the first player's top and bottom, the second's left and right
  std::uint16_t num_stones_ = 0;
  std::int8_t to_move_ = 0;
  Outcome outcome_ = Outcome::kOngoing;
  std::uint8_t size_;
  bool swap_;
};

template <int kWords>
inline typename Hex<kWords>::Bits Hex<kWords>::Neighbours(const Bits& cells) const {
  const int stride = Stride();
  return (cells << 1) | (cells >> 1) | (cells << stride) | (cells >> stride) | (cells << (stride - 1)) | (cells >> (stride - 1));
}

template <int kWords>
inline bool Hex<kWords>::Place(int player, int bit) {
  Bits& stones = stones_[player];
  bits::Add(stones, bit);
  ++num_stones_;
  Bits stone{};
  bits::Add(stone, bit);
  const Bits beside = Neighbours(stone);
  const int row = bit / Stride();
  const int line = player == 0 ? row : bit - row * Stride();
  for (const int edge : {0, 1}) {
    Bits& linked = linked_[player][edge];
    if (line != (edge == 0 ? 0 : size_ - 1) && !bits::Any(beside & linked)) continue;
    for (Bits front = stone; bits::Any(front); front = Neighbours(front) & stones & ~linked) linked |= front;
  }
  return bits::Has(linked_[player][0], bit) && bits::Has(linked_[player][1], bit);
}

template <int kWords>
inline void Hex<kWords>::Apply(Action action) {
  if (action == SwapAction()) {
    SwapPieces();
  } else if (Place(to_move_, BitOf(action))) {
    outcome_ = to_move_ == 0 ? Outcome::kFirstWins : Outcome::kSecondWins;
  }
  to_move_ ^= 1;
}

}  // namespace tandem
