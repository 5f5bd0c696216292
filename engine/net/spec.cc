#include "engine/net/spec.h"

#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/config.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

// Appends specs; knows how the names of a layer are built.
class SpecBuilder {
 public:
  void Add(std::string name, TensorRole role, std::vector<std::int64_t> shape) {
    specs_.push_back({std::move(name), role, std::move(shape)});
  }
  void Convolution(const std::string& name, std::int64_t out, std::int64_t in, std::int64_t kernel) {
    Add(name + ".weight", TensorRole::kConvolution, {out, in, kernel, kernel});
  }
  void Norm(const std::string& name, std::int64_t channels, TensorRole scale = TensorRole::kScale) {
    Add(name + ".weight", scale, {channels});
    Add(name + ".bias", TensorRole::kBias, {channels});
    Add(name + ".running_mean", TensorRole::kMean, {channels});
    Add(name + ".running_var", TensorRole::kVariance, {channels});
  }
  void Linear(const std::string& name, std::int64_t out, std::int64_t in, bool bias, TensorRole role = TensorRole::kLinear) {
    Add(name + ".weight", role, {out, in});
    if (bias) Add(name + ".bias", TensorRole::kBias, {out});
  }
  std::vector<TensorSpec> Take() { return std::move(specs_); }

 private:
  std::vector<TensorSpec> specs_;
};

std::string ShapeText(const std::vector<std::int64_t>& shape) { return absl::StrCat("[", absl::StrJoin(shape, ", "), "]"); }

// The spec without the options that only set the board's size.
std::string WithoutBoardSize(const std::string& spec) {
  const std::vector<std::string> parts = absl::StrSplit(spec, absl::MaxSplits(':', 1));
  if (parts.size() < 2) return spec;
  std::vector<std::string> kept;
  for (const std::string& option : std::vector<std::string>(absl::StrSplit(parts[1], ','))) {
    const std::string key = option.substr(0, option.find('='));
    if (key != "size" && key != "rows" && key != "cols" && key != "width" && key != "height") kept.push_back(option);
  }
  return kept.empty() ? parts[0] : absl::StrCat(parts[0], ":", absl::StrJoin(kept, ","));
}

}  // namespace

std::int64_t TensorSpec::size() const {
  std::int64_t size = 1;
  for (std::int64_t n : shape) size *= n;
  return size;
}

int PooledChannels(const NetworkConfig& config, int block) {
  if (config.pool_every() == 0 || (block + 1) % config.pool_every() != 0) return 0;
  return config.channels() / 4 > 0 ? config.channels() / 4 : 1;
}

int PoolValues(const NetworkConfig& config) { return config.board_scale() ? 3 : 2; }

float BoardScale(int cells) { return (std::sqrt(static_cast<float>(cells)) - 14.0f) / 10.0f; }

double EvaluationFlops(const GameFacts& facts, const NetworkConfig& config) {
  double multiplications = 0;
  for (const TensorSpec& spec : NetworkTensors(facts, config)) {
    // Policy maps are a linear layer at each cell; ownership is not computed in play.
    const bool at_each_cell = spec.role == TensorRole::kConvolution || spec.name == "policy.out.weight";
    if (spec.shape.size() < 2 || spec.name == "ownership.out.weight") continue;
    multiplications += static_cast<double>(spec.size()) * (at_each_cell ? facts.cells() : 1);
  }
  return 2 * multiplications;
}

int ValueOutputs(const GameFacts& facts) { return facts.has_ownership ? 5 : 4; }

std::vector<TensorSpec> NetworkTensors(const GameFacts& facts, const NetworkConfig& config) {
  const int channels = config.channels();
  const int head = config.head_channels();
  const int values = PoolValues(config);
  SpecBuilder builder;
  builder.Convolution("stem.conv", channels, facts.num_planes, 3);
  builder.Norm("stem.norm", channels);
  for (int block = 0; block < config.blocks(); ++block) {
    const std::string prefix = "blocks." + std::to_string(block);
    const int pooled = PooledChannels(config, block);
    builder.Convolution(prefix + ".conv1", channels, channels, 3);
    builder.Norm(prefix + ".norm1", channels);
    if (pooled > 0) builder.Linear(prefix + ".pool", channels - pooled, values * pooled, /*bias=*/false);
    builder.Convolution(prefix + ".conv2", channels, channels - pooled, 3);
    builder.Norm(prefix + ".norm2", channels, TensorRole::kZeroScale);
  }
  builder.Convolution("head.conv", 3 * head, channels, 1);
  builder.Norm("head.norm", 3 * head);
  builder.Linear("policy.pool", head, values * head, /*bias=*/false);
  // A softmax does not see a bias that all logits share.
  const bool policy_bias = facts.policy_planes > 1 || facts.num_global_actions > 0;
  builder.Linear("policy.out", facts.policy_planes, head, policy_bias, TensorRole::kLastLinear);
  if (facts.num_global_actions > 0) {
    builder.Linear("policy.global", facts.num_global_actions, values * head, /*bias=*/true, TensorRole::kLastLinear);
  }
  builder.Linear("value.hidden", config.value_hidden(), values * head, /*bias=*/true);
  builder.Linear("value.out", ValueOutputs(facts), config.value_hidden(), /*bias=*/true, TensorRole::kLastLinear);
  if (facts.has_ownership) builder.Linear("ownership.out", 1, head, /*bias=*/true, TensorRole::kLastLinear);
  return builder.Take();
}

absl::Status CheckWeights(const GameFacts& facts, const Weights& weights) {
  const auto game = weights.metadata.find("tandem.game");
  if (game == weights.metadata.end()) return BadInput("weights: no metadata \"tandem.game\"; expected ", facts.spec);
  if (WithoutBoardSize(game->second) != WithoutBoardSize(facts.spec))
    return BadInput("weights are for game ", game->second, "; expected ", facts.spec);
  TANDEM_ASSIGN_OR_RETURN(const NetworkConfig config, WeightsNetworkConfig(weights));
  const std::vector<TensorSpec> specs = NetworkTensors(facts, config);
  for (const TensorSpec& spec : specs) {
    const auto found = weights.tensors.find(spec.name);
    if (found == weights.tensors.end()) return BadInput("weights: no tensor ", spec.name, "; expected shape ", ShapeText(spec.shape));
    if (found->second.shape != spec.shape) {
      return BadInput("weights: tensor ", spec.name, " has shape ", ShapeText(found->second.shape), "; expected ", ShapeText(spec.shape));
    }
    if (spec.role != TensorRole::kVariance) continue;
    for (float variance : found->second.data) {
      if (variance < 0) return Corrupt("weights: tensor ", spec.name, " has a negative variance ", variance);
    }
  }
  if (weights.tensors.size() == specs.size()) return absl::OkStatus();
  std::map<std::string, bool> known;
  for (const TensorSpec& spec : specs) known[spec.name] = true;
  for (const auto& [name, tensor] : weights.tensors) {
    if (!known.contains(name)) return BadInput("weights: unknown tensor ", name, " of shape ", ShapeText(tensor.shape));
  }
  return absl::OkStatus();
}

void SetWeightsMetadata(const GameFacts& facts, const NetworkConfig& config, std::int64_t step, Weights& weights) {
  weights.metadata["tandem.format"] = std::string("1");
  weights.metadata["tandem.game"] = facts.spec;
  weights.metadata["tandem.network"] = ConfigText(config);
  weights.metadata["tandem.step"] = std::to_string(step);
}

}  // namespace tandem
