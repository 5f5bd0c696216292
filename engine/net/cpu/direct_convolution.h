// A convolution of bfloat16 or 8-bit activations as the sum that it is, on AVX-512. Cells that have the same neighbours on the board are computed together, over all
// positions of a group, so that nothing is spent on padding (a fifth of all products on a 6x7 board).
// Partner: direct_kernel.h (the loop).
#pragma once

#include <span>
#include <vector>

#include "engine/net/cpu/aligned_buffer.h"
#include "engine/net/cpu/convolution.h"
#include "engine/net/cpu/direct_kernel.h"

namespace tandem {

class DirectConvolution : public Convolution {
 public:
  // As MakeConvolution. `dot` is kBFloat16 or kInt8; with kInt8 each output's weights are rounded to multiples of a 127th of its largest.
  DirectConvolution(const Tensor& weight, std::span<const float> bias, Dot dot, float input_step);
  void Run(const CellOrder& order, const ConvolutionIo& io) const override;
  int num_outputs() const override { return outputs_; }

 private:
  void RunRows(const ConvolutionIo& io, std::span<const int> taps, std::span<const int> distances, std::span<const int> rows) const;
  void Pack(const Tensor& weight, std::span<const float> steps);

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
