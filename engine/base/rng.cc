#include "engine/base/rng.h"

#include <cmath>

#include "engine/base/check.h"

namespace tandem {

Rng::Rng(std::uint64_t seed) {
  for (auto& word : state_) {
    word = Mix64(seed);
    seed += 0x9e3779b97f4a7c15ull;
  }
}

Rng Rng::Stream(std::uint64_t root_seed, std::string_view name, std::uint64_t index) {
  TANDEM_CHECK(!name.empty());  // without a name, seed and index would be interchangeable
  std::uint64_t seed = Mix64(root_seed);
  for (const char c : name) seed = Mix64(seed ^ static_cast<unsigned char>(c));
  return Rng(Mix64(seed ^ Mix64(index)));
}

double Rng::Normal() {
  for (;;) {
    const double u = 2 * Uniform() - 1;
    const double v = 2 * Uniform() - 1;
    const double s = u * u + v * v;
    if (s > 0 && s < 1) return u * std::sqrt(-2 * std::log(s) / s);
  }
}

double Rng::Exponential(double mean) { return -mean * std::log1p(-Uniform()); }

double Rng::Gamma(double shape) {
  if (shape < 1) return Gamma(shape + 1) * std::pow(1 - Uniform(), 1 / shape);
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = Normal();
    const double cube = 1 + c * x;
    if (cube <= 0) continue;
    const double v = cube * cube * cube;
    const double u = 1 - Uniform();
    if (std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double Rng::Gumbel() { return -std::log(Exponential(1) + 1e-300); }

std::vector<float> Rng::Dirichlet(std::span<const double> alpha) {
  std::vector<double> draws;
  double sum = 0;
  for (const double a : alpha) {
    draws.push_back(Gamma(a));
    sum += draws.back();
  }
  std::vector<float> result;
  for (const double x : draws) result.push_back(sum > 0 ? static_cast<float>(x / sum) : 1.0f / static_cast<float>(draws.size()));
  return result;
}

std::size_t Rng::Categorical(std::span<const double> weights) {
  double sum = 0;
  for (const double w : weights) sum += w;
  if (!(sum > 0)) return Below(static_cast<std::uint32_t>(weights.size()));
  double rest = Uniform() * sum;
  std::size_t last = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i] <= 0) continue;
    last = i;
    rest -= weights[i];
    if (rest < 0) return i;
  }
  return last;
}

}  // namespace tandem
