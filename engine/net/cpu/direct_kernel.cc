// Register tile: M cells by n registers of outputs, 24 sums in flight, so that a step is 24 dot products for n loads of weights and M
// broadcasts: bound by the multipliers. Only taps that lie on the board are visited.
#include "engine/net/cpu/direct_kernel.h"

#if defined(__x86_64__)

#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx512vnni")
#include <immintrin.h>

namespace tandem::internal {
namespace {

struct BFloat16Pairs {
  using Sum = __m512;
  static Sum Zero() { return _mm512_setzero_ps(); }
  static Sum Add(Sum sum, __m512i x, __m512i w) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh&>(x), reinterpret_cast<__m512bh&>(w));
  }
  static __m512 Finish(Sum sum, const float*, __m512 bias) { return _mm512_add_ps(sum, bias); }
};

struct Int8Quads {
  using Sum = __m512i;
  static Sum Zero() { return _mm512_setzero_si512(); }
  // By hand: around the intrinsic g++ 12 keeps half of the sums in memory, which halves the speed.
  static Sum Add(Sum sum, __m512i x, __m512i w) {
    asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
    return sum;
  }
  static __m512 Finish(Sum sum, const float* scale, __m512 bias) {
    return _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_loadu_ps(scale), bias);
  }
};

inline __m512 Widen(const std::uint16_t* x) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}

// Round to nearest even by integer arithmetic: processors with VNNI alone have no instruction for it. NaN must not round to infinity.
inline __m256i Narrow(__m512 x) {
  const __m512i bits = _mm512_castps_si512(x);
  const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
  const __m512i rounded = _mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff)));
  const __mmask16 nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
  return _mm512_cvtepi32_epi16(_mm512_srli_epi32(_mm512_mask_mov_epi32(rounded, nan, _mm512_set1_epi32(0x7fc00000)), 16));
}

inline void Store(const DirectJob& job, std::ptrdiff_t at, __m512 value) {
  if (job.residual16 != nullptr) value = _mm512_add_ps(value, Widen(job.residual16 + at));
  if (job.relu) value = _mm512_max_ps(_mm512_setzero_ps(), value);  // NaN as second operand stays NaN
  if (job.out32 != nullptr) _mm512_storeu_ps(job.out32 + at, value);
  if (job.out16 != nullptr) _mm256_storeu_si256(reinterpret_cast<__m256i*>(job.out16 + at), Narrow(value));
  if (job.out8 != nullptr) {
    const __m512i q = _mm512_cvtps_epi32(_mm512_mul_ps(value, _mm512_set1_ps(job.inverse_scale)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(job.out8 + at), _mm512_cvtusepi32_epi8(q));
  }
}

template <typename D, int M, int N>
void Tile(const DirectJob& job, const int* rows) {
  typename D::Sum sum[M][N];
#pragma GCC unroll 24
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) sum[m][n] = D::Zero();
  }
  for (int tap = 0; tap < job.num_taps; ++tap) {
    const unsigned char* x[M];
#pragma GCC unroll 24
    for (int m = 0; m < M; ++m) x[m] = job.input + (rows[m] + job.tap_cells[tap]) * job.input_stride;
    const unsigned char* w = job.weights + static_cast<std::ptrdiff_t>(job.tap_weights[tap]) * job.steps * (64 * N);
    for (std::ptrdiff_t step = 0; step < job.steps; ++step, w += 64 * N) {
      __m512i weights[N];
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) weights[n] = _mm512_loadu_si512(w + 64 * n);
#pragma GCC unroll 24
      for (int m = 0; m < M; ++m) {
        int word;
        __builtin_memcpy(&word, x[m] + 4 * step, 4);
        const __m512i broadcast = _mm512_set1_epi32(word);
#pragma GCC unroll 4
        for (int n = 0; n < N; ++n) sum[m][n] = D::Add(sum[m][n], broadcast, weights[n]);
      }
    }
  }
#pragma GCC unroll 24
  for (int m = 0; m < M; ++m) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) {
      const __m512 value = D::Finish(sum[m][n], job.scale + 16 * n, _mm512_loadu_ps(job.bias + 16 * n));
      Store(job, rows[m] * job.output_stride + 16 * n, value);
    }
  }
}

// A tile that is not full repeats its last cell: the same value is written twice.
template <typename D, int N, int M>
void Rows(const DirectJob& job, const int* rows, int num_rows) {
  constexpr int kHalf = M / 2;
  while (num_rows >= M) {
    Tile<D, M, N>(job, rows);
    rows += M;
    num_rows -= M;
  }
  while (num_rows > 0) {
    const int size = num_rows <= kHalf ? kHalf : M;
    int tile[M];
    for (int m = 0; m < size; ++m) tile[m] = rows[m < num_rows ? m : num_rows - 1];
    if (size == kHalf) {
      Tile<D, kHalf, N>(job, tile);
    } else {
      Tile<D, M, N>(job, tile);
    }
    num_rows -= size;
    rows += size;
  }
}

template <typename D>
void Registers(int n, const DirectJob& job, const int* rows, int num_rows) {
  switch (n) {
    case 1:
      return Rows<D, 1, 12>(job, rows, num_rows);
    case 2:
      return Rows<D, 2, 12>(job, rows, num_rows);
    case 3:
      return Rows<D, 3, 8>(job, rows, num_rows);
    default:
      return Rows<D, 4, 6>(job, rows, num_rows);
  }
}

}  // namespace

void RunDirect(Dot dot, int n, const DirectJob& job, const int* rows, int num_rows) {
  dot == Dot::kInt8 ? Registers<Int8Quads>(n, job, rows, num_rows) : Registers<BFloat16Pairs>(n, job, rows, num_rows);
}

}  // namespace tandem::internal

#else

namespace tandem::internal {
void RunDirect(Dot, int, const DirectJob&, const int*, int) { __builtin_trap(); }  // Processor() has no AVX-512 here
}  // namespace tandem::internal

#endif
