// The upper half of a float as a number type.
#pragma once

#include <bit>
#include <cstdint>

namespace tandem {

struct BFloat16 {
  std::uint16_t bits;
};
inline float ToFloat(float x) { return x; }
inline float ToFloat(BFloat16 x) { return std::bit_cast<float>(static_cast<std::uint32_t>(x.bits) << 16); }
template <typename T>
T FromFloat(float x);
template <>
inline float FromFloat<float>(float x) {
  return x;
}
// Round to nearest even.
template <>
inline BFloat16 FromFloat<BFloat16>(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  return {static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)};
}

}  // namespace tandem
