// Breakthrough on square boards of 5x5 to 8x8. Each player starts with two ranks of pieces, which move one step forward, straight to an
// empty cell or diagonally to any cell without an own piece, capturing there. Who reaches the far rank or takes the last piece wins; a
// player with pieces can always move (the foremost one has a free diagonal), so there are no draws.
//
// Everything is seen from the mover, who always moves up: after a move the board is turned upside down (one byte swap), the columns stay.
// Bit = 8 * rank + file whatever the size. Action = direction * cells + (rank * size + file) of the piece, seen from the mover;
// directions: 0 to the lower file, 1 straight, 2 to the higher file.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/game/board_text.h"
#include "engine/game/position.h"
#include "engine/game/random_bit.h"
#include "engine/game/types.h"

namespace tandem {

class Breakthrough {
 public:
  static constexpr int kMaxSize = 8;
  static constexpr int kNumDirections = 3;
  static constexpr int kNumPlanes = 3;
  static constexpr bool kNeverDraws = true;

  explicit Breakthrough(int size);  // the start position; size 5 to kMaxSize

  int ToMove() const { return to_move_; }
  Outcome GetOutcome() const {
    const bool lost = own_ == 0 || (opponent_ & Rank(0)) != 0;
    if (!lost) return Outcome::kOngoing;
    return to_move_ == 0 ? Outcome::kSecondWins : Outcome::kFirstWins;
  }
  // Exact. The two sets are disjoint, so the complement is no other position's set unless the opponent has no piece, which only ends games.
  PositionKey Key() const { return {.low = to_move_ == 0 ? own_ : ~own_, .high = opponent_}; }
  // The smaller one of the keys of this position and its mirror image, without the side to move: it is the mover's view that counts.
  PositionKey CanonicalKey() const;
  void LegalActions(ActionList& legal) const;
  std::uint64_t CountActions() const;
  void Apply(Action action);
  Action RandomAction(Rng& rng) const;

  // Captures of a piece that would win next move, alone where there is one; else captures first, foremost pieces first.
  void OrderedActions(ActionList& actions) const;
  // A piece one step from the far rank wins: straight or diagonally, it can always go there.
  ValueBounds QuickBounds() const { return (own_ & Rank(size_ - 2)) != 0 ? ValueBounds{1, 1} : ValueBounds{}; }

  // [size, size, 3], row 0 the mover's own first rank: the mover's pieces, the opponent's, ones.
  void WritePlanes(std::span<float> planes) const;

  // From and to, as both players see the board: "a2a3".
  std::string ActionText(Action action) const;
  absl::StatusOr<Action> ActionFromText(std::string_view text) const;
  std::string ToText() const;
  absl::StatusOr<Breakthrough> FromText(std::string_view text) const;
  std::string Draw() const;

 private:
  static constexpr std::uint64_t kFirstFile = 0x0101010101010101ull;

  std::uint64_t Rank(int rank) const { return (0xffull >> (kMaxSize - size_)) << (kMaxSize * rank); }
  std::uint64_t Board() const {
    return (~std::uint64_t{0} >> (kMaxSize * (kMaxSize - size_))) & (kFirstFile * (0xffu >> (kMaxSize - size_)));
  }
  std::uint64_t Flipped(std::uint64_t bits) const { return __builtin_bswap64(bits) >> (kMaxSize * (kMaxSize - size_)); }
  std::uint64_t Mirrored(std::uint64_t bits) const;
  BoardShape Shape() const { return {.rows = size_, .cols = size_}; }
  int cells() const { return size_ * size_; }
  int CellOf(int bit) const { return (bit >> 3) * size_ + (bit & 7); }
  int BitOf(int cell) const { return cell / size_ * kMaxSize + cell % size_; }
  // The same cell as the other player sees it; its own inverse.
  int SeenFrom(int player, int cell) const { return player == 0 ? cell : (size_ - 1 - cell / size_) * size_ + cell % size_; }
  // Own pieces that may move in the direction.
  std::uint64_t Movers(int direction) const;
  std::string CellText() const;

  std::uint64_t own_ = 0;  // pieces of the side to move
  std::uint64_t opponent_ = 0;
  std::int8_t to_move_ = 0;
  std::uint8_t size_;
};

inline std::uint64_t Breakthrough::Movers(int direction) const {
  // A diagonal step over the edge of the board lands off the board, or (size 8) on the other edge: both files are masked.
  switch (direction) {
    case 0:
      return own_ & ~kFirstFile & ~(own_ >> 7);
    case 1:
      return own_ & ~((own_ | opponent_) >> 8);
    default:
      return own_ & ~(kFirstFile << (size_ - 1)) & ~(own_ >> 9);
  }
}

inline std::uint64_t Breakthrough::CountActions() const {
  if (GetOutcome() != Outcome::kOngoing) return 0;
  return static_cast<std::uint64_t>(std::popcount(Movers(0)) + std::popcount(Movers(1)) + std::popcount(Movers(2)));
}

inline void Breakthrough::Apply(Action action) {
  const int direction = action / cells();
  const std::uint64_t from = std::uint64_t{1} << BitOf(action - direction * cells());
  const std::uint64_t to = from << (7 + direction);
  const std::uint64_t own = own_ ^ from ^ to;
  own_ = Flipped(opponent_ & ~to);
  opponent_ = Flipped(own);
  to_move_ ^= 1;
}

inline Action Breakthrough::RandomAction(Rng& rng) const {
  const std::uint64_t movers[kNumDirections] = {Movers(0), Movers(1), Movers(2)};
  const int first = std::popcount(movers[0]), second = first + std::popcount(movers[1]);
  const int k = static_cast<int>(rng.Below(static_cast<std::uint32_t>(second + std::popcount(movers[2]))));
  const int direction = k < first ? 0 : k < second ? 1 : 2;
  const int before = k < first ? 0 : k < second ? first : second;
  return static_cast<Action>(direction * cells() + CellOf(NthBit(movers[direction], k - before)));
}

}  // namespace tandem
