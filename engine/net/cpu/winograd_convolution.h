// A convolution by Winograd's minimal filtering (Lavin & Gray 2016), on AVX2: a tile of 3 or 4 outputs a side takes one product for each of
// its 5 or 6 points a side instead of 9 for each output. On a 6x7 board that is 120 products instead of 378 (302 without those on padding),
// on 8x8 144 instead of 576.
//
// With 8-bit activations the transformed input is an exact 16-bit integer, and so are the transformed weights, rounded to as many
// bits as keep the 32-bit sums from overflowing whatever the input: 12 and more with 64 channels.
// Partner: winograd_kernel.h (the loops).
#pragma once

#include <span>
#include <vector>

#include "engine/net/cpu/aligned_buffer.h"
#include "engine/net/cpu/convolution.h"
#include "engine/net/cpu/winograd_kernel.h"

namespace tandem {

class WinogradConvolution : public Convolution {
 public:
  // As MakeConvolution. `dot` is kFloat32 or kInt8.
  WinogradConvolution(const BoardTaps& board, const Tensor& weight, std::span<const float> bias, Dot dot, float input_step);
  void Run(const CellOrder& order, const ConvolutionIo& io) const override;
  int num_outputs() const override { return outputs_; }

 private:
  void PlaceTiles(const BoardTaps& board);
  void Pack(const Tensor& weight, float input_step);
  double IntegerScale(std::span<const double> weights, int point) const;
  int num_points() const;

  const Dot dot_;
  const int outputs_;
  const int inputs_;
  const int steps_;  // of 4 bytes of input channels
  int board_cells_, row_outputs_, col_outputs_, num_tiles_ = 0;
  std::vector<int> input_cell_;   // WinogradTiles
  std::vector<int> output_cell_;  // WinogradTiles
  AlignedBuffer weights_;         // WinogradJob
  std::vector<float> scale_;      // WinogradJob
  std::vector<float> bias_;       // padded
};

}  // namespace tandem
