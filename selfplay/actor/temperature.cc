#include "selfplay/actor/temperature.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tandem {
namespace {

// Below this policy^(1/T) is one-hot in double precision unless two moves are within a thousandth of each other.
constexpr double kZeroTemperature = 1e-3;

}  // namespace

double MoveTemperature(const SelfplayConfig& config, int ply) {
  const double decay = std::exp2(-ply / config.temperature_halflife());
  return config.temperature_final() + (config.temperature() - config.temperature_final()) * decay;
}

int ChooseMove(const SearchResult& result, SearchConfig::Algorithm algorithm, const SelfplayConfig& config, int ply, Rng& rng) {
  TANDEM_CHECK(!result.moves.empty() && result.ranking.size() == result.moves.size());
  std::vector<int> candidates;  // best first
  for (const int index : result.ranking) {
    if (result.moves[index].proven == Proven::kWin) return index;
    if (result.moves[index].proven != Proven::kLoss) candidates.push_back(index);
  }
  if (candidates.empty()) candidates = result.ranking;
  if (algorithm == SearchConfig::GUMBEL && ply >= config.temperature_halflife()) return candidates.front();

  int best = candidates.front();
  for (const int index : candidates) {
    if (result.moves[index].policy > result.moves[best].policy) best = index;
  }
  const double temperature = MoveTemperature(config, ply);
  const double best_policy = result.moves[best].policy;
  if (temperature < kZeroTemperature || !(best_policy > 0)) return best;
  std::vector<double> weights;
  for (const int index : candidates) weights.push_back(std::pow(result.moves[index].policy / best_policy, 1 / temperature));
  return candidates[rng.Categorical(weights)];
}

}  // namespace tandem
