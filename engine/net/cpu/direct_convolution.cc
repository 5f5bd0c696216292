#include "engine/net/cpu/direct_convolution.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/check.h"
#include "engine/net/cpu/bfloat16.h"

namespace tandem {
namespace {

constexpr int kBlock = 64;                 // outputs of one kernel call
constexpr std::ptrdiff_t kStepBytes = 64;  // of 16 outputs

int ChannelsPerStep(Dot dot) { return dot == Dot::kInt8 ? 4 : 2; }
int BytesPerChannel(Dot dot) { return 4 / ChannelsPerStep(dot); }

}  // namespace

DirectConvolution::DirectConvolution(const Tensor& weight, std::span<const float> bias, Dot dot, float input_step)
    : dot_(dot),
      outputs_(static_cast<int>(weight.shape[0])),
      inputs_(static_cast<int>(weight.shape[1])),
      num_taps_(static_cast<int>(weight.shape[2] * weight.shape[3])),
      steps_((inputs_ + ChannelsPerStep(dot) - 1) / ChannelsPerStep(dot)),
      scale_(PaddedChannels(outputs_), 0.0f),
      bias_(bias.begin(), bias.end()) {
  TANDEM_CHECK(dot != Dot::kFloat32 && (num_taps_ == 1 || num_taps_ == 9));
  bias_.resize(scale_.size(), 0.0f);
  std::vector<float> steps(outputs_, 1.0f);  // a weight of 1 in memory stands for this
  if (dot == Dot::kInt8) {
    const std::size_t fan_in = static_cast<std::size_t>(inputs_) * num_taps_;
    for (int out = 0; out < outputs_; ++out) {
      float largest = 0;
      for (std::size_t i = 0; i < fan_in; ++i) largest = std::max(largest, std::abs(weight.data[out * fan_in + i]));
      steps[out] = largest > 0 ? largest / 127.0f : 1.0f;
      scale_[out] = steps[out] * input_step;
    }
  }
  Pack(weight, steps);
}

void DirectConvolution::Pack(const Tensor& weight, std::span<const float> steps) {
  const int padded = PaddedChannels(outputs_);
  const int lanes = ChannelsPerStep(dot_);
  weights_.Grow(static_cast<std::size_t>(num_taps_) * steps_ * padded * 4);
  for (int out = 0; out < outputs_; ++out) {
    const int block = out / kBlock * kBlock;
    const int width = std::min(kBlock, padded - block);  // outputs of this block
    for (int in = 0; in < inputs_; ++in) {
      for (int tap = 0; tap < num_taps_; ++tap) {
        const float value = weight.data[(static_cast<std::size_t>(out) * inputs_ + in) * num_taps_ + tap];
        const std::size_t word = (static_cast<std::size_t>(block) * num_taps_ + static_cast<std::size_t>(tap) * width) * steps_ +
                                 static_cast<std::size_t>(in / lanes) * width + (out - block);
        const std::size_t element = word * lanes + in % lanes;
        if (dot_ == Dot::kInt8) {
          weights_.as<std::int8_t>()[element] = static_cast<std::int8_t>(std::lrint(value / steps[out]));
        } else {
          weights_.as<BFloat16>()[element] = FromFloat<BFloat16>(value);
        }
      }
    }
  }
}

void DirectConvolution::Run(const CellOrder& order, const ConvolutionIo& io) const {
  if (num_taps_ == 1) {
    const int here[] = {0};
    RunRows(io, here, here, order.rows);
    return;
  }
  int begin = 0;
  for (std::size_t i = 0; i < order.ends.size(); ++i) {
    const BoardTaps::Group& group = order.board->groups()[i];
    RunRows(io, group.taps, group.distances, std::span(order.rows).subspan(begin, order.ends[i] - begin));
    begin = order.ends[i];
  }
}

void DirectConvolution::RunRows(const ConvolutionIo& io, std::span<const int> taps, std::span<const int> distances,
                                std::span<const int> rows) const {
  const int padded = PaddedChannels(outputs_);
  for (int block = 0; block < padded; block += kBlock) {
    const auto from = [block](auto* pointer) { return pointer == nullptr ? nullptr : pointer + block; };
    const internal::DirectJob job = {
        .input = static_cast<const unsigned char*>(io.input),
        .input_stride = static_cast<std::ptrdiff_t>(io.input_stride) * BytesPerChannel(dot_),
        .weights = weights_.as<unsigned char>() + static_cast<std::ptrdiff_t>(block / 16) * num_taps_ * steps_ * kStepBytes,
        .steps = steps_,
        .num_taps = static_cast<int>(taps.size()),
        .tap_weights = taps.data(),
        .tap_cells = distances.data(),
        .scale = scale_.data() + block,
        .bias = bias_.data() + block,
        .residual16 = from(io.residual16),
        .out32 = from(io.out32),
        .out16 = from(io.out16),
        .out8 = from(io.out8),
        .output_stride = padded,
        .inverse_scale = 1.0f / io.output_step,
        .relu = io.relu,
    };
    internal::RunDirect(dot_, std::min(kBlock, padded - block) / 16, job, rows.data(), static_cast<int>(rows.size()));
  }
}

}  // namespace tandem
