#include "engine/net/torch/kernels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/check.h"

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

// Mean and maximum over the cells of ReLU(y[:, 0..n)), to pooled[0..n) and pooled[n..2n). NaN is kept, not turned into 0.
template <typename T>
void PoolRelu(const T* y, int cells, int stride, int n, float* pooled) {
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

template <typename T>
void PoolBiasRelu(const T* y, int cells, int channels, int pooled, const float* weight, T* out) {
  float pool[kMaxChannels];
  float bias[kMaxChannels];
  const int others = channels - pooled;
  PoolRelu(y, cells, channels, pooled, pool);
  std::fill(bias, bias + others, 0.0f);
  AddLinear(pool, 2 * pooled, weight, others, bias);
  for (int cell = 0; cell < cells; ++cell) {
    const T* from = y + static_cast<std::ptrdiff_t>(cell) * channels + pooled;
    T* to = out + static_cast<std::ptrdiff_t>(cell) * others;
    for (int c = 0; c < others; ++c) {
      const float value = ToFloat(from[c]) + bias[c];
      to[c] = FromFloat<T>(value < 0 ? 0.0f : value);
    }
  }
}

template void PoolBiasRelu(const float*, int, int, int, const float*, float*);
template void PoolBiasRelu(const BFloat16*, int, int, int, const float*, BFloat16*);

Heads::Heads(const GameFacts& facts, const NetworkConfig& config, const Weights& weights)
    : rows_(facts.rows),
      cols_(facts.cols),
      channels_(config.head_channels()),
      value_hidden_(config.value_hidden()),
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
void Heads::Pool(const T* features, int first_channel, float* pooled) const {
  PoolRelu(features + first_channel, rows_ * cols_, num_features(), channels_, pooled);
}

template <typename T>
void Heads::Compute(const T* features, std::span<const Action> legal, std::span<float> logits, std::span<float, 4> values) const {
  float pooled[2 * kMaxHeadChannels];
  float bias[kMaxHeadChannels];
  Pool(features, channels_, pooled);
  std::fill(bias, bias + channels_, 0.0f);
  AddLinear(pooled, 2 * channels_, policy_pool_.data(), channels_, bias);

  // Policy maps, or their sum over the rows of each column: the last layer is linear, so the sum may come first.
  const int places = layout_ == PolicyLayout::kColumn ? cols_ : rows_ * cols_;
  thread_local std::vector<float> maps;
  maps.assign(static_cast<std::size_t>(places) * channels_, 0.0f);
  for (int cell = 0; cell < rows_ * cols_; ++cell) {
    const T* row = features + static_cast<std::ptrdiff_t>(cell) * num_features();
    float* to = maps.data() + static_cast<std::ptrdiff_t>(cell % places) * channels_;
    for (int c = 0; c < channels_; ++c) {
      const float value = ToFloat(row[c]) + bias[c];
      to[c] += value < 0 ? 0.0f : value;
    }
  }
  PolicyLogits(maps.data(), pooled, legal, logits);

  float hidden[kMaxValueHidden];
  Pool(features, 2 * channels_, pooled);
  std::copy(hidden_bias_.begin(), hidden_bias_.end(), hidden);
  AddLinear(pooled, 2 * channels_, hidden_.data(), value_hidden_, hidden);
  for (int i = 0; i < value_hidden_; ++i) hidden[i] = hidden[i] < 0 ? 0.0f : hidden[i];
  for (int i = 0; i < 4; ++i) values[i] = value_bias_[i] + Dot(value_out_.data() + i * value_hidden_, hidden, value_hidden_);
}

template void Heads::Compute(const float*, std::span<const Action>, std::span<float>, std::span<float, 4>) const;
template void Heads::Compute(const BFloat16*, std::span<const Action>, std::span<float>, std::span<float, 4>) const;

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
      logits[i] = global_bias_[global] + Dot(global_.data() + static_cast<std::ptrdiff_t>(global) * 2 * channels_, pooled, 2 * channels_);
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
