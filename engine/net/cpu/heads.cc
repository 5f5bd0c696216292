#include "engine/net/cpu/heads.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#include "engine/base/check.h"
#include "engine/net/spec.h"

namespace tandem {
namespace {

// Limits of proto/run_config.proto: scratch on the stack.
constexpr int kMaxChannels = 1024;
constexpr int kMaxHeadChannels = 512;
constexpr int kMaxValueHidden = 4096;
constexpr int kMaxCells = 1024;

float Dot(const float* a, const float* b, int n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

// out[o] += sum over i of x[i] weight[i, o].
void AddLinear(const float* x, int num_in, const float* weight, int num_out, float* out) {
  for (int i = 0; i < num_in; ++i) {
    const float scale = x[i];
    const float* row = weight + static_cast<std::ptrdiff_t>(i) * num_out;
    for (int o = 0; o < num_out; ++o) out[o] += scale * row[o];
  }
}

// Over the cells of ReLU(y[:, 0..n)): mean to pooled[0..n), maximum to [n..2n), and with 3 values the mean times BoardScale to [2n..3n).
// NaN is kept, not turned into 0.
template <typename T>
void PoolRelu(const T* y, int cells, int stride, int n, int values, float* pooled) {
  float* maximum = pooled + n;
  std::fill(pooled, pooled + 2 * n, 0.0f);
  for (int cell = 0; cell < cells; ++cell) {
    const T* row = y + static_cast<std::ptrdiff_t>(cell) * stride;
    for (int c = 0; c < n; ++c) {
      const float value = ToFloat(row[c]);
      const float relu = value < 0 ? 0.0f : value;
      pooled[c] += relu;
      maximum[c] = maximum[c] < relu ? relu : maximum[c];
    }
  }
  const float scale = 1.0f / static_cast<float>(cells);
  for (int c = 0; c < n; ++c) pooled[c] *= scale;
  if (values < 3) return;
  const float board = BoardScale(cells);
  for (int c = 0; c < n; ++c) pooled[2 * n + c] = board * pooled[c];
}

// From at least 0 to the type of the next layer's input.
template <typename Out>
void Store(const float* relu, int n, float, Out* out) {
  for (int c = 0; c < n; ++c) out[c] = FromFloat<Out>(relu[c]);
}
// In multiples of the step, saturated; NaN becomes 255. In two loops, which g++ vectorises and one with both conversions it does not.
void Store(const float* relu, int n, float inverse_step, std::uint8_t* out) {
  std::int32_t rounded[kMaxChannels];
  for (int c = 0; c < n; ++c) {
    const float q = relu[c] * inverse_step + 0.5f;
    rounded[c] = static_cast<std::int32_t>(q < 255.0f ? q : 255.0f);
  }
  for (int c = 0; c < n; ++c) out[c] = static_cast<std::uint8_t>(rounded[c]);
}

const std::vector<float>& Data(const Weights& weights, const std::string& name) {
  const auto found = weights.tensors.find(name);
  TANDEM_CHECK(found != weights.tensors.end());
  return found->second.data;
}

std::vector<float> DataOrZeros(const Weights& weights, const std::string& name, int size) {
  return weights.tensors.contains(name) ? Data(weights, name) : std::vector<float>(size, 0.0f);
}

int MapActions(const GameFacts& facts) {
  return facts.policy_planes * (facts.policy_layout == PolicyLayout::kColumn ? facts.cols : facts.cells());
}

}  // namespace

std::vector<float> InputMajor(const Tensor& weight) {
  const std::int64_t num_out = weight.shape[0];
  const std::int64_t num_in = weight.shape[1];
  std::vector<float> result(weight.data.size());
  for (std::int64_t o = 0; o < num_out; ++o) {
    for (std::int64_t i = 0; i < num_in; ++i) result[i * num_out + o] = weight.data[o * num_in + i];
  }
  return result;
}

template <typename In, typename Out>
void PoolBiasRelu(const PoolBranch& branch, const In* y, int stride, Out* out, int out_stride, float output_step) {
  float pool[3 * kMaxChannels];
  float bias[kMaxChannels];
  PoolRelu(y, branch.cells, stride, branch.pooled, branch.values, pool);
  std::fill(bias, bias + branch.others, 0.0f);
  AddLinear(pool, branch.values * branch.pooled, branch.weight.data(), branch.others, bias);
  const float inverse_step = 1.0f / output_step;
  float relu[kMaxChannels];
  for (int cell = 0; cell < branch.cells; ++cell) {
    const In* from = y + static_cast<std::ptrdiff_t>(cell) * stride + branch.pooled;
    Out* to = out + static_cast<std::ptrdiff_t>(cell) * out_stride;
    for (int c = 0; c < branch.others; ++c) {
      const float value = ToFloat(from[c]) + bias[c];
      relu[c] = value < 0 ? 0.0f : value;
    }
    Store(relu, branch.others, inverse_step, to);
    std::fill(to + branch.others, to + out_stride, Out{});
  }
}

template void PoolBiasRelu(const PoolBranch&, const float*, int, float*, int, float);
template void PoolBiasRelu(const PoolBranch&, const float*, int, BFloat16*, int, float);
template void PoolBiasRelu(const PoolBranch&, const float*, int, std::uint8_t*, int, float);
template void PoolBiasRelu(const PoolBranch&, const BFloat16*, int, BFloat16*, int, float);

Heads::Heads(const GameFacts& facts, const NetworkConfig& config, const Weights& weights)
    : rows_(facts.rows),
      cols_(facts.cols),
      channels_(config.head_channels()),
      value_hidden_(config.value_hidden()),
      pool_values_(PoolValues(config)),
      layout_(facts.policy_layout),
      num_map_actions_(MapActions(facts)),
      policy_pool_(InputMajor(weights.tensors.at("policy.pool.weight"))),
      policy_out_(Data(weights, "policy.out.weight")),
      policy_bias_(DataOrZeros(weights, "policy.out.bias", facts.policy_planes)),
      global_(DataOrZeros(weights, "policy.global.weight", 0)),
      global_bias_(DataOrZeros(weights, "policy.global.bias", 0)),
      hidden_(InputMajor(weights.tensors.at("value.hidden.weight"))),
      hidden_bias_(Data(weights, "value.hidden.bias")),
      value_out_(Data(weights, "value.out.weight")),
      value_bias_(Data(weights, "value.out.bias")) {
  TANDEM_CHECK(channels_ <= kMaxHeadChannels && value_hidden_ <= kMaxValueHidden && facts.cells() <= kMaxCells);
}

template <typename T>
void Heads::Pool(const T* features, int stride, float* pooled) const {
  PoolRelu(features, rows_ * cols_, stride, channels_, pool_values_, pooled);
}

template <typename T>
void Heads::Compute(const T* features, int stride, std::span<const Action> legal, std::span<float> logits,
                    std::span<float, 4> values) const {
  float pooled[3 * kMaxHeadChannels];
  float bias[kMaxHeadChannels];
  Pool(features + channels_, stride, pooled);
  std::fill(bias, bias + channels_, 0.0f);
  AddLinear(pooled, pool_values_ * channels_, policy_pool_.data(), channels_, bias);

  // Policy maps, or their sum over the rows of each column: the last layer is linear, so the sum may come first.
  const int places = layout_ == PolicyLayout::kColumn ? cols_ : rows_ * cols_;
  thread_local std::vector<float> maps;
  maps.assign(static_cast<std::size_t>(places) * channels_, 0.0f);
  for (int cell = 0; cell < rows_ * cols_; ++cell) {
    const T* row = features + static_cast<std::ptrdiff_t>(cell) * stride;
    float* to = maps.data() + static_cast<std::ptrdiff_t>(cell % places) * channels_;
    for (int c = 0; c < channels_; ++c) {
      const float value = ToFloat(row[c]) + bias[c];
      to[c] += value < 0 ? 0.0f : value;
    }
  }
  PolicyLogits(maps.data(), pooled, legal, logits);

  float hidden[kMaxValueHidden];
  Pool(features + 2 * channels_, stride, pooled);
  std::copy(hidden_bias_.begin(), hidden_bias_.end(), hidden);
  AddLinear(pooled, pool_values_ * channels_, hidden_.data(), value_hidden_, hidden);
  for (int i = 0; i < value_hidden_; ++i) hidden[i] = hidden[i] < 0 ? 0.0f : hidden[i];
  for (int i = 0; i < 4; ++i) values[i] = value_bias_[i] + Dot(value_out_.data() + i * value_hidden_, hidden, value_hidden_);
}

template void Heads::Compute(const float*, int, std::span<const Action>, std::span<float>, std::span<float, 4>) const;
template void Heads::Compute(const BFloat16*, int, std::span<const Action>, std::span<float>, std::span<float, 4>) const;

void Heads::PolicyLogits(const float* hidden, const float* pooled, std::span<const Action> legal, std::span<float> logits) const {
  const int places = layout_ == PolicyLayout::kColumn ? cols_ : rows_ * cols_;
  // A column's bias counts once for each of its rows, as in the sum over cells that it stands for.
  const float bias_scale = layout_ == PolicyLayout::kColumn ? static_cast<float>(rows_) : 1.0f;
  for (std::size_t i = 0; i < legal.size(); ++i) {
    const int action = legal[i];
    if (action < num_map_actions_) {
      const int plane = action / places;
      const float* at = hidden + static_cast<std::ptrdiff_t>(action % places) * channels_;
      logits[i] =
          Dot(policy_out_.data() + static_cast<std::ptrdiff_t>(plane) * channels_, at, channels_) + bias_scale * policy_bias_[plane];
    } else {
      const int global = action - num_map_actions_;
      const int width = pool_values_ * channels_;
      logits[i] = global_bias_[global] + Dot(global_.data() + static_cast<std::ptrdiff_t>(global) * width, pooled, width);
    }
  }
}

bool SoftmaxInPlace(std::span<float> logits, float temperature) {
  if (logits.empty()) return true;
  float maximum = -std::numeric_limits<float>::infinity();
  for (float x : logits) {
    if (!std::isfinite(x)) return false;
    maximum = std::max(maximum, x);
  }
  float sum = 0;
  for (float& x : logits) sum += x = std::exp((x - maximum) / temperature);
  for (float& x : logits) x /= sum;
  return true;
}

}  // namespace tandem
