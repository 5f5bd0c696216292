#include "engine/match/sprt.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/match/elo.h"

namespace tandem {
namespace {

constexpr double kEmptyClass = 1e-3;
constexpr int kFixedPointRounds = 10;
constexpr double kFixedPointTolerance = 1e-9;
// The first round, from the uniform distribution over the five classes of pairs, has an answer for |t| < 2 sqrt(2) / 3, which is this
// normalised Elo. Among the three classes of games the bound is wider.
constexpr double kMostNormalizedElo = 2 * 800 / (3 * std::numbers::ln10);  // 231.6

// Probability of each class together with its score.
struct Distribution {
  std::vector<double> probability;
  std::vector<double> score;
};

// Root of f(x) = sum p_i b_i / (1 + x b_i) between its poles around 0; f falls from +inf to -inf there. `offsets` has both signs.
double SecularRoot(const std::vector<double>& probability, const std::vector<double>& offsets) {
  const auto [least, greatest] = std::minmax_element(offsets.begin(), offsets.end());
  TANDEM_CHECK(*least < 0 && *greatest > 0);
  double low = -1 / *greatest;
  double high = -1 / *least;
  for (int i = 0; i < 200; ++i) {
    const double x = low + (high - low) / 2;
    if (x == low || x == high) break;
    double f = 0;
    for (std::size_t k = 0; k < offsets.size(); ++k) f += probability[k] * offsets[k] / (1 + x * offsets[k]);
    (f > 0 ? low : high) = x;
  }
  return low + (high - low) / 2;
}

// The likeliest distribution whose mean offset is 0.
std::vector<double> Tilt(const std::vector<double>& probability, const std::vector<double>& offsets) {
  const double x = SecularRoot(probability, offsets);
  std::vector<double> result(probability.size());
  for (std::size_t i = 0; i < result.size(); ++i) result[i] = probability[i] / (1 + x * offsets[i]);
  return result;
}

std::vector<double> LikeliestWithMean(const Distribution& empirical, double mean) {
  std::vector<double> offsets(empirical.score.size());
  for (std::size_t i = 0; i < offsets.size(); ++i) offsets[i] = empirical.score[i] - mean;
  return Tilt(empirical.probability, offsets);
}

// The likeliest distribution with (mean - 1/2) / sigma = t. Its stationarity condition is that of a given mean with the offsets
// a_i - 1/2 - t sigma (1 + ((mu - a_i)/sigma)^2) / 2, whose mu and sigma are its own: iterate.
std::vector<double> LikeliestWithT(const Distribution& empirical, double t) {
  const std::size_t size = empirical.score.size();
  std::vector<double> current(size, 1.0 / static_cast<double>(size));
  std::vector<double> offsets(size);
  for (int round = 0; round < kFixedPointRounds; ++round) {
    double mu = 0;
    double variance = 0;
    for (std::size_t i = 0; i < size; ++i) mu += current[i] * empirical.score[i];
    for (std::size_t i = 0; i < size; ++i) variance += current[i] * (empirical.score[i] - mu) * (empirical.score[i] - mu);
    const double sigma = std::sqrt(variance);
    for (std::size_t i = 0; i < size; ++i) {
      const double z = (mu - empirical.score[i]) / sigma;
      offsets[i] = empirical.score[i] - 0.5 - t * sigma * (1 + z * z) / 2;
    }
    // Beyond kMostNormalizedElo no distribution fits this round; the last one that did is the answer.
    const auto [least, greatest] = std::minmax_element(offsets.begin(), offsets.end());
    if (!(*least < 0 && *greatest > 0)) break;
    std::vector<double> next = Tilt(empirical.probability, offsets);
    double change = 0;
    for (std::size_t i = 0; i < size; ++i) change = std::max(change, std::abs(next[i] - current[i]));
    current = std::move(next);
    if (change < kFixedPointTolerance) break;
  }
  return current;
}

}  // namespace

std::string_view SprtVerdictText(SprtVerdict verdict) {
  switch (verdict) {
    case SprtVerdict::kAcceptH0:
      return "H0 accepted";
    case SprtVerdict::kAcceptH1:
      return "H1 accepted";
    case SprtVerdict::kContinue:
      break;
  }
  return "continue";
}

absl::StatusOr<SprtHypotheses> ParseSprt(std::string_view text) {
  SprtHypotheses result;
  std::string_view numbers = text;
  constexpr std::string_view kLogistic = "logistic:";
  constexpr std::string_view kNormalized = "normalized:";
  if (numbers.starts_with(kLogistic)) {
    result.model = EloModel::kLogistic;
    numbers.remove_prefix(kLogistic.size());
  } else if (numbers.starts_with(kNormalized)) {
    numbers.remove_prefix(kNormalized.size());
  }
  const std::vector<std::string> parts = absl::StrSplit(absl::string_view(numbers.data(), numbers.size()), ',');
  if (parts.size() != 2 || !absl::SimpleAtod(parts[0], &result.elo0) || !absl::SimpleAtod(parts[1], &result.elo1) ||
      !(std::abs(result.elo0) < 1000) || !(std::abs(result.elo1) < 1000) || !(result.elo0 < result.elo1)) {
    return BadInput("sprt '", std::string(text),
                    "': expected E0,E1 (normalised Elo) or logistic:E0,E1 with -1000 < E0 < E1 < 1000, e.g. 0,5");
  }
  if (result.model == EloModel::kNormalized && std::max(std::abs(result.elo0), std::abs(result.elo1)) >= kMostNormalizedElo) {
    return BadInput("sprt '", std::string(text),
                    "': expected normalised Elo between -231 and 231; name larger differences as logistic:", result.elo0, ",", result.elo1);
  }
  return result;
}

double LogLikelihoodRatio(std::span<const std::int64_t> counts, const SprtHypotheses& hypotheses) {
  TANDEM_CHECK(counts.size() == 3 || counts.size() == 5);
  if (std::all_of(counts.begin(), counts.end(), [](std::int64_t count) { return count == 0; })) return 0;
  Distribution empirical;
  double total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    empirical.probability.push_back(counts[i] == 0 ? kEmptyClass : static_cast<double>(counts[i]));
    empirical.score.push_back(static_cast<double>(i) / static_cast<double>(counts.size() - 1));
    total += empirical.probability.back();
  }
  for (double& probability : empirical.probability) probability /= total;
  const auto likeliest = [&](double elo) {
    if (hypotheses.model == EloModel::kLogistic) return LikeliestWithMean(empirical, ScoreOfElo(elo));
    const double scale = (counts.size() == 5 ? std::numbers::sqrt2 : 1.0) * std::numbers::ln10 / 800;
    return LikeliestWithT(empirical, elo * scale);
  };
  const std::vector<double> p0 = likeliest(hypotheses.elo0);
  const std::vector<double> p1 = likeliest(hypotheses.elo1);
  double sum = 0;
  for (std::size_t i = 0; i < p0.size(); ++i) sum += empirical.probability[i] * std::log(p1[i] / p0[i]);
  return total * sum;
}

SprtState EvaluateSprt(std::span<const std::int64_t> counts, const SprtHypotheses& hypotheses) {
  SprtState result;
  result.llr = LogLikelihoodRatio(counts, hypotheses);
  result.lower = std::log(hypotheses.beta / (1 - hypotheses.alpha));
  result.upper = std::log((1 - hypotheses.beta) / hypotheses.alpha);
  if (result.llr <= result.lower) result.verdict = SprtVerdict::kAcceptH0;
  if (result.llr >= result.upper) result.verdict = SprtVerdict::kAcceptH1;
  return result;
}

}  // namespace tandem
