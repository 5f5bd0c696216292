#include "engine/net/cpu/winograd_convolution.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "engine/base/check.h"

namespace tandem {
namespace {

constexpr int kLanes = 16;  // outputs of a block
constexpr double kLargestInput = 255;

// One side of a tile: `filter` makes points of a kernel (G), `input` points of a tile (B^T). winograd_kernel.cc has A^T.
struct TileSide {
  std::vector<std::vector<double>> filter;
  std::vector<std::vector<int>> input;
  int points() const { return static_cast<int>(filter.size()); }
};

const TileSide& SideOf(int outputs) {
  static const TileSide one = {{{1}}, {{1}}};
  static const TileSide three = {
      {{1. / 2, 0, 0}, {-1. / 2, -1. / 2, -1. / 2}, {-1. / 6, 1. / 6, -1. / 6}, {1. / 6, 1. / 3, 2. / 3}, {0, 0, 1}},
      {{2, -1, -2, 1, 0}, {0, -2, -1, 1, 0}, {0, 2, -3, 1, 0}, {0, -1, 0, 1, 0}, {0, 2, -1, -2, 1}}};
  static const TileSide four = {
      {{1. / 4, 0, 0},
       {-1. / 6, -1. / 6, -1. / 6},
       {-1. / 6, 1. / 6, -1. / 6},
       {1. / 24, 1. / 12, 1. / 6},
       {1. / 24, -1. / 12, 1. / 6},
       {0, 0, 1}},
      {{4, 0, -5, 0, 1, 0}, {0, -4, -4, 1, 1, 0}, {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0}, {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}}};
  return outputs == 1 ? one : outputs == 3 ? three : four;
}

int TilesOf(int length, int outputs) { return (length + outputs - 1) / outputs; }

// Outputs a side with the fewest points for a board's side; with as many, the smaller ones, whose numbers grow less.
int ChooseOutputs(int length) {
  const auto points = [length](int outputs) { return TilesOf(length, outputs) * SideOf(outputs).points(); };
  return points(4) < points(3) ? 4 : 3;
}

double Sum(std::span<const int> coefficients, int sign) {
  double sum = 0;
  for (int c : coefficients) sum += std::max(0, sign * c);
  return sum;
}

struct Scratch {
  AlignedBuffer points;
  AlignedBuffer products;
};

}  // namespace

WinogradConvolution::WinogradConvolution(const BoardTaps& board, const Tensor& weight, std::span<const float> bias, Dot dot,
                                         float input_step)
    : dot_(dot),
      outputs_(static_cast<int>(weight.shape[0])),
      inputs_(static_cast<int>(weight.shape[1])),
      steps_(dot == Dot::kFloat32 ? inputs_ : (inputs_ + 1) / 2),
      board_cells_(board.cells()),
      row_outputs_(weight.shape[2] == 1 ? 1 : ChooseOutputs(board.rows())),
      col_outputs_(weight.shape[2] == 1 ? 1 : ChooseOutputs(board.cols())),
      bias_(bias.begin(), bias.end()) {
  TANDEM_CHECK(dot != Dot::kBFloat16);
  TANDEM_CHECK(weight.shape[2] == weight.shape[3] && (weight.shape[2] == 1 || weight.shape[2] == 3));
  bias_.resize(PaddedChannels(outputs_), 0.0f);
  PlaceTiles(board);
  Pack(weight, input_step);
}

int WinogradConvolution::num_points() const { return SideOf(row_outputs_).points() * SideOf(col_outputs_).points(); }

void WinogradConvolution::PlaceTiles(const BoardTaps& board) {
  const int halo = row_outputs_ == 1 ? 0 : 1;
  const auto cell = [&board](int row, int col) {
    return row < 0 || row >= board.rows() || col < 0 || col >= board.cols() ? -1 : row * board.cols() + col;
  };
  for (int row = 0; row < board.rows(); row += row_outputs_) {
    for (int col = 0; col < board.cols(); col += col_outputs_, ++num_tiles_) {
      for (int i = 0; i < SideOf(row_outputs_).points(); ++i) {
        for (int j = 0; j < SideOf(col_outputs_).points(); ++j) input_cell_.push_back(cell(row + i - halo, col + j - halo));
      }
      for (int i = 0; i < row_outputs_; ++i) {
        for (int j = 0; j < col_outputs_; ++j) output_cell_.push_back(cell(row + i, col + j));
      }
    }
  }
}

// Integers a unit of `weights`, those of one output and point: they fit 16 bits, and no input can make their sum overflow 32.
double WinogradConvolution::IntegerScale(std::span<const double> weights, int point) const {
  const TileSide& row_side = SideOf(row_outputs_);
  const TileSide& col_side = SideOf(col_outputs_);
  const std::span<const int> row = row_side.input[point / col_side.points()];
  const std::span<const int> col = col_side.input[point % col_side.points()];
  const double positive = Sum(row, 1) * Sum(col, 1) + Sum(row, -1) * Sum(col, -1);
  const double negative = Sum(row, 1) * Sum(col, -1) + Sum(row, -1) * Sum(col, 1);
  const double largest_input = kLargestInput * std::max(positive, negative);
  double largest = 0, sum = 0;
  for (double w : weights) {
    largest = std::max(largest, std::abs(w));
    sum += std::abs(w);
  }
  if (largest == 0) return 1;
  const double rounding = 0.5 * static_cast<double>(weights.size());
  const double limit = std::numeric_limits<std::int32_t>::max() / largest_input - rounding;
  return std::min(std::numeric_limits<std::int16_t>::max() / largest, limit / sum);
}

void WinogradConvolution::Pack(const Tensor& weight, float input_step) {
  const TileSide& row_side = SideOf(row_outputs_);
  const TileSide& col_side = SideOf(col_outputs_);
  const int points = num_points();
  const int kernel = static_cast<int>(weight.shape[2]);
  const std::size_t words = static_cast<std::size_t>(PaddedChannels(outputs_)) * points * steps_;
  weights_.Grow(words * 4);
  scale_.assign(static_cast<std::size_t>(PaddedChannels(outputs_)) * points, 1.0f);
  std::vector<double> transformed(inputs_);
  for (int out = 0; out < outputs_; ++out) {
    for (int point = 0; point < points; ++point) {
      const std::vector<double>& row = row_side.filter[point / col_side.points()];
      const std::vector<double>& col = col_side.filter[point % col_side.points()];
      for (int in = 0; in < inputs_; ++in) {
        const float* w = weight.data.data() + (static_cast<std::size_t>(out) * inputs_ + in) * kernel * kernel;
        transformed[in] = 0;
        for (int a = 0; a < kernel; ++a) {
          for (int b = 0; b < kernel; ++b) transformed[in] += row[a] * col[b] * w[a * kernel + b];
        }
      }
      const std::size_t block_point = static_cast<std::size_t>(out / kLanes) * points + point;
      const std::size_t first = block_point * steps_ * kLanes + out % kLanes;
      if (dot_ == Dot::kFloat32) {
        for (int in = 0; in < inputs_; ++in) weights_.as<float>()[first + std::size_t(in) * kLanes] = static_cast<float>(transformed[in]);
        continue;
      }
      const double scale = IntegerScale(transformed, point);
      scale_[block_point * kLanes + out % kLanes] = static_cast<float>(input_step / scale);
      for (int in = 0; in < inputs_; ++in) {
        weights_.as<std::int16_t>()[2 * (first + static_cast<std::size_t>(in / 2) * kLanes) + in % 2] =
            static_cast<std::int16_t>(std::lrint(transformed[in] * scale));
      }
    }
  }
}

void WinogradConvolution::Run(const CellOrder& order, const ConvolutionIo& io) const {
  thread_local Scratch scratch;
  const std::size_t rows = static_cast<std::size_t>(num_points()) * internal::kWinogradRows;
  const int padded_inputs = PaddedChannels(inputs_);
  scratch.points.Grow(rows * padded_inputs * (dot_ == Dot::kFloat32 ? 4 : 2));
  scratch.products.Grow(rows * kLanes * 4);
  const internal::WinogradJob job = {
      .tiles = {.row_outputs = row_outputs_,
                .col_outputs = col_outputs_,
                .num_tiles = num_tiles_,
                .board_cells = board_cells_,
                .input_cell = input_cell_.data(),
                .output_cell = output_cell_.data()},
      .positions = order.positions,
      .integer = dot_ == Dot::kInt8,
      .steps = steps_,
      .padded_inputs = padded_inputs,
      .output_blocks = PaddedChannels(outputs_) / kLanes,
      .weights = weights_.as<unsigned char>(),
      .scale = scale_.data(),
      .bias = bias_.data(),
      .io = io,
      .output_stride = PaddedChannels(outputs_),
      .points = scratch.points.as<unsigned char>(),
      .products = scratch.products.as<unsigned char>(),
  };
  internal::RunWinograd(job);
}

}  // namespace tandem
