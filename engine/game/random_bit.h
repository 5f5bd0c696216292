// A uniformly random member of a bit set, for fast playouts.
#pragma once

#include <bit>
#include <cstdint>

#ifdef __BMI2__
#include <immintrin.h>
#endif

#include "engine/base/rng.h"

namespace tandem {

// Number of the k-th lowest set bit (k from 0), k < popcount(bits).
inline int NthBit(std::uint64_t bits, int k) {
#ifdef __BMI2__
  return std::countr_zero(_pdep_u64(std::uint64_t{1} << k, bits));
#else
  for (; k > 0; --k) bits &= bits - 1;
  return std::countr_zero(bits);
#endif
}

// `bits` is not 0.
inline int RandomBit(std::uint64_t bits, Rng& rng) {
  return NthBit(bits, static_cast<int>(rng.Below(static_cast<std::uint32_t>(std::popcount(bits)))));
}

}  // namespace tandem
