#include "engine/net/cpu/tower.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/net/cpu/fold.h"
#include "engine/net/spec.h"

namespace tandem {
namespace {

// Positions that go through the layers together: enough to fill the kernel's tiles for every cell, few enough for the second-level cache.
// 12 to 48 differ by less than the noise (64 x 6, 6x7).
constexpr int kGroupPositions = 24;
constexpr float kQuantisationLevels = 255;

// The first layer's input has signs, so it is never 8-bit.
Dot StemDot(Precision precision) {
  return precision != Precision::kFloat32 && HasConvolution(Dot::kBFloat16) ? Dot::kBFloat16 : Dot::kFloat32;
}

std::unique_ptr<Convolution> MakeFolded(const BoardTaps& board, const Weights& weights, const std::string& convolution,
                                        const std::string& norm, Dot dot, float step) {
  const FoldedWeights folded = FoldNorm(weights, convolution, norm);
  return MakeConvolution(board, folded.weight, folded.bias, dot, step);
}

float StepOf(const ActivationRanges* ranges, int layer) {
  if (ranges == nullptr) return 1;
  return std::max(ranges->largest[layer], 1e-6f) / kQuantisationLevels;
}

// NaN counts as larger than all.
float Largest(const float* x, std::size_t n) {
  float largest = 0;
  for (std::size_t i = 0; i < n; ++i) largest = x[i] <= largest ? largest : x[i];
  return largest;
}

}  // namespace

absl::StatusOr<Dot> DotFor(Precision precision) {
  const Dot dot = precision == Precision::kInt8 ? Dot::kInt8 : precision == Precision::kBFloat16 ? Dot::kBFloat16 : Dot::kFloat32;
  if (precision != Precision::kFloat16 && HasConvolution(dot)) return dot;
  const absl::string_view others = dot == Dot::kFloat32 ? "LibTorch's fp32" : "fp32 or auto";
  return absl::FailedPreconditionError(
      absl::StrCat("precision ", std::string(PrecisionName(precision)), ": this processor has no instructions for it; expected ", others));
}

// One a thread; grows to the largest network it has seen.
struct CpuTower::Scratch {
  AlignedBuffer input;            // planes in the first layer's type
  AlignedBuffer x, next_x;        // the residual stream as convolutions read it
  AlignedBuffer wide, next_wide;  // int8: the same in bfloat16
  AlignedBuffer middle;           // between a block's convolutions
  AlignedBuffer raw;              // float: before pooling, and the head's features
};

absl::StatusOr<std::unique_ptr<CpuTower>> CpuTower::Make(const GameFacts& facts, const Weights& weights, Precision precision,
                                                         const ActivationRanges* ranges, ParallelFor parallel, int threads) {
  TANDEM_ASSIGN_OR_RETURN(const Dot dot, DotFor(precision));
  TANDEM_ASSIGN_OR_RETURN(const NetworkConfig config, WeightsNetworkConfig(weights));
  if (precision == Precision::kInt8) {
    if (ranges == nullptr || ranges->largest.size() != static_cast<std::size_t>(1 + 2 * config.blocks())) {
      return BadInput("precision int8: expected ", 1 + 2 * config.blocks(), " activation ranges");
    }
  }
  std::unique_ptr<CpuTower> tower(new CpuTower(facts, config, weights, precision, dot, ranges));
  tower->parallel_ = std::move(parallel);
  tower->threads_ = std::max(1, threads);
  return tower;
}

CpuTower::CpuTower(const GameFacts& facts, const NetworkConfig& config, const Weights& weights, Precision precision, Dot dot,
                   const ActivationRanges* ranges)
    : precision_(precision),
      dot_(dot),
      stem_dot_(StemDot(precision)),
      planes_(facts.num_planes),
      cells_(facts.cells()),
      channels_(config.channels()),
      board_(facts.rows, facts.cols),
      stem_step_(StepOf(ranges, 0)),
      stem_(MakeFolded(board_, weights, "stem.conv", "stem.norm", stem_dot_, 1)),
      head_(MakeFolded(board_, weights, "head.conv", "head.norm", dot_, StepOf(ranges, 2 * config.blocks()))),
      heads_(facts, config, weights) {
  blocks_.reserve(config.blocks());
  for (int block = 0; block < config.blocks(); ++block) AddBlock(config, weights, ranges, block);
}

void CpuTower::AddBlock(const NetworkConfig& config, const Weights& weights, const ActivationRanges* ranges, int block) {
  const std::string prefix = "blocks." + std::to_string(block);
  const float input_step = StepOf(ranges, 2 * block);
  const float middle_step = StepOf(ranges, 2 * block + 1);
  PoolBranch pool{
      .cells = cells_, .pooled = PooledChannels(config, block), .others = channels_, .values = PoolValues(config), .weight = {}};
  if (pool.pooled > 0) {
    pool.others -= pool.pooled;
    pool.weight = InputMajor(weights.tensors.at(prefix + ".pool.weight"));
  }
  blocks_.push_back({MakeFolded(board_, weights, prefix + ".conv1", prefix + ".norm1", dot_, input_step),
                     MakeFolded(board_, weights, prefix + ".conv2", prefix + ".norm2", dot_, middle_step), std::move(pool), middle_step,
                     StepOf(ranges, 2 * block + 2)});
}

void CpuTower::WriteInput(const float* planes, int rows, Scratch& scratch) const {
  const int stride = PaddedChannels(planes_);
  scratch.input.Grow(static_cast<std::size_t>(rows) * stride * sizeof(float));
  const auto copy = [&]<typename T>(T* out) {
    for (int row = 0; row < rows; ++row, planes += planes_, out += stride) {
      for (int c = 0; c < planes_; ++c) out[c] = FromFloat<T>(planes[c]);
      std::fill(out + planes_, out + stride, T{});
    }
  };
  if (stem_dot_ == Dot::kFloat32) {
    copy(scratch.input.as<float>());
  } else {
    copy(scratch.input.as<BFloat16>());
  }
}

// Where a trunk convolution writes in this precision; `wide` only where the residual stream goes on.
void CpuTower::SetOutput(AlignedBuffer& narrow, AlignedBuffer* wide, float step, ConvolutionIo& io) const {
  switch (precision_) {
    case Precision::kFloat32:
      io.out32 = narrow.as<float>();
      break;
    case Precision::kBFloat16:
      io.out16 = narrow.as<std::uint16_t>();
      break;
    default:
      io.out8 = narrow.as<std::uint8_t>();
      io.output_step = step;
      if (wide != nullptr) io.out16 = wide->as<std::uint16_t>();
      break;
  }
}

void CpuTower::PoolBlock(const Block& block, int positions, Scratch& scratch) const {
  const int in_stride = PaddedChannels(channels_);
  const int out_stride = PaddedChannels(block.pool.others);
  const auto pool = [&]<typename T>(T* out) {
    const float* y = scratch.raw.as<float>();
    for (int i = 0; i < positions; ++i, y += cells_ * in_stride, out += cells_ * out_stride) {
      PoolBiasRelu(block.pool, y, in_stride, out, out_stride, block.middle_step);
    }
  };
  switch (precision_) {
    case Precision::kFloat32:
      return pool(scratch.middle.as<float>());
    case Precision::kBFloat16:
      return pool(scratch.middle.as<BFloat16>());
    default:
      return pool(scratch.middle.as<std::uint8_t>());
  }
}

void CpuTower::RunBlock(const Block& block, const CellOrder& order, int positions, Scratch& scratch) const {
  const int stride = PaddedChannels(channels_);
  ConvolutionIo first;
  first.input = scratch.x.as<unsigned char>();
  first.input_stride = stride;
  if (block.pool.pooled > 0) {
    first.relu = false;
    first.out32 = scratch.raw.as<float>();
    block.first->Run(order, first);
    PoolBlock(block, positions, scratch);
  } else {
    SetOutput(scratch.middle, nullptr, block.middle_step, first);
    block.first->Run(order, first);
  }
  ConvolutionIo second;
  second.input = scratch.middle.as<unsigned char>();
  second.input_stride = PaddedChannels(block.pool.others);
  if (precision_ == Precision::kFloat32) second.residual32 = scratch.x.as<float>();
  if (precision_ == Precision::kBFloat16) second.residual16 = scratch.x.as<std::uint16_t>();
  if (precision_ == Precision::kInt8) second.residual16 = scratch.wide.as<std::uint16_t>();
  SetOutput(scratch.next_x, &scratch.next_wide, block.output_step, second);
  block.second->Run(order, second);
  std::swap(scratch.x, scratch.next_x);
  std::swap(scratch.wide, scratch.next_wide);
}

void CpuTower::RunGroup(const float* planes, std::span<EvalRequest> batch, std::span<RawValues> values, ActivationRanges* observed) const {
  thread_local Scratch scratch;
  const int positions = static_cast<int>(batch.size());
  const int rows = positions * cells_;
  const int head_stride = PaddedChannels(head_->num_outputs());
  const std::size_t trunk = static_cast<std::size_t>(rows) * PaddedChannels(channels_);
  for (AlignedBuffer* buffer : {&scratch.x, &scratch.next_x, &scratch.middle}) buffer->Grow(trunk * element_bytes());
  if (precision_ == Precision::kInt8) {
    for (AlignedBuffer* buffer : {&scratch.wide, &scratch.next_wide}) buffer->Grow(trunk * sizeof(BFloat16));
  }
  scratch.raw.Grow(std::max(trunk, static_cast<std::size_t>(rows) * head_stride) * sizeof(float));
  const auto observe = [&](const AlignedBuffer& buffer, int channels, std::size_t layer) {
    float& largest = observed->largest[layer];
    const float found = Largest(buffer.as<float>(), static_cast<std::size_t>(rows) * PaddedChannels(channels));
    largest = found <= largest ? largest : found;
  };

  const CellOrder order(board_, positions);
  WriteInput(planes, rows, scratch);
  ConvolutionIo stem;
  stem.input = scratch.input.as<unsigned char>();
  stem.input_stride = PaddedChannels(planes_);
  SetOutput(scratch.x, &scratch.wide, stem_step_, stem);
  stem_->Run(order, stem);
  if (observed != nullptr) observe(scratch.x, channels_, 0);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    RunBlock(blocks_[i], order, positions, scratch);
    if (observed == nullptr) continue;
    observe(scratch.middle, blocks_[i].pool.others, 2 * i + 1);
    observe(scratch.x, channels_, 2 * i + 2);
  }
  if (observed != nullptr) return;
  ConvolutionIo head;
  head.input = scratch.x.as<unsigned char>();
  head.input_stride = PaddedChannels(channels_);
  head.out32 = scratch.raw.as<float>();
  head.relu = false;
  head_->Run(order, head);
  const float* features = scratch.raw.as<float>();
  for (int i = 0; i < positions; ++i, features += cells_ * head_stride) {
    heads_.Compute(features, head_stride, batch[i].legal, batch[i].prior, std::span<float, 4>(values[i]));
  }
}

void CpuTower::Run(const float* planes, std::span<EvalRequest> batch, std::span<RawValues> values) const {
  const int size = static_cast<int>(batch.size());
  const int share = (size + threads_ - 1) / threads_;
  const int group = std::max(1, std::min(kGroupPositions, share));
  const auto run = [&](int index) {
    const int begin = index * group;
    const int count = std::min(group, size - begin);
    RunGroup(planes + static_cast<std::ptrdiff_t>(begin) * cells_ * planes_, batch.subspan(begin, count), values.subspan(begin, count),
             nullptr);
  };
  const int groups = (size + group - 1) / group;
  if (groups > 1 && threads_ > 1 && parallel_) {
    parallel_(groups, run);
  } else {
    for (int i = 0; i < groups; ++i) run(i);
  }
}

absl::StatusOr<ActivationRanges> CpuTower::Observe(const float* planes, int count) const {
  TANDEM_CHECK(precision_ == Precision::kFloat32);
  if (count < kMinCalibrationPositions) {
    return BadInput("precision int8: ", count, " calibration positions; expected at least ", kMinCalibrationPositions);
  }
  ActivationRanges ranges;
  ranges.largest.assign(1 + 2 * blocks_.size(), 0.0f);
  std::vector<EvalRequest> batch(kGroupPositions);
  std::vector<RawValues> values(kGroupPositions);
  for (int begin = 0; begin < count; begin += kGroupPositions) {
    const int size = std::min(kGroupPositions, count - begin);
    RunGroup(planes + static_cast<std::ptrdiff_t>(begin) * cells_ * planes_, std::span(batch).first(size), std::span(values).first(size),
             &ranges);
  }
  for (float largest : ranges.largest) {
    if (!std::isfinite(largest)) return Corrupt("precision int8: an activation of the calibration positions is not finite");
  }
  return ranges;
}

}  // namespace tandem
