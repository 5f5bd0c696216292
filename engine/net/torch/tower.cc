#include "engine/net/torch/tower.h"

#include <ATen/autocast_mode.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/tanh.h>

#include <cstring>

#include "engine/base/status.h"

namespace tandem {
namespace {

// Autocast on for one scope; the cache of cast weights is dropped at its end because the weights change between steps.
class AutocastScope {
 public:
  AutocastScope(at::DeviceType device, at::ScalarType type) : device_(device), enabled_(type != at::kFloat) {
    if (!enabled_) return;
    at::autocast::set_autocast_dtype(device_, type);
    at::autocast::set_autocast_enabled(device_, true);
  }
  ~AutocastScope() {
    if (!enabled_) return;
    at::autocast::set_autocast_enabled(device_, false);
    at::autocast::clear_cache();
  }
  AutocastScope(const AutocastScope&) = delete;
  AutocastScope& operator=(const AutocastScope&) = delete;

 private:
  const at::DeviceType device_;
  const bool enabled_;
};

// [B, C, H, W] -> [B, values C]: mean and maximum over the board, and with 3 values the mean times BoardScale.
at::Tensor Pool(const at::Tensor& x, int values) {
  const at::Tensor mean = x.mean({2, 3});
  if (values < 3) return at::cat({mean, x.amax({2, 3})}, 1);
  return at::cat({mean, x.amax({2, 3}), mean * BoardScale(static_cast<int>(x.size(2) * x.size(3)))}, 1);
}

// [B, C] -> [B, C, 1, 1]
at::Tensor OverBoard(const at::Tensor& x) { return x.unsqueeze(-1).unsqueeze(-1); }

}  // namespace

at::Tensor ToTorch(const Tensor& tensor, const at::Device& device) {
  at::Tensor result = at::empty(tensor.shape, at::kFloat);
  if (!tensor.data.empty()) std::memcpy(result.data_ptr<float>(), tensor.data.data(), tensor.data.size() * sizeof(float));
  result = result.to(device);
  return result.dim() == 4 ? result.contiguous(at::MemoryFormat::ChannelsLast) : result;
}

Tensor FromTorch(const at::Tensor& tensor) {
  const at::Tensor plain = tensor.detach().to(at::kCPU, at::kFloat).contiguous();
  Tensor result;
  result.shape = plain.sizes().vec();
  result.data.assign(plain.data_ptr<float>(), plain.data_ptr<float>() + plain.numel());
  return result;
}

absl::StatusOr<Tower> Tower::FromWeights(const GameFacts& facts, const Weights& weights, const at::Device& device) {
  TANDEM_RETURN_IF_ERROR(CheckWeights(facts, weights));
  Tower tower;
  tower.facts_ = facts;
  TANDEM_ASSIGN_OR_RETURN(tower.config_, WeightsNetworkConfig(weights));
  tower.specs_ = NetworkTensors(facts, tower.config_);
  for (const TensorSpec& spec : tower.specs_) {
    tower.index_[spec.name] = tower.tensors_.size();
    tower.tensors_.push_back(ToTorch(weights.tensors.at(spec.name), device));
  }
  return tower;
}

void Tower::Export(const std::string& prefix, Weights& weights) const {
  for (std::size_t i = 0; i < specs_.size(); ++i) weights.tensors[prefix + specs_[i].name] = FromTorch(tensors_[i]);
}

Tower Tower::Clone() const {
  Tower copy = *this;
  for (at::Tensor& tensor : copy.tensors_) tensor = tensor.detach().clone();
  return copy;
}

at::Tensor Tower::Convolution(const at::Tensor& x, const std::string& name) const {
  const at::Tensor& weight = Get(name + ".weight");
  const std::int64_t padding = weight.size(2) / 2;
  return at::conv2d(x, weight, {}, /*stride=*/1, padding);
}

at::Tensor Tower::Norm(const at::Tensor& x, const std::string& name, TowerMode mode) const {
  if (mode == TowerMode::kTraining && training_norm_) {
    return training_norm_(x, Get(name + ".weight"), Get(name + ".bias"), Get(name + ".running_mean"), Get(name + ".running_var"));
  }
  return at::batch_norm(x, Get(name + ".weight"), Get(name + ".bias"), Get(name + ".running_mean"), Get(name + ".running_var"),
                        mode == TowerMode::kTraining, kNormMomentum, kNormEpsilon, /*cudnn_enabled=*/true);
}

at::Tensor Tower::Trunk(const at::Tensor& planes, TowerMode mode) const {
  at::Tensor x = at::relu(Norm(Convolution(planes, "stem.conv"), "stem.norm", mode));
  for (int block = 0; block < config_.blocks(); ++block) {
    const std::string prefix = "blocks." + std::to_string(block);
    at::Tensor y = Norm(Convolution(x, prefix + ".conv1"), prefix + ".norm1", mode);
    if (const int pooled = PooledChannels(config_, block); pooled > 0) {
      const at::Tensor pool = Pool(at::relu(y.narrow(1, 0, pooled)), PoolValues(config_));
      const at::Tensor bias = at::linear(pool, Get(prefix + ".pool.weight"));
      y = y.narrow(1, pooled, y.size(1) - pooled) + OverBoard(bias);
    }
    y = Norm(Convolution(at::relu(y), prefix + ".conv2"), prefix + ".norm2", mode);
    x = at::relu(x + y);
  }
  return Norm(Convolution(x, "head.conv"), "head.norm", mode);
}

TowerOutput Tower::Heads(const at::Tensor& features) const {
  const std::int64_t channels = config_.head_channels();
  const std::int64_t batch = features.size(0);
  TowerOutput output;

  const at::Tensor pooled = Pool(at::relu(features.narrow(1, channels, channels)), PoolValues(config_));
  const at::Tensor bias = at::linear(pooled, Get("policy.pool.weight"));
  const at::Tensor maps = at::relu(features.narrow(1, 0, channels) + OverBoard(bias));
  const std::optional<at::Tensor> out_bias =
      index_.contains("policy.out.bias") ? std::optional<at::Tensor>(Get("policy.out.bias")) : std::nullopt;
  at::Tensor logits = at::conv2d(maps, Get("policy.out.weight").unsqueeze(-1).unsqueeze(-1), out_bias);
  if (facts_.policy_layout == PolicyLayout::kColumn) logits = logits.sum(2);
  output.policy = logits.reshape({batch, -1});
  if (facts_.num_global_actions > 0) {
    output.policy = at::cat({output.policy, at::linear(pooled, Get("policy.global.weight"), Get("policy.global.bias"))}, 1);
  }

  const at::Tensor value = at::relu(features.narrow(1, 2 * channels, channels));
  const at::Tensor hidden = at::relu(at::linear(Pool(value, PoolValues(config_)), Get("value.hidden.weight"), Get("value.hidden.bias")));
  const at::Tensor values = at::linear(hidden, Get("value.out.weight"), Get("value.out.bias"));
  output.wdl = values.narrow(1, 0, 3);
  output.moves_left = at::softplus(values.select(1, 3)) * kMovesLeftUnitPlies;
  if (facts_.has_ownership) {
    const at::Tensor weight = Get("ownership.out.weight").unsqueeze(-1).unsqueeze(-1);
    output.ownership = at::tanh(at::conv2d(value, weight, Get("ownership.out.bias"))).squeeze(1);
    output.margin = at::tanh(values.select(1, 4));
  }
  return output;
}

TowerOutput Tower::Forward(const at::Tensor& planes, TowerMode mode, at::ScalarType trunk_type) const {
  at::Tensor features;
  {
    const AutocastScope autocast(planes.device().type(), trunk_type);
    features = Trunk(planes, mode);
  }
  return Heads(features.to(at::kFloat));
}

}  // namespace tandem
