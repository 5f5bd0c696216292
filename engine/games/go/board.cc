#include "engine/games/go/board.h"

namespace tandem::go {

template <int kCapacity>
Board<kCapacity>::Board(int size) : size_(static_cast<std::uint8_t>(size)) {
  color_.fill(kBorder);
  pseudo_liberties_[kNoPoint] = kNeverNone;
  for (int row = 0; row < size; ++row) {
    for (int col = 0; col < size; ++col) {
      const Point point = At(row, col);
      color_[point] = kEmpty;
      place_[point] = num_empty_;
      empty_[num_empty_++] = point;
    }
  }
  for (int i = 0; i < num_empty_; ++i) {
    for (const int step : kSteps) {
      counts_[empty_[i]] += color_[empty_[i] + step] == kBorder ? Unit(kBlack) + Unit(kWhite) : Unit(kEmpty);
    }
  }
}

template <int kCapacity>
std::uint64_t Board<kCapacity>::KeyOfChain(Point chain) const {
  std::uint64_t key = 0;
  Point point = chain;
  do {
    key ^= KeyOf(point, color_[chain]);
    point = next_[point];
  } while (point != chain);
  return key;
}

template <int kCapacity>
std::uint64_t Board<kCapacity>::HashAfter(Point point, Color stone) const {
  std::uint64_t hash = hash_ ^ KeyOf(point, stone);
  bool takes = false;
  std::array<Point, 4> seen{};  // chains that touch the point, each once
  for (int i = 0; i < 4; ++i) {
    const Point near = point + kSteps[i], chain = chain_[near];
    if (chain == kNoPoint || std::find(seen.begin(), seen.begin() + i, chain) != seen.begin() + i) continue;
    seen[i] = chain;
    if (color_[near] == stone || pseudo_liberties_[chain] != Contacts(point, chain)) continue;
    takes = true;
    hash ^= KeyOfChain(chain);
  }
  if (takes || !IsSuicide(point, stone)) return hash;
  hash ^= KeyOf(point, stone);
  for (const Point chain : seen) {
    if (chain != kNoPoint && color_[chain] == stone) hash ^= KeyOfChain(chain);
  }
  return hash;
}

template <int kCapacity>
int Board<kCapacity>::Liberties(Point point, int most) const {
  std::array<Point, 8> seen;
  int count = 0;
  Point stone = point;
  do {
    for (const int step : kSteps) {
      const Point near = stone + step;
      if (color_[near] != kEmpty || std::find(seen.begin(), seen.begin() + count, near) != seen.begin() + count) continue;
      seen[count++] = near;
      if (count == most) return count;
    }
    stone = next_[stone];
  } while (stone != point);
  return count;
}

template <int kCapacity>
std::array<Color, Board<kCapacity>::kPoints> Board<kCapacity>::Owners() const {
  constexpr auto kUnseen = kBorder;  // an empty point that no flood has reached
  std::array<Color, kPoints> owners = color_;
  for (int i = 0; i < num_empty_; ++i) owners[empty_[i]] = kUnseen;
  std::array<Point, kCapacity * kCapacity> region;
  for (int i = 0; i < num_empty_; ++i) {
    if (owners[empty_[i]] != kUnseen) continue;
    int size = 0, touched = 0;  // a bit for each colour
    region[size++] = empty_[i];
    owners[empty_[i]] = kEmpty;
    for (int next = 0; next < size; ++next) {
      for (const int step : kSteps) {
        const Point near = region[next] + step;
        if (color_[near] == kBorder) continue;
        touched |= color_[near];
        if (owners[near] != kUnseen) continue;
        owners[near] = kEmpty;
        region[size++] = near;
      }
    }
    if (touched != kBlack && touched != kWhite) continue;
    for (int next = 0; next < size; ++next) owners[region[next]] = static_cast<Color>(touched);
  }
  return owners;
}

template <int kCapacity>
int Board<kCapacity>::AreaLead() const {
  int lead = stone_lead_;
  for (int i = 0; i < num_empty_; ++i) {
    if (Neighbours(empty_[i], kEmpty) != 0) {  // a region of several points: all of it the long way
      const std::array<Color, kPoints> owners = Owners();
      lead = 0;
      for (int row = 0; row < size_; ++row) {
        for (int col = 0; col < size_; ++col) lead += (owners[At(row, col)] == kBlack) - (owners[At(row, col)] == kWhite);
      }
      return lead;
    }
    lead += (Neighbours(empty_[i], kBlack) == 4) - (Neighbours(empty_[i], kWhite) == 4);
  }
  return lead;
}

template class Board<5>;
template class Board<9>;
template class Board<13>;
template class Board<19>;

}  // namespace tandem::go
