// How a position of Go came about: the stones that it began with, the moves since then, and the boards that superko forbids. The arrays
// have room for the longest game; a copy copies the part that is in use, so that a young game on a large board is copied fast.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cstdint>
#include <cstring>

#include "engine/base/rng.h"
#include "engine/game/types.h"

namespace tandem::go {

// Longest game on a board of this size; then it is over and the board is counted as it stands. Random games under superko are rarely half
// as long.
constexpr int MaxPlies(int size) { return 4 * size * size + 2; }

template <int kCapacity>
class History {
 public:
  using Stones = std::bitset<kCapacity * kCapacity>;  // by cell
  struct Setup {
    Stones black, white;
    std::int8_t to_move = 0;
  };

  explicit History(const Setup& setup) : setup_(setup) {}
  History(const History& other) { *this = other; }
  History& operator=(const History& other) {
    if (this == &other) return *this;
    setup_ = other.setup_;
    boards_digest_ = other.boards_digest_;
    num_moves_ = other.num_moves_;
    num_boards_ = other.num_boards_;
    std::copy_n(other.moves_.begin(), num_moves_, moves_.begin());
    std::copy_n(other.boards_.begin(), num_boards_, boards_.begin());
    if (num_boards_ > 0) filter_ = other.filter_;
    return *this;
  }

  const Setup& setup() const { return setup_; }
  int num_moves() const { return num_moves_; }
  Action move(int ply) const { return moves_[ply]; }
  void AddMove(Action action) { moves_[num_moves_++] = action; }

  // Boards by their hashes.
  void AddBoard(std::uint64_t hash) {
    // A filter of one bit a board has no use before the first board, so it is not copied before that either.
    if (num_boards_ == 0) filter_.fill(0);
    boards_[num_boards_++] = hash;
    boards_digest_ += Mix64(hash);
    filter_[hash % kFilterBits / 64] |= std::uint64_t{1} << hash % 64;
  }
  bool HasBoard(std::uint64_t hash) const {
    if (num_boards_ == 0 || !(filter_[hash % kFilterBits / 64] >> hash % 64 & 1)) return false;
    return std::find(boards_.begin(), boards_.begin() + num_boards_, hash) != boards_.begin() + num_boards_;
  }
  // Equal for equal sets of boards, whatever their order.
  std::uint64_t boards_digest() const { return boards_digest_; }

 private:
  static constexpr int kMaxPlies = MaxPlies(kCapacity);
  // A board in the middle of the longest game passes the filter wrongly once in eight times or more rarely.
  static constexpr std::size_t kFilterBits = std::bit_ceil(static_cast<std::size_t>(4 * kMaxPlies));

  Setup setup_;
  std::uint64_t boards_digest_ = 0;
  std::uint16_t num_moves_ = 0;
  std::uint16_t num_boards_ = 0;
  std::array<std::uint64_t, kFilterBits / 64> filter_;
  std::array<Action, kMaxPlies> moves_;
  std::array<std::uint64_t, kMaxPlies + 1> boards_;
};

}  // namespace tandem::go
