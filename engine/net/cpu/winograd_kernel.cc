// Three stages over kWinogradRows tiles at a time, so that what lies between them stays in the second-level cache:
//
//   1. input transform   V = B^T d B for each tile and channel
//   2. one matrix product for each point of the tile: M = V U, rows = tiles, over all input channels
//   3. output transform  Y = A^T M A, then bias, residual, ReLU and the conversion of the result
//
// 2 and 3 run for 16 outputs before the next 16. The matrices are those of Lavin & Gray (2016), "Fast Algorithms for Convolutional Neural
// Networks", sec. 4.1 and 4.3, for the points 0, 1, -1, 2 (and -2) and infinity.
#include "engine/net/cpu/winograd_kernel.h"

#if defined(__x86_64__)

#pragma GCC target("avx2,fma")
#include <immintrin.h>

namespace tandem::internal {
namespace {

using Floats = float __attribute__((vector_size(32)));
using Shorts = std::int16_t __attribute__((vector_size(32)));

// One side of a tile: K outputs of a kernel of 3, or of one of 1 when K is 1. `d` are inputs, `m` products.
template <int K>
struct Side;

template <>
struct Side<1> {
  static constexpr int kPoints = 1;
  template <typename V>
  static void In(const V* d, V* t) {
    t[0] = d[0];
  }
  template <typename V>
  static void Out(const V* m, V* y) {
    y[0] = m[0];
  }
};

template <>
struct Side<3> {
  static constexpr int kPoints = 5;
  template <typename V>
  static void In(const V* d, V* t) {
    const V d20 = d[2] + d[2];
    const V d31 = d[3] - d[1];
    const V twice1 = d[1] + d[1];
    t[0] = d[0] + d[0] - d20 + d31;
    t[1] = d[3] - d[2] - twice1;
    t[2] = d[3] - d[2] - d20 + twice1;
    t[3] = d31;
    t[4] = d[4] - d[2] - d31 - d31;
  }
  template <typename V>
  static void Out(const V* m, V* y) {
    const V sum = m[1] + m[2];
    const V twice = m[3] + m[3];
    y[0] = m[0] + sum + m[3];
    y[1] = m[1] - m[2] + twice;
    y[2] = sum + twice + twice + m[4];
  }
};

template <>
struct Side<4> {
  static constexpr int kPoints = 6;
  template <typename V>
  static V Twice(V x) {
    return x + x;
  }
  template <typename V>
  static void In(const V* d, V* t) {
    const V even = d[4] - Twice(Twice(d[2]));
    const V odd = d[3] - Twice(Twice(d[1]));
    const V d42 = d[4] - d[2];
    const V d31 = d[3] - d[1];
    t[0] = Twice(Twice(d[0] - d[2])) + d42;
    t[1] = even + odd;
    t[2] = even - odd;
    t[3] = d42 + Twice(d31);
    t[4] = d42 - Twice(d31);
    t[5] = d[5] - d[3] - Twice(Twice(d31));
  }
  template <typename V>
  static void Out(const V* m, V* y) {
    const V sum12 = m[1] + m[2];
    const V difference12 = m[1] - m[2];
    const V sum34 = m[3] + m[4];
    const V twice34 = Twice(m[3] - m[4]);
    y[0] = m[0] + sum12 + sum34;
    y[1] = difference12 + twice34;
    y[2] = sum12 + Twice(Twice(sum34));
    y[3] = difference12 + Twice(Twice(twice34)) + m[5];
  }
};

// In 4 bytes of input: one float.
struct FloatKind {
  using Vector = Floats;                 // of transformed input
  static constexpr int kChannels = 8;    // of a Vector
  static constexpr int kInputBytes = 4;  // of a channel of the activations
  static constexpr int kPointBytes = 4;  // of a transformed channel
  using Sum = __m256;
  static Vector Load(const unsigned char* x) { return _mm256_loadu_ps(reinterpret_cast<const float*>(x)); }
  static Sum Zero() { return _mm256_setzero_ps(); }
  static Sum Add(Sum sum, __m256i x, __m256i w) { return _mm256_fmadd_ps(_mm256_castsi256_ps(x), _mm256_castsi256_ps(w), sum); }
  static void Store(Sum sum, float* out) { _mm256_store_ps(out, sum); }
  static Floats Product(const float* sum, const float*) { return _mm256_load_ps(sum); }
};

// In 4 bytes of input: two 16-bit integers.
struct IntegerKind {
  using Vector = Shorts;
  static constexpr int kChannels = 16;
  static constexpr int kInputBytes = 1;
  static constexpr int kPointBytes = 2;
  using Sum = __m256i;
  static Vector Load(const unsigned char* x) {
    return reinterpret_cast<Shorts>(_mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x))));
  }
  static Sum Zero() { return _mm256_setzero_si256(); }
  static Sum Add(Sum sum, __m256i x, __m256i w) { return _mm256_add_epi32(sum, _mm256_madd_epi16(x, w)); }
  static void Store(Sum sum, float* out) { _mm256_store_si256(reinterpret_cast<__m256i*>(out), sum); }
  static Floats Product(const float* sum, const float* scale) {
    const __m256 value = _mm256_cvtepi32_ps(_mm256_load_si256(reinterpret_cast<const __m256i*>(sum)));
    return _mm256_mul_ps(value, _mm256_loadu_ps(scale));
  }
};

// 16 outputs of a cell.
struct Outputs {
  __m256 low, high;
};

// Upper halves, rounded to nearest even. NaN must not round to infinity.
inline __m256i Round16(__m256 x) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
  const __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
  const __m256 nan = _mm256_cmp_ps(x, x, _CMP_UNORD_Q);
  const __m256 kept = _mm256_blendv_ps(_mm256_castsi256_ps(rounded), _mm256_castsi256_ps(_mm256_set1_epi32(0x7fc00000)), nan);
  return _mm256_srli_epi32(_mm256_castps_si256(kept), 16);
}

// The instructions pack within halves of a register; this puts the quarters back in order.
inline __m256i InOrder(__m256i packed) { return _mm256_permute4x64_epi64(packed, 0b11011000); }

inline __m256i Narrow(Outputs x) { return InOrder(_mm256_packus_epi32(Round16(x.low), Round16(x.high))); }

inline Outputs Widen(const std::uint16_t* x) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
  const auto half = [](__m128i h) { return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(h), 16)); };
  return {half(_mm256_castsi256_si128(bits)), half(_mm256_extracti128_si256(bits, 1))};
}

// In steps, saturated; NaN becomes 255.
inline __m128i Quantise(Outputs x, float inverse_step) {
  const auto steps = [inverse_step](__m256 v) {
    return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_mul_ps(v, _mm256_set1_ps(inverse_step)), _mm256_set1_ps(255)));
  };
  const __m256i shorts = InOrder(_mm256_packus_epi32(steps(x.low), steps(x.high)));
  return _mm_packus_epi16(_mm256_castsi256_si128(shorts), _mm256_extracti128_si256(shorts, 1));
}

// `at` counts outputs from the first of the first cell.
inline void StoreCell(const ConvolutionIo& io, float inverse_step, std::ptrdiff_t at, Outputs x) {
  if (io.residual16 != nullptr) {
    const Outputs residual = Widen(io.residual16 + at);
    x = {x.low + residual.low, x.high + residual.high};
  }
  if (io.residual32 != nullptr) x = {x.low + _mm256_loadu_ps(io.residual32 + at), x.high + _mm256_loadu_ps(io.residual32 + at + 8)};
  if (io.relu) x = {_mm256_max_ps(_mm256_setzero_ps(), x.low), _mm256_max_ps(_mm256_setzero_ps(), x.high)};  // a NaN in second place stays
  if (io.out32 != nullptr) {
    _mm256_storeu_ps(io.out32 + at, x.low);
    _mm256_storeu_ps(io.out32 + at + 8, x.high);
  }
  if (io.out16 != nullptr) _mm256_storeu_si256(reinterpret_cast<__m256i*>(io.out16 + at), Narrow(x));
  if (io.out8 != nullptr) _mm_storeu_si128(reinterpret_cast<__m128i*>(io.out8 + at), Quantise(x, inverse_step));
}

template <typename Kind, int R, int C>
class Stages {
  static constexpr int kRowPoints = Side<R>::kPoints;
  static constexpr int kColPoints = Side<C>::kPoints;
  static constexpr int kPoints = kRowPoints * kColPoints;

 public:
  explicit Stages(const WinogradJob& job) : job_(job), row_bytes_(std::ptrdiff_t{job.padded_inputs} * Kind::kPointBytes) {}

  // Tiles [first, first + rows) of all boards.
  void Run(int first, int rows) const {
    for (int row = 0; row < rows; ++row) TransformInput(first + row, row);
    for (int block = 0; block < job_.output_blocks; ++block) {
      const unsigned char* weights = static_cast<const unsigned char*>(job_.weights) + std::ptrdiff_t{block} * kPoints * job_.steps * 64;
      for (int point = 0; point < kPoints; ++point) Multiply(point, rows, weights + std::ptrdiff_t{point} * job_.steps * 64);
      for (int row = 0; row < rows; ++row) TransformOutput(first + row, row, block);
    }
  }

 private:
  void TransformInput(int tile, int row) const {
    alignas(32) static constexpr unsigned char kOffBoard[32] = {};
    using Vector = typename Kind::Vector;
    const int* cells = job_.tiles.input_cell + std::ptrdiff_t{tile % job_.tiles.num_tiles} * kPoints;
    const std::ptrdiff_t cell_bytes = std::ptrdiff_t{job_.io.input_stride} * Kind::kInputBytes;
    const unsigned char* board =
        static_cast<const unsigned char*>(job_.io.input) + tile / job_.tiles.num_tiles * job_.tiles.board_cells * cell_bytes;
    unsigned char* out = static_cast<unsigned char*>(job_.points) + row * row_bytes_;
    for (std::ptrdiff_t channel = 0; channel < job_.padded_inputs; channel += Kind::kChannels, out += sizeof(Vector)) {
      Vector half[kColPoints][kRowPoints];
      for (int col = 0; col < kColPoints; ++col) {
        Vector d[kRowPoints];
#pragma GCC unroll 6
        for (int i = 0; i < kRowPoints; ++i) {
          const int cell = cells[i * kColPoints + col];
          d[i] = Kind::Load(cell < 0 ? kOffBoard : board + cell * cell_bytes + channel * Kind::kInputBytes);
        }
        Side<R>::In(d, half[col]);
      }
      for (int i = 0; i < kRowPoints; ++i) {
        Vector d[kColPoints], t[kColPoints];
#pragma GCC unroll 6
        for (int col = 0; col < kColPoints; ++col) d[col] = half[col][i];
        Side<C>::In(d, t);
#pragma GCC unroll 6
        for (int col = 0; col < kColPoints; ++col) {
          __builtin_memcpy(out + (i * kColPoints + col) * kWinogradRows * row_bytes_, &t[col], sizeof(Vector));
        }
      }
    }
  }

  // M rows by 16 outputs: 2 M sums in registers, for each step two loads of weights and M broadcasts.
  template <int M>
  void MultiplyRows(const unsigned char* x, const unsigned char* w, float* out) const {
    typename Kind::Sum sum[M][2];
#pragma GCC unroll 6
    for (int m = 0; m < M; ++m) sum[m][0] = sum[m][1] = Kind::Zero();
#pragma GCC unroll 2
    for (int step = 0; step < job_.steps; ++step, w += 64, x += 4) {
      _mm_prefetch(reinterpret_cast<const char*>(w + std::ptrdiff_t{job_.steps} * 64), _MM_HINT_T0);  // of the next point
      const __m256i w0 = _mm256_load_si256(reinterpret_cast<const __m256i*>(w));
      const __m256i w1 = _mm256_load_si256(reinterpret_cast<const __m256i*>(w + 32));
#pragma GCC unroll 6
      for (int m = 0; m < M; ++m) {
        int word;
        __builtin_memcpy(&word, x + m * row_bytes_, 4);
        const __m256i broadcast = _mm256_set1_epi32(word);
        sum[m][0] = Kind::Add(sum[m][0], broadcast, w0);
        sum[m][1] = Kind::Add(sum[m][1], broadcast, w1);
      }
    }
#pragma GCC unroll 6
    for (int m = 0; m < M; ++m) {
      Kind::Store(sum[m][0], out + 16 * m);
      Kind::Store(sum[m][1], out + 16 * m + 8);
    }
  }

  void Multiply(int point, int rows, const unsigned char* weights) const {
    const unsigned char* x = static_cast<const unsigned char*>(job_.points) + point * kWinogradRows * row_bytes_;
    float* out = static_cast<float*>(job_.products) + std::ptrdiff_t{point} * kWinogradRows * 16;
    for (; rows >= 6; rows -= 6, x += 6 * row_bytes_, out += 6 * 16) MultiplyRows<6>(x, weights, out);
    switch (rows) {
      case 1:
        return MultiplyRows<1>(x, weights, out);
      case 2:
        return MultiplyRows<2>(x, weights, out);
      case 3:
        return MultiplyRows<3>(x, weights, out);
      case 4:
        return MultiplyRows<4>(x, weights, out);
      case 5:
        return MultiplyRows<5>(x, weights, out);
      default:
        return;
    }
  }

  // 8 outputs of a tile, without their bias.
  static void FromPoints(const float* products, const float* scale, Floats (&y)[R][C]) {
    Floats half[R][kColPoints];
#pragma GCC unroll 6
    for (int col = 0; col < kColPoints; ++col) {
      Floats m[kRowPoints], t[R];
#pragma GCC unroll 6
      for (int i = 0; i < kRowPoints; ++i) {
        const int point = i * kColPoints + col;
        m[i] = Kind::Product(products + point * kWinogradRows * 16, scale + point * 16);
      }
      Side<R>::Out(m, t);
#pragma GCC unroll 4
      for (int i = 0; i < R; ++i) half[i][col] = t[i];
    }
#pragma GCC unroll 4
    for (int i = 0; i < R; ++i) Side<C>::Out(half[i], y[i]);
  }

  void TransformOutput(int tile, int row, int block) const {
    const int* cells = job_.tiles.output_cell + std::ptrdiff_t{tile % job_.tiles.num_tiles} * R * C;
    const std::ptrdiff_t board = std::ptrdiff_t{tile / job_.tiles.num_tiles} * job_.tiles.board_cells;
    const float* products = static_cast<const float*>(job_.products) + row * 16;
    const float* scale = job_.scale + std::ptrdiff_t{block} * kPoints * 16;
    const float* bias = job_.bias + 16 * block;
    const float inverse_step = 1.0f / job_.io.output_step;
    Floats low[R][C], high[R][C];
    FromPoints(products, scale, low);
    FromPoints(products + 8, scale + 8, high);
    for (int i = 0; i < R; ++i) {
      for (int col = 0; col < C; ++col) {
        const int cell = cells[i * C + col];
        if (cell < 0) continue;
        const Outputs outputs = {low[i][col] + _mm256_loadu_ps(bias), high[i][col] + _mm256_loadu_ps(bias + 8)};
        StoreCell(job_.io, inverse_step, (board + cell) * job_.output_stride + 16 * block, outputs);
      }
    }
  }

  const WinogradJob& job_;
  const std::ptrdiff_t row_bytes_;  // of a transformed tile at one point
};

template <typename Kind, int R, int C>
void RunTiles(const WinogradJob& job) {
  const Stages<Kind, R, C> stages(job);
  const int tiles = job.positions * job.tiles.num_tiles;
  for (int first = 0; first < tiles; first += kWinogradRows) {
    stages.Run(first, tiles - first < kWinogradRows ? tiles - first : kWinogradRows);
  }
}

template <typename Kind>
void RunKind(const WinogradJob& job) {
  const int row = job.tiles.row_outputs;
  const int col = job.tiles.col_outputs;
  if (row == 1) return RunTiles<Kind, 1, 1>(job);
  if (row == 3) return col == 3 ? RunTiles<Kind, 3, 3>(job) : RunTiles<Kind, 3, 4>(job);
  return col == 3 ? RunTiles<Kind, 4, 3>(job) : RunTiles<Kind, 4, 4>(job);
}

}  // namespace

void RunWinograd(const WinogradJob& job) { job.integer ? RunKind<IntegerKind>(job) : RunKind<FloatKind>(job); }

}  // namespace tandem::internal

#else

namespace tandem::internal {
void RunWinograd(const WinogradJob&) { __builtin_trap(); }  // Processor().avx2 is false here
}  // namespace tandem::internal

#endif
