// Convolutions against the sum that they are.
#include "engine/net/cpu/convolution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "engine/base/rng.h"
#include "engine/net/cpu/aligned_buffer.h"
#include "engine/net/cpu/bfloat16.h"
#include "engine/net/cpu/processor.h"

namespace tandem {
namespace {

constexpr float kStep = 1.0f / 64;  // of 8-bit activations

struct Shape {
  int rows, cols, inputs, outputs, kernel, positions;
};

// A convolution of random numbers, its input, and every output computed one product at a time.
class Sample {
 public:
  Sample(const Shape& shape, bool integers) : shape_(shape), rng_(7) {
    const auto draw = [this](std::size_t n, float scale) {
      std::vector<float> values(n);
      for (float& x : values) x = scale * static_cast<float>(rng_.Normal());
      return values;
    };
    const int taps = shape.kernel * shape.kernel;
    weight = {{shape.outputs, shape.inputs, shape.kernel, shape.kernel},
              draw(static_cast<std::size_t>(shape.outputs) * shape.inputs * taps, 0.2f)};
    bias = draw(shape.outputs, 0.3f);
    input = draw(cells() * shape.inputs, 1.0f);
    if (integers) {
      for (float& x : input) x = kStep * std::min(255.0f, std::round(std::abs(x) / kStep));
    }
    residual = draw(cells() * shape.outputs, 1.0f);
    for (float& x : residual) x = ToFloat(FromFloat<BFloat16>(x));
  }

  std::size_t cells() const { return static_cast<std::size_t>(shape_.positions) * shape_.rows * shape_.cols; }

  std::vector<float> Outputs() const {
    std::vector<float> outputs;
    for (int position = 0; position < shape_.positions; ++position) {
      for (int row = 0; row < shape_.rows; ++row) {
        for (int col = 0; col < shape_.cols; ++col) {
          for (int out = 0; out < shape_.outputs; ++out) outputs.push_back(Output(position, row, col, out));
        }
      }
    }
    return outputs;
  }

  // The result in float, without padding.
  std::vector<float> Run(Dot dot, bool with_residual, bool to_integers) const {
    const BoardTaps board(shape_.rows, shape_.cols);
    const auto convolution = MakeConvolution(board, weight, bias, dot, kStep);
    const std::size_t in_stride = PaddedChannels(shape_.inputs), out_stride = PaddedChannels(shape_.outputs);
    AlignedBuffer in, out, extra;
    in.Grow(cells() * in_stride * sizeof(float));
    out.Grow(cells() * out_stride * sizeof(float));
    extra.Grow(cells() * out_stride * sizeof(float));
    for (std::size_t cell = 0; cell < cells(); ++cell) {
      for (int c = 0; c < shape_.inputs; ++c) {
        const float x = input[cell * shape_.inputs + c];
        if (dot == Dot::kInt8) {
          in.as<std::uint8_t>()[cell * in_stride + c] = static_cast<std::uint8_t>(std::lround(x / kStep));
        } else {
          in.as<float>()[cell * in_stride + c] = x;
        }
      }
      for (int c = 0; c < shape_.outputs; ++c) {
        const float x = residual[cell * shape_.outputs + c];
        if (dot == Dot::kInt8) {
          extra.as<BFloat16>()[cell * out_stride + c] = FromFloat<BFloat16>(x);
        } else {
          extra.as<float>()[cell * out_stride + c] = x;
        }
      }
    }
    ConvolutionIo io{
        .input = in.as<unsigned char>(), .input_stride = static_cast<int>(in_stride), .output_step = kStep, .relu = to_integers};
    if (with_residual && dot == Dot::kInt8) io.residual16 = extra.as<std::uint16_t>();
    if (with_residual && dot == Dot::kFloat32) io.residual32 = extra.as<float>();
    if (to_integers) {
      io.out8 = out.as<std::uint8_t>();
    } else {
      io.out32 = out.as<float>();
    }
    convolution->Run(CellOrder(board, shape_.positions), io);
    std::vector<float> result;
    for (std::size_t cell = 0; cell < cells(); ++cell) {
      for (int c = 0; c < shape_.outputs; ++c) {
        const std::size_t at = cell * out_stride + c;
        result.push_back(to_integers ? kStep * out.as<std::uint8_t>()[at] : out.as<float>()[at]);
      }
    }
    return result;
  }

  Tensor weight;
  std::vector<float> bias, input, residual;

 private:
  float Output(int position, int row, int col, int out) const {
    double sum = bias[out];
    const int reach = shape_.kernel / 2;
    for (int in = 0; in < shape_.inputs; ++in) {
      for (int a = 0; a < shape_.kernel; ++a) {
        for (int b = 0; b < shape_.kernel; ++b) {
          const int r = row + a - reach, c = col + b - reach;
          if (r < 0 || r >= shape_.rows || c < 0 || c >= shape_.cols) continue;
          const std::size_t at = (static_cast<std::size_t>(position) * shape_.rows + r) * shape_.cols + c;
          const std::size_t tap = ((static_cast<std::size_t>(out) * shape_.inputs + in) * shape_.kernel + a) * shape_.kernel + b;
          sum += static_cast<double>(weight.data[tap]) * input[at * shape_.inputs + in];
        }
      }
    }
    return static_cast<float>(sum);
  }

  const Shape shape_;
  Rng rng_;
};

double LargestDifference(const std::vector<float>& a, const std::vector<float>& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max<double>(largest, std::abs(a[i] - b[i]));
  return largest;
}

// Boards whose sides take tiles of 3, of 4 and both, whole and cut off; channels that fill registers and that leave padding; one
// position, and more than go through the stages at once.
constexpr Shape kShapes[] = {{3, 3, 3, 16, 3, 1},   {6, 7, 64, 64, 3, 2}, {6, 7, 5, 24, 3, 7},  {8, 8, 48, 48, 3, 3}, {7, 6, 9, 72, 3, 2},
                             {19, 19, 16, 8, 3, 1}, {5, 9, 33, 16, 3, 4}, {6, 7, 20, 40, 1, 3}, {1, 1, 4, 4, 3, 1},   {1, 4, 4, 4, 3, 2}};

class ConvolutionTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!Processor().avx2) GTEST_SKIP() << "this processor has no AVX2";
    if (GetParam() && !Processor().avx512_vnni) GTEST_SKIP() << "this processor has no AVX-512 with VNNI";
  }
  ProcessorFeatures Allowed() const { return {.avx2 = true, .avx512_vnni = GetParam()}; }
};

// Sums of up to 20: some units in the last place, since Winograd's transforms add large numbers of both signs.
TEST_P(ConvolutionTest, InFloatEqualsTheSum) {
  const ScopedProcessorLimit limit(Allowed());
  const double tolerance = 2e-4;
  for (const Shape& shape : kShapes) {
    const Sample sample(shape, /*integers=*/false);
    std::vector<float> expected = sample.Outputs();
    EXPECT_LT(LargestDifference(expected, sample.Run(Dot::kFloat32, false, false)), tolerance) << shape.rows << "x" << shape.cols;
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += sample.residual[i];
    EXPECT_LT(LargestDifference(expected, sample.Run(Dot::kFloat32, true, false)), tolerance) << shape.rows << "x" << shape.cols;
  }
}

// What the rounding of weights allows: half a 127th of the largest of each output on AVX-512, far less on AVX2.
TEST_P(ConvolutionTest, InIntegersNearlyEqualsTheSum) {
  const ScopedProcessorLimit limit(Allowed());
  const double tolerance = GetParam() ? 0.2 : 0.02;
  for (const Shape& shape : kShapes) {
    const Sample sample(shape, /*integers=*/true);
    std::vector<float> expected = sample.Outputs();
    EXPECT_LT(LargestDifference(expected, sample.Run(Dot::kInt8, false, false)), tolerance) << shape.rows << "x" << shape.cols;
    for (std::size_t i = 0; i < expected.size(); ++i) expected[i] += sample.residual[i];
    EXPECT_LT(LargestDifference(expected, sample.Run(Dot::kInt8, true, false)), tolerance) << shape.rows << "x" << shape.cols;
    for (float& x : expected) x = kStep * std::clamp(std::round(x / kStep), 0.0f, 255.0f);
    EXPECT_LT(LargestDifference(expected, sample.Run(Dot::kInt8, true, true)), tolerance + kStep) << shape.rows << "x" << shape.cols;
  }
}

// All inputs the largest, all weights alike and of one sign: the sums that come nearest to 32 bits.
TEST_P(ConvolutionTest, InIntegersDoesNotOverflow) {
  const ScopedProcessorLimit limit(Allowed());
  for (const int sign : {1, -1}) {
    Sample sample({8, 7, 256, 16, 3, 2}, /*integers=*/true);
    std::fill(sample.input.begin(), sample.input.end(), 255 * kStep);
    std::fill(sample.weight.data.begin(), sample.weight.data.end(), 0.5f * static_cast<float>(sign));
    const std::vector<float> expected = sample.Outputs();
    const std::vector<float> found = sample.Run(Dot::kInt8, false, false);
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(found[i], expected[i], 0.01 * std::abs(expected[i])) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Loops, ConvolutionTest, testing::Bool(),
                         [](const testing::TestParamInfo<bool>& info) { return std::string(info.param ? "Avx512" : "Avx2"); });

}  // namespace
}  // namespace tandem
