// The whole network over our own convolutions: a group of positions goes through all layers while its activations stay in the cache nearest
// to the core. Precisions:
//
//   float32   everything in float
//   bfloat16  convolutions over bfloat16 pairs, sums and heads in float (AVX-512 BF16 only)
//   int8      3x3 convolutions of the blocks and the head's 1x1 over 8-bit activations and integer weights (8 bits on AVX-512, 12 and more
//             on AVX2), summed exactly; the residual stream is kept in bfloat16 beside its 8-bit copy, so that rounding does not add up
//             over the blocks; first layer, pooling and heads as in bfloat16 or float
//
// The steps of int8 come from ranges observed in float32 (ActivationRanges). Partners: convolution.h, heads.h.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/net/cpu/aligned_buffer.h"
#include "engine/net/cpu/convolution.h"
#include "engine/net/cpu/heads.h"
#include "engine/net/forward_pass.h"
#include "engine/net/network.h"

namespace tandem {

// Largest activation of each layer that int8 reads: after the first layer, then for each block inside and after it.
struct ActivationRanges {
  std::vector<float> largest;
};

// What convolutions of this precision read; kFailedPrecondition when this processor has no loops for it.
absl::StatusOr<Dot> DotFor(Precision precision);

// Runs function(0) .. function(n - 1), perhaps at once.
using ParallelFor = std::function<void(int n, const std::function<void(int)>& function)>;

// Immutable, thread-safe.
class CpuTower : public ForwardPass {
 public:
  // `precision` is kFloat32, kBFloat16 or kInt8, which needs `ranges`. kFailedPrecondition when the processor can not. The weights must
  // have been checked (CheckWeights). `parallel` serves batches of more than one group; empty = in turn.
  static absl::StatusOr<std::unique_ptr<CpuTower>> Make(const GameFacts& facts, const Weights& weights, Precision precision,
                                                        const ActivationRanges* ranges = nullptr, ParallelFor parallel = {},
                                                        int threads = 1);

  void Run(const float* planes, std::span<EvalRequest> batch, std::span<RawValues> values) const override;
  // Ranges over `count` positions, planes [count, H, W, C]. Of a float32 tower. kInvalidArgument when count is below
  // kMinCalibrationPositions, kDataLoss when an activation is not finite.
  absl::StatusOr<ActivationRanges> Observe(const float* planes, int count) const;

 private:
  struct Block {
    std::unique_ptr<Convolution> first;
    std::unique_ptr<Convolution> second;
    PoolBranch pool;  // pooled = 0: plain block
    float middle_step = 1;
    float output_step = 1;
  };
  struct Scratch;

  CpuTower(const GameFacts& facts, const NetworkConfig& config, const Weights& weights, Precision precision, Dot dot,
           const ActivationRanges* ranges);
  void AddBlock(const NetworkConfig& config, const Weights& weights, const ActivationRanges* ranges, int block);
  void RunGroup(const float* planes, std::span<EvalRequest> batch, std::span<RawValues> values, ActivationRanges* observed) const;
  void WriteInput(const float* planes, int rows, Scratch& scratch) const;
  void RunBlock(const Block& block, const CellOrder& order, int positions, Scratch& scratch) const;
  void PoolBlock(const Block& block, int positions, Scratch& scratch) const;
  void SetOutput(AlignedBuffer& narrow, AlignedBuffer* wide, float step, ConvolutionIo& io) const;
  int element_bytes() const { return precision_ == Precision::kFloat32 ? 4 : precision_ == Precision::kBFloat16 ? 2 : 1; }

  const Precision precision_;
  const Dot dot_, stem_dot_;
  const int planes_, cells_, channels_;
  const BoardTaps board_;
  float stem_step_ = 1;
  std::unique_ptr<Convolution> stem_;
  std::vector<Block> blocks_;
  std::unique_ptr<Convolution> head_;
  const Heads heads_;
  ParallelFor parallel_;
  int threads_ = 1;
};

inline constexpr int kMinCalibrationPositions = 64;

}  // namespace tandem
