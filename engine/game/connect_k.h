// K stones in a row on any board: the rules that tic-tac-toe, gomoku, connect_k and Connect Four of unusual sizes share. Players place
// stones in turn; who first has a run of k in a row, column or diagonal wins (misere: loses); a full board is a draw. With gravity a move
// is a column and the stone falls to its lowest empty cell.
//
// A stone can only complete runs through its own cell, so a move looks along four lines from there and the outcome is kept; no other
// question scans the board. Cell = row * cols + col, row 0 at the bottom; action = cell, or the column with gravity.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "engine/game/hot_loops.h"
#include "engine/game/random_bit.h"
#include "engine/game/state.h"
#include "engine/game/types.h"
#include "engine/game/wide_bits.h"

namespace tandem {

struct ConnectKRules {
  static constexpr int kMaxSide = 20;

  int rows = 3;  // 1 to kMaxSide
  int cols = 3;  // 1 to kMaxSide
  int k = 3;     // stones in a row, 2 to the longer side
  bool gravity = false;
  bool exact = false;   // only runs of exactly k count, not longer ones
  bool misere = false;  // a run loses
};

// `facts` holds name and spec (GameOptions::Identify) and the title; everything else is filled in from the rules. kInvalidArgument when no
// run of k fits the board.
absl::StatusOr<std::unique_ptr<const Game>> MakeConnectK(const ConnectKRules& rules, GameFacts facts);

namespace connect_k {
// Cells of column 0 on a board of one word, by its number of columns; beyond the last row too, where no stone lies.
inline constexpr auto kLeftColumn = [] {
  std::array<std::uint64_t, ConnectKRules::kMaxSide + 1> sets = {};
  for (int cols = 1; cols <= ConnectKRules::kMaxSide; ++cols) {
    for (int cell = 0; cell < 64; cell += cols) sets[cols] |= std::uint64_t{1} << cell;
  }
  return sets;
}();
}  // namespace connect_k

// kWords: 64-bit words that hold the board's cells.
template <int kWords>
class ConnectK {
 public:
  explicit ConnectK(const ConnectKRules& rules = {});

  static int NumPlanes(const ConnectKRules& rules) { return rules.gravity ? 4 : 3; }

  int ToMove() const { return to_move_; }
  Outcome GetOutcome() const { return outcome_; }
  PositionKey Key() const { return bits::KeyOfSets(stones_[0], stones_[1], to_move_); }
  void LegalActions(ActionList& legal) const;
  std::uint64_t CountActions() const;
  void Apply(Action action);
  Action RandomAction(Rng& rng) const;
  Outcome Playout(Rng& rng) const requires(kWords == 1);

  // [rows, cols, 3 or 4], row 0 at the bottom: the mover's stones, the opponent's, ones, and with gravity the cells where a stone lands.
  void WritePlanes(std::span<float> planes) const;

  std::string ActionText(Action action) const;
  absl::StatusOr<Action> ActionFromText(std::string_view text) const;
  std::string ToText() const;
  absl::StatusOr<ConnectK> FromText(std::string_view text) const;
  std::string Draw() const;

 private:
  using Bits = bits::BitsFor<kWords>;

  int Cells() const { return rows_ * cols_; }
  Bits Empty() const;
  // Whether `stones` have a run that counts through `cell`, which is one of them.
  bool HasRunThrough(const Bits& stones, int cell) const;
  // Whether `stones`, of a board of one word, have k or more in a row anywhere: all cells at once.
  bool HasLongRun(std::uint64_t stones) const;
  bool HasRun(const Bits& stones) const;
  std::string CellText() const;

  Bits stones_[2] = {};
  std::array<std::uint8_t, ConnectKRules::kMaxSide> heights_ = {};  // stones in each column; with gravity only
  std::uint16_t num_stones_ = 0;
  std::int8_t to_move_ = 0;
  Outcome outcome_ = Outcome::kOngoing;
  std::uint8_t rows_, cols_, k_;
  bool gravity_, exact_, misere_;
};

template <int kWords>
inline typename ConnectK<kWords>::Bits ConnectK<kWords>::Empty() const {
  Bits empty = ~(stones_[0] | stones_[1]);
  if constexpr (kWords == 1) {
    empty &= ~std::uint64_t{0} >> (64 - Cells());
  } else {
    for (int i = 0; i < kWords; ++i) {
      const int inside = std::min(std::max(Cells() - 64 * i, 0), 64);
      empty.words[i] &= inside == 0 ? 0 : ~std::uint64_t{0} >> (64 - inside);
    }
  }
  return empty;
}

template <int kWords>
inline bool ConnectK<kWords>::HasRunThrough(const Bits& stones, int cell) const {
  const int row = cell / cols_, col = cell - row * cols_;
  const int left = col, right = cols_ - 1 - col, down = row, up = rows_ - 1 - row;
  const auto length = [&](int step, int room) {
    int n = 0;
    for (int at = cell + step; n < room && bits::Has(stones, at); at += step) ++n;
    return n;
  };
  const auto counts = [&](int run) { return exact_ ? run == k_ : run >= k_; };
  return counts(1 + length(-1, left) + length(1, right)) || counts(1 + length(-cols_, down) + length(cols_, up)) ||
         counts(1 + length(-cols_ - 1, std::min(left, down)) + length(cols_ + 1, std::min(right, up))) ||
         counts(1 + length(-cols_ + 1, std::min(right, down)) + length(cols_ - 1, std::min(left, up)));
}

// A set keeps the cells from which i stones lie in a row in one direction, i = 1, 2, .. k.
template <int kWords>
inline bool ConnectK<kWords>::HasLongRun(std::uint64_t stones) const {
  const std::uint64_t left = connect_k::kLeftColumn[cols_], right = left << (cols_ - 1);
  std::uint64_t east = stones, north = stones, north_east = stones, north_west = stones;
  for (int i = 1; i < k_; ++i) {
    east = stones & (east & ~left) >> 1;
    north = stones & north >> cols_;
    north_east = stones & (north_east & ~left) >> (cols_ + 1);
    north_west = stones & (north_west & ~right) >> (cols_ - 1);
  }
  return (east | north | north_east | north_west) != 0;
}

template <int kWords>
inline void ConnectK<kWords>::Apply(Action action) {
  const int cell = gravity_ ? heights_[action]++ * cols_ + action : action;
  Bits& stones = stones_[to_move_];
  bits::Add(stones, cell);
  ++num_stones_;
  const auto has_run = [&] {
    if constexpr (kWords == 1) {
      if (!exact_) return HasLongRun(stones);
    }
    return HasRunThrough(stones, cell);
  };
  if (num_stones_ >= 2 * k_ - 1 && has_run()) {  // fewer stones: the mover has not k yet
    outcome_ = static_cast<Outcome>(SwitchView(misere_ ? -1 : 1, to_move_));
  } else if (num_stones_ == Cells()) {
    outcome_ = Outcome::kDraw;
  }
  to_move_ ^= 1;
}

template <int kWords>
inline Action ConnectK<kWords>::RandomAction(Rng& rng) const {
  if (gravity_) {
    for (;;) {
      const auto col = static_cast<Action>(rng.Below(cols_));
      if (heights_[col] < rows_) return col;
    }
  }
  // Half of the cells or more are empty for half of the game: on a board of several words try before counting.
  for (int tries = 0; kWords > 1 && tries < 4; ++tries) {
    const auto cell = static_cast<int>(rng.Below(static_cast<std::uint32_t>(Cells())));
    if (!bits::Has(stones_[0] | stones_[1], cell)) return static_cast<Action>(cell);
  }
  return static_cast<Action>(bits::PickRandom(Empty(), rng));
}

// Both players' stones stay in registers, and no move is looked at one by one: three to five times as fast as moves through Apply.
template <int kWords>
inline Outcome ConnectK<kWords>::Playout(Rng& rng) const requires(kWords == 1) {
  if (gravity_ || exact_) return RandomMoves(*this, rng);
  if (outcome_ != Outcome::kOngoing) return outcome_;
  std::uint64_t mover = stones_[to_move_], other = stones_[to_move_ ^ 1], empty = Empty();
  for (int result = SwitchView(misere_ ? -1 : 1, to_move_);; result = -result) {
    const std::uint64_t stone = std::uint64_t{1} << RandomBit(empty, rng);
    mover |= stone;
    empty ^= stone;
    if (HasLongRun(mover)) return static_cast<Outcome>(result);
    if (empty == 0) return Outcome::kDraw;
    std::swap(mover, other);
  }
}

}  // namespace tandem
