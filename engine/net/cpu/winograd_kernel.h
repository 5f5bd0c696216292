// The loops of WinogradConvolution (winograd_convolution.h), apart because they are compiled for AVX2 whatever the rest is compiled for.
// Plain types only: an inline function of a library that this file's partner emitted would run on processors without AVX2.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/net/cpu/convolution_io.h"

namespace tandem::internal {

// What a tile of outputs takes from the board and where it puts it. A tile has one point for each product; 1 output a side stands for a
// 1x1 kernel, which has nothing to transform.
struct WinogradTiles {
  int row_outputs;  // 1, 3 or 4; a tile reads row_outputs + 2 rows, or 1
  int col_outputs;
  int num_tiles;           // of a board
  int board_cells;         // of a board
  const int* input_cell;   // [num_tiles, points of a row x points of a column] cell of the board, -1 = off the board
  const int* output_cell;  // [num_tiles, row_outputs x col_outputs], likewise
};

// One convolution of `positions` boards.
struct WinogradJob {
  WinogradTiles tiles;
  int positions;
  bool integer;         // u8 activations, 16-bit integers between; else float
  int steps;            // of 4 bytes of input channels: 1 float or 2 integers
  int padded_inputs;    // PaddedChannels of the input channels
  int output_blocks;    // of 16 outputs
  const void* weights;  // [output_blocks, points, steps, 16 outputs] of 4 bytes
  const float* scale;   // [output_blocks, points, 16] of the integer sums; not read for floats
  const float* bias;    // [output_blocks, 16]
  ConvolutionIo io;
  std::ptrdiff_t output_stride;
  // Scratch, 64-byte aligned.
  void* points;    // [points, kWinogradRows, padded_inputs] of 4 (float) or 2 bytes
  void* products;  // [points, kWinogradRows, 16] of 4 bytes
};

// Tiles that go through the three stages together.
inline constexpr int kWinogradRows = 24;

// Needs AVX2 and FMA.
void RunWinograd(const WinogradJob& job);

}  // namespace tandem::internal
