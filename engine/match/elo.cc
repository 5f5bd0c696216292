#include "engine/match/elo.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_format.h"
#include "engine/base/check.h"

namespace tandem {
namespace {

constexpr double kZ95 = 1.959963984540054;                 // two-sided 95 % of the normal distribution
constexpr double kSidedLevel = 0.05;                       // one-sided bound of a clean sweep
const double kNormalizedScale = 800 / std::numbers::ln10;  // nElo of one standard deviation a game: 347.4356

struct Moments {
  double units = 0;
  double mean = 0;
  double variance = 0;
};

Moments MomentsOf(std::span<const std::int64_t> counts) {
  Moments result;
  const double top = static_cast<double>(counts.size() - 1);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    result.units += static_cast<double>(counts[i]);
    result.mean += static_cast<double>(counts[i]) * static_cast<double>(i) / top;
  }
  if (result.units == 0) return result;
  result.mean /= result.units;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double distance = static_cast<double>(i) / top - result.mean;
    result.variance += static_cast<double>(counts[i]) * distance * distance;
  }
  result.variance /= result.units;
  return result;
}

std::optional<double> FiniteElo(double score) {
  if (score <= 0 || score >= 1) return std::nullopt;
  return EloOfScore(score);
}

// nElo of a unit that scores `at` with probability q and `other` otherwise.
std::optional<double> TwoPointNormalizedElo(double at, double other, double q, double sigma_factor) {
  const double mean = q * at + (1 - q) * other;
  const double sigma = std::sqrt(q * (1 - q)) * std::abs(at - other) * sigma_factor;
  if (sigma == 0) return std::nullopt;
  return (mean - 0.5) / sigma * kNormalizedScale;
}

// All units in one class: bounds from the least probability that class can have.
void FillSweep(const Moments& moments, double sigma_factor, StrengthEstimate* result) {
  const double q = std::pow(kSidedLevel, 1 / moments.units);
  const double at = moments.mean;
  result->score_low = q * at;
  result->score_high = q * at + (1 - q);
  result->elo = {FiniteElo(at), at == 0 ? std::nullopt : FiniteElo(result->score_low),
                 at == 1 ? std::nullopt : FiniteElo(result->score_high)};
  result->normalized_elo.low = TwoPointNormalizedElo(at, 0, q, sigma_factor);
  result->normalized_elo.high = TwoPointNormalizedElo(at, 1, q, sigma_factor);
  if (at == 0.5) result->normalized_elo.value = 0;
  // Chance that the class has more than half of the probability, from a uniform prior.
  const double doubt = std::pow(0.5, moments.units + 1);
  result->los = at > 0.5 ? 1 - doubt : at < 0.5 ? doubt : 0.5;
}

}  // namespace

double EloOfScore(double score) { return -400 * std::log10(1 / score - 1); }

double ScoreOfElo(double elo) { return 1 / (1 + std::pow(10, -elo / 400)); }

double NormalCdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }

std::optional<double> Estimate::HalfWidth() const {
  if (!low || !high) return std::nullopt;
  return (*high - *low) / 2;
}

StrengthEstimate EstimateStrength(std::span<const std::int64_t> counts) {
  TANDEM_CHECK(counts.size() == 3 || counts.size() == 5);
  const Moments moments = MomentsOf(counts);
  const double sigma_factor = counts.size() == 5 ? std::numbers::sqrt2 : 1;
  StrengthEstimate result;
  result.units = static_cast<std::int64_t>(moments.units);
  result.score = moments.units == 0 ? 0.5 : moments.mean;
  if (moments.units == 0) return result;
  if (moments.variance == 0) {
    FillSweep(moments, sigma_factor, &result);
    return result;
  }
  const double error = std::sqrt(moments.variance / moments.units);
  const double sigma = std::sqrt(moments.variance) * sigma_factor;
  const double low = moments.mean - kZ95 * error;
  const double high = moments.mean + kZ95 * error;
  result.score_low = std::max(low, 0.0);
  result.score_high = std::min(high, 1.0);
  result.elo = {FiniteElo(moments.mean), FiniteElo(low), FiniteElo(high)};
  const auto normalized = [&](double score) { return (score - 0.5) / sigma * kNormalizedScale; };
  result.normalized_elo = {normalized(moments.mean), normalized(low), normalized(high)};
  result.los = NormalCdf((moments.mean - 0.5) / error);
  return result;
}

std::string EstimateText(const Estimate& estimate) {
  if (estimate.value) {
    if (const auto half = estimate.HalfWidth()) return absl::StrFormat("%+.1f +- %.1f", *estimate.value, *half);
    if (estimate.low) return absl::StrFormat("%+.1f (> %+.1f)", *estimate.value, *estimate.low);
    if (estimate.high) return absl::StrFormat("%+.1f (< %+.1f)", *estimate.value, *estimate.high);
    return absl::StrFormat("%+.1f (no bounds)", *estimate.value);
  }
  if (estimate.low && !estimate.high) return absl::StrFormat("> %+.1f", *estimate.low);
  if (estimate.high && !estimate.low) return absl::StrFormat("< %+.1f", *estimate.high);
  if (estimate.low && estimate.high) return absl::StrFormat("%+.1f .. %+.1f", *estimate.low, *estimate.high);
  return "unknown";
}

Share WilsonShare(std::int64_t successes, std::int64_t trials) {
  Share result{.successes = successes, .trials = trials};
  if (trials == 0) return result;
  const double n = static_cast<double>(trials);
  const double p = static_cast<double>(successes) / n;
  const double z2 = kZ95 * kZ95;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kZ95 / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  result.value = p;
  result.low = std::max(0.0, centre - half);
  result.high = std::min(1.0, centre + half);
  return result;
}

}  // namespace tandem
