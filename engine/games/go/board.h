// Stones, chains and liberties of a Go board, kept up to date stone by stone.
//
// The board lies in a grid with a border: point = (row + 1) * kStride + col + 1, row and col from 0, so neighbours are fixed steps away
// and need no test of the edge. Chains are circular lists of their stones, named by one of them. Instead of its liberties a chain counts
// its pseudo-liberties, pairs (stone, empty neighbour): no search keeps them, and a chain is captured when they are none (the idea of
// Łukasz Lew's Libego). Each point counts its black, white and empty neighbours, which answers most questions about eyes and suicide.
//
// What playouts do at every move is here, the rest in board.cc. Rules that need the past (superko, the end by passes) are in go.h.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "engine/base/rng.h"

namespace tandem::go {

enum Color : std::uint8_t { kEmpty = 0, kBlack = 1, kWhite = 2, kBorder = 3 };
constexpr Color Other(Color stone) { return static_cast<Color>(3 - stone); }

// A square board of 2 to kCapacity rows. Copyable byte by byte.
template <int kCapacity>
class Board {
 public:
  static constexpr int kStride = kCapacity + 1;  // rows share one border column
  static constexpr int kPoints = (kCapacity + 2) * kStride + 1;
  using Point = std::conditional_t<kPoints <= 256, std::uint8_t, std::uint16_t>;
  static constexpr Point kNoPoint = 0;  // lies on the border
  static constexpr std::array<int, 4> kSteps = {-kStride, -1, 1, kStride};
  static constexpr std::array<int, 4> kDiagonals = {-kStride - 1, -kStride + 1, kStride - 1, kStride + 1};

  explicit Board(int size);  // empty

  int size() const { return size_; }
  Color color(int point) const { return color_[point]; }
  // Stones on the board as a hash: equal for equal boards, 0 for the empty one.
  std::uint64_t hash() const { return hash_; }
  // Where the simple ko rule forbids the next stone, or kNoPoint.
  Point ko() const { return ko_; }
  int num_empty() const { return num_empty_; }
  // One of the stones of the chain at `point`, the same for all of them; kNoPoint where there is no stone.
  Point chain(int point) const { return chain_[point]; }

  Point At(int row, int col) const { return static_cast<Point>((row + 1) * kStride + col + 1); }
  int CellOf(int point) const { return (point / kStride - 1) * size_ + point % kStride - 1; }

  // Puts a stone on an empty point; takes the other colour's chains without liberties, then, if it has none itself, its own chain.
  // Returns the number of stones taken off. Playouts do without the hash.
  template <bool kHashed>
  int Play(Point point, Color stone);
  void ClearKo() { ko_ = kNoPoint; }

  // A stone here would take off its own chain and nothing else. The point is empty.
  bool IsSuicide(Point point, Color stone) const;
  // Such a stone would be alone: the board stays as it is.
  bool IsLoneSuicide(Point point, Color stone) const { return Neighbours(point, Other(stone)) == 4 && IsSuicide(point, stone); }
  // The board's hash after a stone here. The point is empty.
  std::uint64_t HashAfter(Point point, Color stone) const;
  // The point is surrounded by this colour, and the other one does not hold two of its diagonal points (one at the edge).
  bool IsEye(Point point, Color stone) const;
  // Up to `most` liberties of the chain of the stone at `point`, each counted once.
  int Liberties(Point point, int most) const;

  // Black's area less white's: stones, and empty regions that touch one colour alone.
  int AreaLead() const;
  // kBlack, kWhite or kEmpty (nobody) for each point on the board.
  std::array<Color, kPoints> Owners() const;

  // A uniformly random point that is no eye, no suicide and no ko, or kNoPoint. Changes the order of the list of empty points.
  Point RandomPoint(Color stone, Rng& rng);

 private:
  // Three bits each: neighbours that are black or border, white or border, empty.
  using Counts = std::uint16_t;
  static constexpr std::array<int, 3> kShift = {6, 0, 3};  // by colour
  static constexpr Counts Unit(Color color) { return static_cast<Counts>(1 << kShift[color]); }

  // Half of the range. A stone changes the entry by at most four, and a board sees fewer than 1500 of them (history.h).
  static constexpr std::uint16_t kNeverNone = 0x8000;

  int Neighbours(int point, Color color) const { return counts_[point] >> kShift[color] & 7; }
  static std::uint64_t KeyOf(int point, Color stone) { return kKeys[point * 2 + stone - 1]; }
  std::uint64_t KeyOfChain(Point chain) const;
  // Pairs (stone of that chain, `point`).
  int Contacts(Point point, Point chain) const;
  void Join(Point kept, Point joined);
  template <bool kHashed>
  int TakeOff(Point chain);

  static constexpr std::array<std::uint64_t, 2 * kPoints> kKeys = [] {
    std::array<std::uint64_t, 2 * kPoints> keys{};
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = Mix64(Mix64(i + 1));
    return keys;
  }();

  std::uint64_t hash_ = 0;
  std::array<Color, kPoints> color_;
  std::array<Point, kPoints> chain_{};  // of the stone here; kNoPoint without one
  std::array<Point, kPoints> next_{};   // stone of the same chain, in a circle
  // By chain. The entry of kNoPoint counts for everything that has no chain, and is far from 0.
  std::array<std::uint16_t, kPoints> pseudo_liberties_{};
  std::array<std::uint16_t, kPoints> num_stones_{};
  std::array<Counts, kPoints> counts_{};
  std::array<Point, kCapacity * kCapacity> empty_{};  // the empty points in any order
  std::array<std::uint16_t, kPoints> place_{};        // of a point in empty_
  std::uint16_t num_empty_ = 0;
  std::int16_t stone_lead_ = 0;  // black stones less white ones
  Point ko_ = kNoPoint;
  std::uint8_t size_ = 0;
};

template <int kCapacity>
template <bool kHashed>
[[gnu::always_inline]] inline int Board<kCapacity>::Play(Point point, Color stone) {
  const Color other = Other(stone);
  const bool in_others_eye = Neighbours(point, other) == 4;
  ko_ = kNoPoint;
  color_[point] = stone;
  chain_[point] = next_[point] = point;
  num_stones_[point] = 1;
  pseudo_liberties_[point] = static_cast<std::uint16_t>(Neighbours(point, kEmpty));
  stone_lead_ += stone == kBlack ? 1 : -1;
  if constexpr (kHashed) hash_ ^= KeyOf(point, stone);
  const Point last = empty_[--num_empty_];
  empty_[place_[point]] = last;
  place_[last] = place_[point];
  for (const int step : kSteps) {
    counts_[point + step] += Unit(stone) - Unit(kEmpty);
    --pseudo_liberties_[chain_[point + step]];
  }
  int own = 0;
  bool takes = false;
  for (int i = 0; i < 4; ++i) {
    own |= (color_[point + kSteps[i]] == stone) << i;
    takes |= pseudo_liberties_[chain_[point + kSteps[i]]] == 0;
  }
  for (; own != 0; own &= own - 1) {
    const Point mine = chain_[point], near = chain_[point + kSteps[std::countr_zero(static_cast<unsigned>(own))]];
    if (near == mine) continue;
    const bool is_larger = num_stones_[near] > num_stones_[mine];
    Join(is_larger ? near : mine, is_larger ? mine : near);
  }
  int num_taken = 0;
  if (takes) {
    for (const int step : kSteps) {
      const Point near = point + step;
      if (color_[near] != other || pseudo_liberties_[chain_[near]] != 0) continue;
      num_taken += TakeOff<kHashed>(chain_[near]);
      if (in_others_eye && num_taken == 1) ko_ = near;
    }
    if (num_taken > 1) ko_ = kNoPoint;
  }
  if (pseudo_liberties_[chain_[point]] == 0) num_taken += TakeOff<kHashed>(chain_[point]);
  return num_taken;
}

template <int kCapacity>
inline void Board<kCapacity>::Join(Point kept, Point joined) {
  Point stone = joined;
  do {
    chain_[stone] = kept;
    stone = next_[stone];
  } while (stone != joined);
  std::swap(next_[kept], next_[joined]);
  num_stones_[kept] += num_stones_[joined];
  pseudo_liberties_[kept] += pseudo_liberties_[joined];
}

template <int kCapacity>
template <bool kHashed>
int Board<kCapacity>::TakeOff(Point chain) {
  const Color stone = color_[chain];
  int num_taken = 0;
  Point point = chain;
  do {
    color_[point] = kEmpty;
    chain_[point] = kNoPoint;
    place_[point] = num_empty_;
    empty_[num_empty_++] = point;
    if constexpr (kHashed) hash_ ^= KeyOf(point, stone);
    for (const int step : kSteps) {
      counts_[point + step] += Unit(kEmpty) - Unit(stone);
      ++pseudo_liberties_[chain_[point + step]];
    }
    ++num_taken;
    point = next_[point];
  } while (point != chain);
  stone_lead_ -= static_cast<std::int16_t>(stone == kBlack ? num_taken : -num_taken);
  return num_taken;
}

template <int kCapacity>
inline int Board<kCapacity>::Contacts(Point point, Point chain) const {
  int count = 0;
  for (const int step : kSteps) count += chain_[point + step] == chain;
  return count;
}

template <int kCapacity>
[[gnu::always_inline]] inline bool Board<kCapacity>::IsSuicide(Point point, Color stone) const {
  if (Neighbours(point, kEmpty) != 0) return false;
  for (const int step : kSteps) {
    const Color near = color_[point + step];
    if (near == kBorder) continue;
    const Point chain = chain_[point + step];
    const bool loses_last = pseudo_liberties_[chain] == Contacts(point, chain);
    if (loses_last != (near == stone)) return false;  // an own chain with another liberty, or a chain to take
  }
  return true;
}

template <int kCapacity>
[[gnu::always_inline]] inline bool Board<kCapacity>::IsEye(Point point, Color stone) const {
  if (Neighbours(point, stone) != 4) return false;
  int others = 0;
  bool at_edge = false;
  for (const int step : kDiagonals) {
    others += color_[point + step] == Other(stone);
    at_edge |= color_[point + step] == kBorder;
  }
  return others + at_edge < 2;
}

template <int kCapacity>
[[gnu::always_inline]] inline typename Board<kCapacity>::Point Board<kCapacity>::RandomPoint(Color stone, Rng& rng) {
  for (int left = num_empty_; left > 0;) {
    const auto pick = static_cast<int>(rng.Below(static_cast<std::uint32_t>(left)));
    const Point point = empty_[pick];
    if (point != ko_ && !IsEye(point, stone) && !IsSuicide(point, stone)) return point;
    // Not this one: behind those that are left.
    const Point last = empty_[--left];
    empty_[pick] = last;
    place_[last] = static_cast<std::uint16_t>(pick);
    empty_[left] = point;
    place_[point] = static_cast<std::uint16_t>(left);
  }
  return kNoPoint;
}

}  // namespace tandem::go
