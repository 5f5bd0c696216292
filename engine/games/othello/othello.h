// Othello on even boards from 4x4 to 16x16. A disc must flip; who cannot place one passes (the action `pass`, legal only then); when
// neither can, the game is over and the majority of discs wins.
//
// Cell = row * size + col, a1 first, row 1 at the top; action = cell, and size * size is the pass. Black is the first player.
// Moves of the side to move are kept in the position: everything asked between two moves reads them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/game/types.h"
#include "engine/games/othello/moves.h"

namespace tandem {

template <int kSize>
class Othello {
 public:
  using Bits = othello::BitsOf<kSize>;
  static constexpr int kCells = kSize * kSize;
  static constexpr Action kPass = kCells;
  static constexpr int kNumPlanes = 4;

  Othello();  // the start position

  int ToMove() const { return to_move_; }
  Outcome GetOutcome() const;
  // Exact up to 8x8: the mover's discs (complemented for the second player) and the opponent's; a 128-bit hash above.
  PositionKey Key() const;
  void LegalActions(ActionList& legal) const;
  std::uint64_t CountActions() const { return over_ ? 0 : std::max(othello::Count(moves_), 1); }
  void Apply(Action action);
  Action RandomAction(Rng& rng) const { return othello::Any(moves_) ? static_cast<Action>(othello::PickRandom(moves_, rng)) : kPass; }
  // By the opponent's mobility after the move, corners as if two replies better.
  void OrderedActions(ActionList& actions) const;
  FinalScore GetFinalScore() const;

  // [size, size, 4]: the mover's discs, the opponent's, ones, the cells where the mover may place.
  void WritePlanes(std::span<float> planes) const;

  std::string ActionText(Action action) const;
  absl::StatusOr<Action> ActionFromText(std::string_view text) const;
  std::string ToText() const;
  absl::StatusOr<Othello> FromText(std::string_view text) const;
  std::string Draw() const;

 private:
  void FindMoves();
  std::string Cells() const;
  const Bits& Discs(int player) const { return player == to_move_ ? own_ : opponent_; }

  Bits own_{};  // discs of the side to move
  Bits opponent_{};
  Bits moves_{};  // where the side to move may place a disc
  std::int8_t to_move_ = 0;
  bool over_ = false;
};

template <int kSize>
inline void Othello<kSize>::FindMoves() {
  moves_ = othello::Moves<kSize>(own_, opponent_);
  over_ = !othello::Any(moves_) && !othello::Any(othello::Moves<kSize>(opponent_, own_));
}

template <int kSize>
inline void Othello<kSize>::Apply(Action action) {
  Bits own = own_;
  Bits opponent = opponent_;
  if (action != kPass) {
    Bits placed{};
    othello::Add(placed, action);
    const Bits flips = othello::Flips<kSize>(placed, own, opponent);
    own |= placed | flips;
    opponent &= ~flips;
  }
  own_ = opponent;
  opponent_ = own;
  to_move_ ^= 1;
  FindMoves();
}

template <int kSize>
inline Outcome Othello<kSize>::GetOutcome() const {
  if (!over_) return Outcome::kOngoing;
  const int lead = SwitchView(othello::Count(own_) - othello::Count(opponent_), to_move_);
  return lead > 0 ? Outcome::kFirstWins : lead < 0 ? Outcome::kSecondWins : Outcome::kDraw;
}

}  // namespace tandem
