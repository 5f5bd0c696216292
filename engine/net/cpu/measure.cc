#include "engine/net/cpu/measure.h"

#include <algorithm>
#include <chrono>

#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "engine/net/cpu/aligned_buffer.h"
#include "engine/net/cpu/convolution.h"
#include "engine/net/cpu/tower.h"

namespace tandem {
namespace {

using SteadyClock = std::chrono::steady_clock;

double SecondsSince(SteadyClock::time_point start) { return std::chrono::duration<double>(SteadyClock::now() - start).count(); }

}  // namespace

absl::StatusOr<double> MeasureOwnConvolution(const ConvolutionShape& shape, Precision precision, double seconds) {
  TANDEM_ASSIGN_OR_RETURN(const Dot dot, DotFor(precision));
  if (shape.batch < 1 || shape.channels < 1 || shape.rows < 1 || shape.cols < 1) return BadInput("convolution: empty shape");
  Rng rng = Rng::Stream(1, "measure");
  Tensor weight{{shape.channels, shape.channels, 3, 3}, {}};
  weight.data.resize(static_cast<std::size_t>(shape.channels) * shape.channels * 9);
  for (float& x : weight.data) x = static_cast<float>(0.01 * rng.Normal());
  const std::vector<float> bias(shape.channels, 0.1f);
  const BoardTaps board(shape.rows, shape.cols);
  const std::unique_ptr<Convolution> convolution = MakeConvolution(board, weight, bias, dot, 0.01f);
  const CellOrder order(board, shape.batch);
  const std::size_t size = static_cast<std::size_t>(shape.batch) * board.cells() * PaddedChannels(shape.channels);
  AlignedBuffer input, output;
  input.Grow(size * sizeof(float));
  output.Grow(size * sizeof(float));
  ConvolutionIo io;
  io.input = input.as<unsigned char>();
  io.input_stride = PaddedChannels(shape.channels);
  if (dot == Dot::kFloat32) io.out32 = output.as<float>();
  if (dot == Dot::kBFloat16) io.out16 = output.as<std::uint16_t>();
  if (dot == Dot::kInt8) io.out8 = output.as<std::uint8_t>();

  convolution->Run(order, io);
  double best = 1e30;
  for (const SteadyClock::time_point begin = SteadyClock::now(); SecondsSince(begin) < seconds || best > 1e29;) {
    const SteadyClock::time_point start = SteadyClock::now();
    convolution->Run(order, io);
    best = std::min(best, SecondsSince(start));
  }
  return 2.0 * 9 * shape.channels * shape.channels * shape.batch * board.cells() / best;
}

}  // namespace tandem
