// Convolutions over small boards on AVX-512. Cells that have the same neighbours on the board are computed together, over all positions of
// a group, so that nothing is spent on padding (a fifth of all products on a 6x7 board); bias, residual, ReLU and the conversion of the
// result are done in registers. Weights are float, bfloat16 or 8-bit.
//
// Activations are channels-last, [positions, cells, stride], stride = PaddedChannels, and hold zeros in the padding.
// Partners: convolution_kernel.h (the loop), direct_tower.h (the network).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/net/cpu/convolution_kernel.h"
#include "engine/net/weights.h"

namespace tandem {

using internal::Dot;

// Channels in memory: a multiple of 16.
constexpr int PaddedChannels(int channels) { return (channels + 15) / 16 * 16; }

// Memory that begins at a multiple of 64 bytes and only grows. Not copyable; new bytes are zero.
class AlignedBuffer {
 public:
  void Grow(std::size_t bytes);
  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(begin_);
  }
  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(begin_);
  }

 private:
  std::unique_ptr<unsigned char[]> memory_;
  unsigned char* begin_ = nullptr;
  std::size_t bytes_ = 0;
};

// Which cells of a board have which taps.
class BoardTaps {
 public:
  BoardTaps(int rows, int cols);

  // Cells with the same taps of a 3x3 convolution on the board.
  struct Group {
    std::vector<int> cells;
    std::vector<int> taps;       // (row + 1) * 3 + column + 1, each from -1 to 1
    std::vector<int> distances;  // in cells
  };
  const std::vector<Group>& groups() const { return groups_; }
  int cells() const { return cells_; }

 private:
  const int cells_;
  std::vector<Group> groups_;
};

// Cell numbers of `positions` boards, group by group.
struct CellOrder {
  CellOrder(const BoardTaps& board, int positions);
  const BoardTaps* board;
  std::vector<int> rows;  // those of the first group, then those of the second, ...
  std::vector<int> ends;  // end of each group in `rows`
};

// Where one convolution reads and writes; pointers to the first position.
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

// Immutable, thread-safe.
class DirectConvolution {
 public:
  // `weight` is [out, in, kernel, kernel], kernel 1 or 3. With kInt8 each output's weights are rounded to multiples of a 127th of its
  // largest, and an input of 1 stands for `input_step`.
  DirectConvolution(const Tensor& weight, std::span<const float> bias, Dot dot, float input_step = 1);
  void Run(const CellOrder& order, const ConvolutionIo& io) const;
  int num_outputs() const { return outputs_; }

 private:
  void RunRows(const ConvolutionIo& io, std::span<const int> taps, std::span<const int> distances, std::span<const int> rows) const;
  void Pack(const Tensor& weight, std::span<const float> scale);

  const Dot dot_;
  const int outputs_;
  const int inputs_;
  const int num_taps_;
  const int steps_;  // of 4 bytes of input channels
  AlignedBuffer weights_;
  std::vector<float> scale_;  // padded; of the integer sums
  std::vector<float> bias_;   // padded
};

}  // namespace tandem
