// Where a convolution reads and writes. Plain types: the kernels, which are compiled for other instructions than the rest, include it.
// Activations are channels-last, [positions, cells, stride], stride = PaddedChannels, and hold zeros in the padding.
#pragma once

#include <cstdint>

namespace tandem {

// Channels in memory: a multiple of 16.
constexpr int PaddedChannels(int channels) { return (channels + 15) / 16 * 16; }

// What the activations are that a convolution reads.
enum class Dot {
  kFloat32,
  kBFloat16,
  kInt8,  // unsigned; sums are exact
};

// Pointers to the first position.
struct ConvolutionIo {
  const void* input = nullptr;
  int input_stride = 0;                       // channels in memory
  const std::uint16_t* residual16 = nullptr;  // bfloat16, added before ReLU
  const float* residual32 = nullptr;          // likewise; must not be an output
  float* out32 = nullptr;                     // each written when not null
  std::uint16_t* out16 = nullptr;
  std::uint8_t* out8 = nullptr;  // value / output_step, rounded and saturated; needs relu
  float output_step = 1;
  bool relu = true;
};

}  // namespace tandem
