#include "engine/net/cpu/convolution.h"

#include "engine/base/check.h"
#include "engine/net/cpu/direct_convolution.h"
#include "engine/net/cpu/processor.h"
#include "engine/net/cpu/winograd_convolution.h"

namespace tandem {
namespace {

bool HasDirect(Dot dot) {
  const ProcessorFeatures processor = Processor();
  return dot == Dot::kBFloat16 ? processor.avx512_bf16 : dot == Dot::kInt8 && processor.avx512_vnni;
}

bool HasWinograd(Dot dot) { return dot != Dot::kBFloat16 && Processor().avx2; }

}  // namespace

BoardTaps::BoardTaps(int rows, int cols) : rows_(rows), cols_(cols) {
  std::vector<int> group_of(16, -1);  // by which neighbours are missing
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) {
      const int missing = (row == 0) + 2 * (row == rows - 1) + 4 * (col == 0) + 8 * (col == cols - 1);
      if (group_of[missing] < 0) {
        group_of[missing] = static_cast<int>(groups_.size());
        Group& group = groups_.emplace_back();
        for (int tap = 0; tap < 9; ++tap) {
          const int to_row = row + tap / 3 - 1;
          const int to_col = col + tap % 3 - 1;
          if (to_row < 0 || to_row >= rows || to_col < 0 || to_col >= cols) continue;
          group.taps.push_back(tap);
          group.distances.push_back((tap / 3 - 1) * cols + tap % 3 - 1);
        }
      }
      groups_[group_of[missing]].cells.push_back(row * cols + col);
    }
  }
}

CellOrder::CellOrder(const BoardTaps& board_taps, int num_positions) : board(&board_taps), positions(num_positions) {
  rows.reserve(static_cast<std::size_t>(board->cells()) * positions);
  for (const BoardTaps::Group& group : board->groups()) {
    for (int cell : group.cells) {
      for (int position = 0; position < positions; ++position) rows.push_back(position * board->cells() + cell);
    }
    ends.push_back(static_cast<int>(rows.size()));
  }
}

bool HasConvolution(Dot dot) { return HasDirect(dot) || HasWinograd(dot); }

std::unique_ptr<Convolution> MakeConvolution(const BoardTaps& board, const Tensor& weight, std::span<const float> bias, Dot dot,
                                             float input_step) {
  TANDEM_CHECK(HasConvolution(dot));
  if (HasDirect(dot)) return std::make_unique<DirectConvolution>(weight, bias, dot, input_step);
  return std::make_unique<WinogradConvolution>(board, weight, bias, dot, input_step);
}

}  // namespace tandem
