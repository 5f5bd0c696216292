// Random numbers. One root seed per run; everything that draws gets a *named stream* derived from it, so that adding a consumer never
// changes what another one sees:
//
//   Rng rng = Rng::Stream(seed, "selfplay", game_index);
//
// The generator is xoshiro256** (Blackman, Vigna 2018) seeded by SplitMix64; distributions are written here and not taken from <random>,
// whose results differ between standard libraries. No clock, address or absl::Hash goes into a seed.
// Copyable; thread-compatible.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tandem {

// SplitMix64's finaliser: a bijective mix of 64 bits, also used for position hashes.
constexpr std::uint64_t Mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ull;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

class Rng {
 public:
  explicit Rng(std::uint64_t seed);
  // The stream called `name` (not empty), number `index`, of the run with this root seed.
  static Rng Stream(std::uint64_t root_seed, std::string_view name, std::uint64_t index = 0);

  // Meets std::uniform_random_bit_generator.
  using result_type = std::uint64_t;
  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~std::uint64_t{0}; }
  result_type operator()() {
    const std::uint64_t result = Rotate(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = Rotate(state_[3], 45);
    return result;
  }

  // Uniform in 0..n-1, n > 0 (Lemire 2019's multiply-shift; bias below n / 2^32 for n < 2^32).
  std::uint32_t Below(std::uint32_t n) { return static_cast<std::uint32_t>((((*this)() >> 32) * n) >> 32); }
  // Uniform in [0, 1).
  double Uniform() { return static_cast<double>((*this)() >> 11) * 0x1.0p-53; }
  double Normal();                    // mean 0, variance 1 (Marsaglia's polar method)
  double Exponential(double mean);
  double Gamma(double shape);         // scale 1 (Marsaglia, Tsang 2000)
  double Gumbel();                    // location 0, scale 1
  std::vector<float> Dirichlet(std::span<const double> alpha);
  // Index drawn with probability proportional to weights[i] >= 0; uniform when all are 0.
  std::size_t Categorical(std::span<const double> weights);

  // The whole state, for checkpoints.
  const std::array<std::uint64_t, 4>& state() const { return state_; }
  void set_state(const std::array<std::uint64_t, 4>& state) { state_ = state; }

 private:
  static constexpr std::uint64_t Rotate(std::uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

  std::array<std::uint64_t, 4> state_;
};

}  // namespace tandem
