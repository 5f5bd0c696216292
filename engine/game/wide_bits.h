// Bit sets of boards: one machine word up to 64 cells, a few words above (BitsFor). Both kinds offer the same operators and the functions
// below, so that the rules of a game are written once.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <type_traits>

#include "engine/base/rng.h"
#include "engine/game/random_bit.h"
#include "engine/game/types.h"

namespace tandem::bits {

template <int kWords>
struct WideBits {
  std::array<std::uint64_t, kWords> words = {};

  friend bool operator==(const WideBits&, const WideBits&) = default;
  friend WideBits operator&(WideBits a, const WideBits& b) {
    for (int i = 0; i < kWords; ++i) a.words[i] &= b.words[i];
    return a;
  }
  friend WideBits operator|(WideBits a, const WideBits& b) {
    for (int i = 0; i < kWords; ++i) a.words[i] |= b.words[i];
    return a;
  }
  friend WideBits operator~(WideBits a) {
    for (std::uint64_t& word : a.words) word = ~word;
    return a;
  }
  WideBits& operator|=(const WideBits& other) { return *this = *this | other; }
  WideBits& operator&=(const WideBits& other) { return *this = *this & other; }
  // By 1 to 63 bits.
  friend WideBits operator<<(WideBits a, int shift) {
    for (int i = kWords - 1; i > 0; --i) a.words[i] = a.words[i] << shift | a.words[i - 1] >> (64 - shift);
    a.words[0] <<= shift;
    return a;
  }
  friend WideBits operator>>(WideBits a, int shift) {
    for (int i = 0; i + 1 < kWords; ++i) a.words[i] = a.words[i] >> shift | a.words[i + 1] << (64 - shift);
    a.words[kWords - 1] >>= shift;
    return a;
  }
};

template <int kWords>
using BitsFor = std::conditional_t<kWords == 1, std::uint64_t, WideBits<kWords>>;

inline int Count(std::uint64_t bits) { return std::popcount(bits); }
inline bool Any(std::uint64_t bits) { return bits != 0; }
inline bool Has(std::uint64_t bits, int i) { return bits >> i & 1; }
constexpr void Add(std::uint64_t& bits, int i) { bits |= std::uint64_t{1} << i; }
constexpr void Remove(std::uint64_t& bits, int i) { bits &= ~(std::uint64_t{1} << i); }
inline int PickRandom(std::uint64_t bits, Rng& rng) { return RandomBit(bits, rng); }
// Calls visit(i) for each member, ascending.
template <typename Visit>
void ForEach(std::uint64_t bits, const Visit& visit) {
  for (; bits != 0; bits &= bits - 1) visit(std::countr_zero(bits));
}

template <int kWords>
int Count(const WideBits<kWords>& bits) {
  int count = 0;
  for (const std::uint64_t word : bits.words) count += std::popcount(word);
  return count;
}
template <int kWords>
bool Any(const WideBits<kWords>& bits) {
  std::uint64_t any = 0;
  for (const std::uint64_t word : bits.words) any |= word;
  return any != 0;
}
template <int kWords>
bool Has(const WideBits<kWords>& bits, int i) {
  return bits.words[i / 64] >> (i % 64) & 1;
}
template <int kWords>
constexpr void Add(WideBits<kWords>& bits, int i) {
  bits.words[i / 64] |= std::uint64_t{1} << (i % 64);
}
template <int kWords>
constexpr void Remove(WideBits<kWords>& bits, int i) {
  bits.words[i / 64] &= ~(std::uint64_t{1} << (i % 64));
}
template <int kWords>
int PickRandom(const WideBits<kWords>& bits, Rng& rng) {
  int k = static_cast<int>(rng.Below(static_cast<std::uint32_t>(Count(bits))));
  for (int i = 0;; ++i) {
    const int count = std::popcount(bits.words[i]);
    if (k < count) return i * 64 + NthBit(bits.words[i], k);
    k -= count;
  }
}
template <int kWords, typename Visit>
void ForEach(const WideBits<kWords>& bits, const Visit& visit) {
  for (int i = 0; i < kWords; ++i) ForEach(bits.words[i], [&](int bit) { visit(i * 64 + bit); });
}

// 128 bits that tell two sets and who is to move apart, for keys: the bits themselves where one word holds a set, and a hash above.
// Disjoint sets only: the complement of `a` is then no other position's set unless `b` is empty.
inline PositionKey KeyOfSets(std::uint64_t a, std::uint64_t b, int to_move) { return {.low = to_move == 0 ? a : ~a, .high = b}; }
template <int kWords>
PositionKey KeyOfSets(const WideBits<kWords>& a, const WideBits<kWords>& b, int to_move) {
  PositionKey key{.low = static_cast<std::uint64_t>(to_move), .high = static_cast<std::uint64_t>(to_move) + 2};
  for (int i = 0; i < kWords; ++i) {
    key.low = Mix64(Mix64(key.low ^ a.words[i]) ^ b.words[i]);
    key.high = Mix64(Mix64(key.high ^ b.words[i]) + a.words[i]);
  }
  return key;
}

}  // namespace tandem::bits
