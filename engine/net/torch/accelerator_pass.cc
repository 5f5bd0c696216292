#include "engine/net/torch/accelerator_pass.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/amax.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/net/cpu/fold.h"
#include "engine/net/spec.h"
#include "engine/net/torch/device_graph.h"
#include "engine/net/torch/inference.h"
#include "engine/net/torch/tower.h"

namespace tandem {
namespace {

constexpr int kLargestGraphBatch = 1024;  // larger ones gain nothing from a graph

at::Tensor OverBoard(const at::Tensor& x) { return x.unsqueeze(-1).unsqueeze(-1); }

// The folded network as tensors of one type on one device.
class DeviceTower {
 public:
  DeviceTower(const GameFacts& facts, const NetworkConfig& config, const Weights& weights, at::ScalarType type, const c10::Device& device)
      : facts_(facts), config_(config), type_(type), device_(device) {
    AddConvolution(weights, "stem.conv", "stem.norm");
    for (int block = 0; block < config.blocks(); ++block) {
      const std::string prefix = "blocks." + std::to_string(block);
      AddConvolution(weights, prefix + ".conv1", prefix + ".norm1");
      AddConvolution(weights, prefix + ".conv2", prefix + ".norm2");
    }
    AddConvolution(weights, "head.conv", "head.norm");
    for (const TensorSpec& spec : NetworkTensors(facts, config)) {
      if (spec.shape.size() == 2 || spec.name.ends_with(".out.bias") || spec.name.ends_with(".hidden.bias") ||
          spec.name.ends_with(".global.bias")) {
        linear_[spec.name] = ToTorch(weights.tensors.at(spec.name), device);
      }
    }
  }

  // Planes [B, H, W, C], float on the device, to [B, actions + 4]: logits of all actions, then RawValues.
  at::Tensor Forward(const at::Tensor& planes) const {
    at::Tensor x = Convolve(planes.permute({0, 3, 1, 2}).to(type_), "stem.conv").relu_();
    for (int block = 0; block < config_.blocks(); ++block) {
      const std::string prefix = "blocks." + std::to_string(block);
      at::Tensor y = Convolve(x, prefix + ".conv1");
      if (const int pooled = PooledChannels(config_, block); pooled > 0) {
        const at::Tensor bias = at::linear(Pool(y.narrow(1, 0, pooled)), linear_.at(prefix + ".pool.weight"));
        y = (y.narrow(1, pooled, y.size(1) - pooled) + OverBoard(bias).to(type_)).contiguous(at::MemoryFormat::ChannelsLast);
      }
      x = Convolve(y.relu_(), prefix + ".conv2").add_(x).relu_();
    }
    return Heads(Convolve(x, "head.conv").to(at::kFloat));
  }

 private:
  struct Layer {
    at::Tensor weight, bias;
  };

  void AddConvolution(const Weights& weights, const std::string& convolution, const std::string& norm) {
    const FoldedWeights folded = FoldNorm(weights, convolution, norm);
    const Tensor bias{{static_cast<std::int64_t>(folded.bias.size())}, folded.bias};
    convolutions_[convolution] = {ToTorch(folded.weight, device_).to(type_), ToTorch(bias, device_).to(type_)};
  }
  at::Tensor Convolve(const at::Tensor& x, const std::string& name) const {
    const Layer& layer = convolutions_.at(name);
    return at::conv2d(x, layer.weight, layer.bias, /*stride=*/1, layer.weight.size(2) / 2);
  }
  // [B, C, H, W] before ReLU -> [B, PoolValues C] in float.
  at::Tensor Pool(const at::Tensor& x) const {
    const at::Tensor relu = at::relu(x).to(at::kFloat);
    const at::Tensor mean = relu.mean({2, 3});
    if (PoolValues(config_) < 3) return at::cat({mean, relu.amax({2, 3})}, 1);
    return at::cat({mean, relu.amax({2, 3}), mean * BoardScale(facts_.cells())}, 1);
  }
  std::optional<at::Tensor> Bias(const std::string& name) const {
    const auto found = linear_.find(name);
    return found == linear_.end() ? std::nullopt : std::optional<at::Tensor>(found->second);
  }

  at::Tensor Heads(const at::Tensor& features) const {
    const std::int64_t channels = config_.head_channels();
    const at::Tensor pooled = Pool(features.narrow(1, channels, channels));
    const at::Tensor bias = at::linear(pooled, linear_.at("policy.pool.weight"));
    const at::Tensor maps = at::relu(features.narrow(1, 0, channels) + OverBoard(bias));
    at::Tensor logits = at::conv2d(maps, OverBoard(linear_.at("policy.out.weight")), Bias("policy.out.bias"));
    if (facts_.policy_layout == PolicyLayout::kColumn) logits = logits.sum(2);
    std::vector<at::Tensor> outputs = {logits.reshape({features.size(0), -1})};
    if (facts_.num_global_actions > 0) {
      outputs.push_back(at::linear(pooled, linear_.at("policy.global.weight"), linear_.at("policy.global.bias")));
    }
    const at::Tensor value = Pool(features.narrow(1, 2 * channels, channels));
    const at::Tensor hidden = at::relu(at::linear(value, linear_.at("value.hidden.weight"), linear_.at("value.hidden.bias")));
    outputs.push_back(at::linear(hidden, linear_.at("value.out.weight"), linear_.at("value.out.bias")).narrow(1, 0, 4));
    return at::cat(outputs, 1);
  }

  const GameFacts facts_;
  const NetworkConfig config_;
  const at::ScalarType type_;
  const c10::Device device_;
  std::map<std::string, Layer> convolutions_;
  std::map<std::string, at::Tensor> linear_;
};

// Buffers and stream of one batch in flight.
struct Slot {
  std::optional<c10::Stream> stream;  // none on the processor
  int capacity = 0;
  at::Tensor host_input, device_input, device_output, host_output;
  std::map<int, std::unique_ptr<DeviceGraph>> graphs;  // by batch size; null: launched one by one
};

class AcceleratorPass : public ForwardPass {
 public:
  AcceleratorPass(const GameFacts& facts, const NetworkConfig& config, const Weights& weights, at::ScalarType type,
                  const c10::Device& device)
      : facts_(facts), device_(device), tower_(facts, config, weights, type, device) {}

  void Run(const float* planes, std::span<EvalRequest> batch, std::span<RawValues> values) const override {
    const c10::InferenceMode inference;
    const int size = static_cast<int>(batch.size());
    // Sizes are rounded up to powers of two, so that there are few graphs and few shapes to tune convolutions for.
    const int padded = static_cast<int>(std::bit_ceil(static_cast<unsigned>(size)));
    std::unique_ptr<Slot> slot = Take();
    Reserve(padded, *slot);
    const std::size_t row = static_cast<std::size_t>(facts_.cells()) * facts_.num_planes;
    std::memcpy(slot->host_input.data_ptr<float>(), planes, size * row * sizeof(float));
    {
      c10::OptionalStreamGuard guard;
      if (slot->stream) guard.reset_stream(*slot->stream);
      slot->device_input.narrow(0, 0, padded).copy_(slot->host_input.narrow(0, 0, padded), /*non_blocking=*/true);
      Launch(padded, *slot);
      slot->host_output.narrow(0, 0, padded).copy_(slot->device_output.narrow(0, 0, padded), /*non_blocking=*/true);
    }
    if (slot->stream) slot->stream->synchronize();
    const float* output = slot->host_output.data_ptr<float>();
    for (int i = 0; i < size; ++i, output += facts_.num_actions + 4) {
      for (std::size_t k = 0; k < batch[i].legal.size(); ++k) batch[i].prior[k] = output[batch[i].legal[k]];
      std::copy_n(output + facts_.num_actions, 4, values[i].begin());
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.push_back(std::move(slot));
  }

 private:
  std::unique_ptr<Slot> Take() const {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<Slot> slot = std::move(free_.back());
        free_.pop_back();
        return slot;
      }
    }
    auto slot = std::make_unique<Slot>();
    if (!device_.is_cpu()) slot->stream = c10::impl::VirtualGuardImpl(device_.type()).getStreamFromGlobalPool(device_);
    return slot;
  }

  void Reserve(int positions, Slot& slot) const {
    if (positions <= slot.capacity) return;
    slot.graphs.clear();  // they hold the old addresses
    const auto host = at::TensorOptions().dtype(at::kFloat).pinned_memory(!device_.is_cpu());
    const auto device = at::TensorOptions().dtype(at::kFloat).device(device_);
    const std::int64_t input[] = {positions, facts_.rows, facts_.cols, facts_.num_planes};
    const std::int64_t output[] = {positions, facts_.num_actions + 4};
    slot.host_input = at::zeros(input, at::kFloat);
    if (!device_.is_cpu()) slot.host_input = slot.host_input.pin_memory();
    slot.device_input = at::empty(input, device);
    slot.device_output = at::empty(output, device);
    slot.host_output = at::empty(output, host);
    slot.capacity = positions;
  }

  void Launch(int positions, Slot& slot) const {
    const auto work = [&] { slot.device_output.narrow(0, 0, positions).copy_(tower_.Forward(slot.device_input.narrow(0, 0, positions))); };
    const auto found = slot.graphs.find(positions);
    if (found != slot.graphs.end() && found->second != nullptr) return found->second->Replay();
    work();
    if (found != slot.graphs.end() || !slot.stream || positions > kLargestGraphBatch) return;
    slot.stream->synchronize();
    slot.graphs[positions] = RecordGraph(device_, work);
  }

  const GameFacts facts_;
  const c10::Device device_;
  const DeviceTower tower_;
  mutable std::mutex mutex_;
  mutable std::vector<std::unique_ptr<Slot>> free_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ForwardPass>> MakeAcceleratorPass(const GameFacts& facts, const Weights& weights, Precision precision,
                                                                 const c10::Device& device) {
  at::ScalarType type = at::kFloat;
  if (precision == Precision::kBFloat16) type = at::kBFloat16;
  if (precision == Precision::kFloat16) type = at::kHalf;
  TANDEM_ASSIGN_OR_RETURN(const NetworkConfig config, WeightsNetworkConfig(weights));
  std::unique_ptr<ForwardPass> pass;
  TANDEM_RETURN_IF_ERROR(CatchTorchErrors(absl::StrCat("preparing the network on ", device.str()), [&] {
    const c10::InferenceMode inference;
    pass = std::make_unique<AcceleratorPass>(facts, config, weights, type, device);
    return absl::OkStatus();
  }));
  return pass;
}

}  // namespace tandem
