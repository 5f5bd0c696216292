#include "engine/net/torch/inference.h"

#include <ATen/core/List.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <c10/core/InferenceMode.h>

#include <cmath>
#include <optional>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/net/cpu/fold.h"
#include "engine/net/cpu/heads.h"
#include "engine/net/cpu/processor.h"
#include "engine/net/spec.h"
#include "engine/net/torch/tower.h"

namespace tandem {
namespace {

using Scalars = c10::List<std::optional<at::Scalar>>;

// LibTorch's fused convolutions have no C++ header; the dispatcher knows them by name. Their schemas:
//   _reorder_convolution_weight(self, padding, stride, dilation, groups, input_size) -> packed weight
//   _convolution_pointwise(X, W, B, padding, stride, dilation, groups, attr, scalars, algorithm), attr "none" or "relu"
//   _convolution_pointwise_.binary(other!, X, W, B, ..., binary_attr, alpha, unary_attr, unary_scalars, unary_algorithm): other becomes
//   unary(binary(convolution, other))
using ReorderSignature = at::Tensor(const at::Tensor&, at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, std::int64_t,
                                    at::OptionalIntArrayRef);
using UnarySignature = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, at::IntArrayRef, at::IntArrayRef,
                                  at::IntArrayRef, std::int64_t, std::string_view, Scalars, std::optional<std::string_view>);
using BinarySignature = at::Tensor&(at::Tensor&, const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, at::IntArrayRef,
                                    at::IntArrayRef, at::IntArrayRef, std::int64_t, std::string_view, std::optional<at::Scalar>,
                                    std::optional<std::string_view>, Scalars, std::optional<std::string_view>);

struct FusedOperators {
  c10::TypedOperatorHandle<ReorderSignature> reorder;
  c10::TypedOperatorHandle<UnarySignature> unary;
  c10::TypedOperatorHandle<BinarySignature> binary;
};

// Throws c10::Error where this LibTorch has no oneDNN.
const FusedOperators& Operators() {
  static const FusedOperators operators = [] {
    const auto find = [](const char* name, const char* overload) { return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload); };
    return FusedOperators{find("mkldnn::_reorder_convolution_weight", "").typed<ReorderSignature>(),
                          find("mkldnn::_convolution_pointwise", "").typed<UnarySignature>(),
                          find("mkldnn::_convolution_pointwise_", "binary").typed<BinarySignature>()};
  }();
  return operators;
}

// [B, C, H, W] over the caller's channels-last planes.
at::Tensor PlanesTensor(const GameFacts& facts, const float* planes, std::size_t batch) {
  return at::from_blob(const_cast<float*>(planes), {static_cast<std::int64_t>(batch), facts.rows, facts.cols, facts.num_planes}, at::kFloat)
      .permute({0, 3, 1, 2});
}

constexpr std::int64_t kOnes[] = {1, 1};
// The packed layout depends on the batch; this one serves all of them (see README.md for the measurement).
constexpr std::int64_t kPackingBatch = 32;

// A convolution with its batch norm folded in.
class FoldedConvolution {
 public:
  FoldedConvolution(const GameFacts& facts, const Weights& weights, const std::string& convolution, const std::string& norm,
                    at::ScalarType type)
      : operators_(Operators()) {
    const FoldedWeights folded = FoldNorm(weights, convolution, norm);
    const Tensor& weight = folded.weight;
    padding_[0] = padding_[1] = weight.shape[2] / 2;
    bias_ = ToTorch({{weight.shape[0]}, folded.bias}, at::kCPU).to(type);
    const std::int64_t input_size[] = {kPackingBatch, weight.shape[1], facts.rows, facts.cols};
    weight_ = operators_.reorder.call(ToTorch(weight, at::kCPU).to(type), padding_, kOnes, kOnes, 1, at::IntArrayRef(input_size));
  }

  // ReLU(convolution + bias), or without the ReLU.
  at::Tensor Run(const at::Tensor& x, bool relu) const {
    return operators_.unary.call(x, weight_, bias_, padding_, kOnes, kOnes, 1, relu ? "relu" : "none", Scalars(), "");
  }
  // residual = ReLU(convolution + bias + residual)
  void RunInto(const at::Tensor& x, at::Tensor& residual) const {
    operators_.binary.call(residual, x, weight_, bias_, padding_, kOnes, kOnes, 1, "add", at::Scalar(1.0), "relu", Scalars(), "");
  }

 private:
  const FusedOperators& operators_;
  at::Tensor weight_;  // packed
  at::Tensor bias_;
  std::int64_t padding_[2];
};

struct FoldedBlock {
  FoldedConvolution first;
  FoldedConvolution second;
  PoolBranch pool;  // pooled = 0: plain block
};

// T is the type of the activations: float or BFloat16.
template <typename T>
class FoldedPass : public ForwardPass {
 public:
  FoldedPass(const GameFacts& facts, const NetworkConfig& config, const Weights& weights)
      : facts_(facts),
        stem_(facts, weights, "stem.conv", "stem.norm", kType),
        head_(facts, weights, "head.conv", "head.norm", kType),
        heads_(facts, config, weights) {
    for (int block = 0; block < config.blocks(); ++block) {
      const std::string prefix = "blocks." + std::to_string(block);
      PoolBranch pool;
      pool.cells = facts.cells();
      pool.pooled = PooledChannels(config, block);
      pool.others = config.channels() - pool.pooled;
      pool.values = PoolValues(config);
      if (pool.pooled > 0) pool.weight = InputMajor(weights.tensors.at(prefix + ".pool.weight"));
      blocks_.push_back({FoldedConvolution(facts, weights, prefix + ".conv1", prefix + ".norm1", kType),
                         FoldedConvolution(facts, weights, prefix + ".conv2", prefix + ".norm2", kType), std::move(pool)});
    }
  }

  void Run(const float* planes, std::span<EvalRequest> batch, std::span<RawValues> values) const override {
    const c10::InferenceMode inference;
    at::Tensor x = stem_.Run(PlanesTensor(facts_, planes, batch.size()).to(kType), /*relu=*/true);
    for (const FoldedBlock& block : blocks_) {
      at::Tensor y = block.first.Run(x, /*relu=*/block.pool.pooled == 0);
      if (block.pool.pooled > 0) y = PoolAndBias(y, block);
      block.second.RunInto(y, x);
    }
    const at::Tensor features = head_.Run(x, /*relu=*/false).contiguous(at::MemoryFormat::ChannelsLast);
    const T* row = Data(features);
    const std::size_t row_size = static_cast<std::size_t>(facts_.cells()) * heads_.num_features();
    for (std::size_t i = 0; i < batch.size(); ++i, row += row_size)
      heads_.Compute(row, heads_.num_features(), batch[i].legal, batch[i].prior, std::span<float, 4>(values[i]));
  }

 private:
  static constexpr at::ScalarType kType = std::is_same_v<T, float> ? at::kFloat : at::kBFloat16;

  static T* Data(const at::Tensor& tensor) { return static_cast<T*>(tensor.data_ptr()); }

  at::Tensor PoolAndBias(const at::Tensor& input, const FoldedBlock& block) const {
    const at::Tensor y = input.contiguous(at::MemoryFormat::ChannelsLast);
    const std::int64_t channels = y.size(1);
    const std::int64_t cells = facts_.cells();
    const int others = block.pool.others;
    at::Tensor result = at::empty({y.size(0), others, y.size(2), y.size(3)}, y.options(), at::MemoryFormat::ChannelsLast);
    for (std::int64_t i = 0; i < y.size(0); ++i) {
      PoolBiasRelu(block.pool, Data(y) + i * cells * channels, static_cast<int>(channels), Data(result) + i * cells * others, others);
    }
    return result;
  }

  const GameFacts facts_;
  FoldedConvolution stem_;
  FoldedConvolution head_;
  std::vector<FoldedBlock> blocks_;
  Heads heads_;
};

class EagerPass : public ForwardPass {
 public:
  EagerPass(const GameFacts& facts, Tower tower) : facts_(facts), tower_(std::move(tower)) {}

  void Run(const float* planes, std::span<EvalRequest> batch, std::span<RawValues> values) const override {
    const c10::InferenceMode inference;
    const TowerOutput output = tower_.Forward(PlanesTensor(facts_, planes, batch.size()), TowerMode::kInference);
    const at::Tensor policy = output.policy.contiguous();
    const at::Tensor wdl = output.wdl.contiguous();
    const at::Tensor moves_left = output.moves_left.contiguous();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const float* logits = policy.const_data_ptr<float>() + static_cast<std::int64_t>(i) * policy.size(1);
      for (std::size_t k = 0; k < batch[i].legal.size(); ++k) batch[i].prior[k] = logits[batch[i].legal[k]];
      std::copy_n(wdl.const_data_ptr<float>() + 3 * i, 3, values[i].begin());
      // Back through the softplus, log(exp(y) - 1), in the form that does not overflow.
      const double y = moves_left.const_data_ptr<float>()[i] / kMovesLeftUnitPlies;
      values[i][3] = static_cast<float>(y + std::log(-std::expm1(-std::max(y, 1e-30))));
    }
  }

 private:
  const GameFacts facts_;
  const Tower tower_;
};

}  // namespace

bool ProcessorHasBFloat16() { return Processor().avx512_bf16; }  // every processor with AMX has it too

absl::StatusOr<std::unique_ptr<ForwardPass>> MakeFoldedPass(const GameFacts& facts, const Weights& weights, Precision precision) {
  if (precision == Precision::kBFloat16 && !ProcessorHasBFloat16()) {
    return absl::FailedPreconditionError("precision bf16: this processor has no avx512_bf16; expected fp32 or auto");
  }
  TANDEM_ASSIGN_OR_RETURN(const NetworkConfig config, WeightsNetworkConfig(weights));
  std::unique_ptr<ForwardPass> pass;
  TANDEM_RETURN_IF_ERROR(CatchTorchErrors("preparing the network", [&] {
    const c10::InferenceMode inference;
    if (precision == Precision::kBFloat16) {
      pass = std::make_unique<FoldedPass<BFloat16>>(facts, config, weights);
    } else {
      pass = std::make_unique<FoldedPass<float>>(facts, config, weights);
    }
    return absl::OkStatus();
  }));
  return pass;
}

absl::StatusOr<std::unique_ptr<ForwardPass>> MakeEagerPass(const GameFacts& facts, const Weights& weights) {
  std::unique_ptr<ForwardPass> pass;
  TANDEM_RETURN_IF_ERROR(CatchTorchErrors("preparing the network", [&]() -> absl::Status {
    const c10::InferenceMode inference;
    TANDEM_ASSIGN_OR_RETURN(Tower tower, Tower::FromWeights(facts, weights));
    pass = std::make_unique<EagerPass>(facts, std::move(tower));
    return absl::OkStatus();
  }));
  return pass;
}

}  // namespace tandem
