// Convolutions over small boards, in our own loops: float, bfloat16 or 8-bit activations; bias, residual, ReLU and the conversion of the
// result are done in registers. Which loops run is the processor's choice:
//
//   AVX-512 with bfloat16 or 8-bit products   direct_convolution.h, every product once, only those on the board
//   AVX2, floats everywhere                   winograd_convolution.h, fewer products than weights times cells
//
// Partners: convolution_io.h (activations), tower.h (the network).
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/net/cpu/convolution_io.h"
#include "engine/net/weights.h"

namespace tandem {

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
  int rows() const { return rows_; }
  int cols() const { return cols_; }
  int cells() const { return rows_ * cols_; }

 private:
  const int rows_, cols_;
  std::vector<Group> groups_;
};

// The boards of one call. Cell numbers group by group.
struct CellOrder {
  CellOrder(const BoardTaps& board, int positions);
  const BoardTaps* board;
  int positions;
  std::vector<int> rows;  // those of the first group, then those of the second, ...
  std::vector<int> ends;  // end of each group in `rows`
};

// Immutable, thread-safe.
class Convolution {
 public:
  virtual ~Convolution() = default;
  // `order` is of the board that the convolution was made for.
  virtual void Run(const CellOrder& order, const ConvolutionIo& io) const = 0;
  virtual int num_outputs() const = 0;
};

// Whether this processor has loops for it.
bool HasConvolution(Dot dot);
// `weight` is [out, in, kernel, kernel], kernel 1 or 3. With kInt8 weights are integers too, in steps of each output's own, and an input
// of 1 stands for `input_step`. HasConvolution(dot) must be true.
std::unique_ptr<Convolution> MakeConvolution(const BoardTaps& board, const Tensor& weight, std::span<const float> bias, Dot dot,
                                             float input_step = 1);

}  // namespace tandem
