// The innermost loop of DirectConvolution (direct_convolution.h), apart because it is compiled for AVX-512 whatever the rest is compiled
// for. Plain types only: an inline function of a library that this file's partner emitted would run on processors without AVX-512.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/net/cpu/convolution_io.h"

namespace tandem::internal {

// A step is 4 bytes of input channels: 2 of kBFloat16, 4 of kInt8 (s8 weights, summed in 32-bit integers).
// Up to 64 output channels (n registers of 16) of some cells that have the same taps on the board.
struct DirectJob {
  const unsigned char* input;    // activations, channels last
  std::ptrdiff_t input_stride;   // bytes of a cell
  const unsigned char* weights;  // [kernel taps][steps][n * 16 outputs][channels of a step], 64 n bytes a step
  int steps;                     // of 4 bytes of input channels each
  int num_taps;
  const int* tap_weights;  // [num_taps] index among the kernel's taps
  const int* tap_cells;    // [num_taps] distance in cells
  const float* scale;      // [n * 16], of the integer sum; kInt8 only
  const float* bias;       // [n * 16]
  const std::uint16_t* residual16;  // bfloat16 [cells, output_stride], added before ReLU when not null
  // Each written when not null; [cells, output_stride].
  float* out32;
  std::uint16_t* out16;
  std::uint8_t* out8;  // round(value * inverse_scale), saturated; needs relu
  std::ptrdiff_t output_stride;
  float inverse_scale;
  bool relu;
};

// `dot` is kBFloat16 or kInt8; `rows`: numbers of the cells. Needs AVX-512 F, BW, VL, DQ and, for the dot product, BF16 or VNNI.
void RunDirect(Dot dot, int n, const DirectJob& job, const int* rows, int num_rows);

}  // namespace tandem::internal
