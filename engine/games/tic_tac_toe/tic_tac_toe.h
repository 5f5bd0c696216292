// Tic-tac-toe, and misere: three in a row loses. The smallest game here, and the pattern for a new one: one plain struct that meets the
// Position concept (engine/game/position.h) and a factory that registers it.
//
// Cell = rank * 3 + file, a1 (bottom left) first; action = cell. Stones are 9-bit sets.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/game/types.h"

namespace tandem {

class TicTacToe {
 public:
  static constexpr int kSize = 3;
  static constexpr int kCells = kSize * kSize;
  static constexpr int kNumPlanes = 3;

  explicit TicTacToe(bool misere = false) : misere_(misere) {}

  int ToMove() const { return to_move_; }
  Outcome GetOutcome() const;
  PositionKey Key() const { return {.low = stones_[0] | stones_[1] << 9 | to_move_ << 18, .high = 0}; }
  void LegalActions(ActionList& legal) const;
  std::uint64_t CountActions() const { return GetOutcome() == Outcome::kOngoing ? std::popcount(Empty()) : 0; }
  void Apply(Action action) {
    stones_[to_move_] |= 1u << action;
    to_move_ ^= 1;
  }
  // [3, 3, 3]: the mover's stones, the opponent's stones, ones.
  void WritePlanes(std::span<float> planes) const;

  std::string ActionText(Action action) const;
  absl::StatusOr<Action> ActionFromText(std::string_view text) const;
  std::string ToText() const;
  absl::StatusOr<TicTacToe> FromText(std::string_view text) const;
  std::string Draw() const;

 private:
  std::uint32_t Empty() const { return 0x1ff & ~(stones_[0] | stones_[1]); }
  std::string Cells() const;

  std::uint32_t stones_[2] = {0, 0};
  std::uint32_t to_move_ = 0;
  bool misere_ = false;
};

}  // namespace tandem
