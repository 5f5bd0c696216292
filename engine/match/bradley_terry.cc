#include "engine/match/bradley_terry.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "engine/base/rng.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr int kMaxNewtonSteps = 100;
constexpr double kMaxStep = 2.0;  // in natural-log units: about 350 Elo
constexpr double kConverged = 1e-9;
const double kEloPerLogUnit = 400 / std::numbers::ln10;

// Games and points of one pairing as real numbers, priors included.
struct Meeting {
  int a = 0;
  int b = 0;
  double games = 0;
  double points_a = 0;
};

// Solves the symmetric positive definite system in place (Cholesky); n is the number of players, a few dozen.
void SolvePositiveDefinite(std::vector<double>& matrix, std::vector<double>& rhs) {
  const std::size_t n = rhs.size();
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t k = 0; k < j; ++k) matrix[j * n + j] -= matrix[j * n + k] * matrix[j * n + k];
    matrix[j * n + j] = std::sqrt(std::max(matrix[j * n + j], 1e-12));
    for (std::size_t i = j + 1; i < n; ++i) {
      for (std::size_t k = 0; k < j; ++k) matrix[i * n + j] -= matrix[i * n + k] * matrix[j * n + k];
      matrix[i * n + j] /= matrix[j * n + j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) rhs[i] -= matrix[i * n + k] * rhs[k];
    rhs[i] /= matrix[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) rhs[i] -= matrix[k * n + i] * rhs[k];
    rhs[i] /= matrix[i * n + i];
  }
}

// Maximum-likelihood ratings in natural-log units with ratings[anchor] = 0, improved from `ratings`.
void FitLogRatings(const std::vector<Meeting>& meetings, int anchor, std::vector<double>& ratings) {
  const std::size_t n = ratings.size();
  for (int step = 0; step < kMaxNewtonSteps; ++step) {
    std::vector<double> gradient(n, 0.0);
    std::vector<double> hessian(n * n, 0.0);
    for (const Meeting& m : meetings) {
      const auto a = static_cast<std::size_t>(m.a);
      const auto b = static_cast<std::size_t>(m.b);
      const double expected = 1 / (1 + std::exp(ratings[b] - ratings[a]));
      const double slope = m.points_a - m.games * expected;
      const double curvature = m.games * expected * (1 - expected);
      gradient[a] += slope;
      gradient[b] -= slope;
      hessian[a * n + a] += curvature;
      hessian[b * n + b] += curvature;
      hessian[a * n + b] -= curvature;
      hessian[b * n + a] -= curvature;
    }
    const auto fixed = static_cast<std::size_t>(anchor);
    for (std::size_t i = 0; i < n; ++i) hessian[i * n + fixed] = hessian[fixed * n + i] = 0;
    hessian[fixed * n + fixed] = 1;
    gradient[fixed] = 0;
    SolvePositiveDefinite(hessian, gradient);
    double largest = 0;
    for (double delta : gradient) largest = std::max(largest, std::abs(delta));
    const double scale = largest > kMaxStep ? kMaxStep / largest : 1;
    for (std::size_t i = 0; i < n; ++i) ratings[i] += scale * gradient[i];
    if (largest < kConverged) break;
  }
}

// Meeting with these weights of the five classes, in pairs.
Meeting MeetingOf(const Pairing& pairing, const std::vector<double>& class_weights) {
  Meeting result{.a = pairing.a, .b = pairing.b};
  for (std::size_t k = 0; k < class_weights.size(); ++k) {
    result.games += 2 * class_weights[k];
    result.points_a += class_weights[k] * static_cast<double>(k) / 2;
  }
  return result;
}

std::vector<double> WithPrior(const Pentanomial& pairs, double prior_pairs) {
  std::vector<double> weights(pairs.begin(), pairs.end());
  for (double& weight : weights) weight += prior_pairs / static_cast<double>(pairs.size());
  return weights;
}

absl::Status CheckPairings(int num_players, const std::vector<Pairing>& pairings, int anchor) {
  if (anchor < 0 || anchor >= num_players) return BadInput("anchor ", anchor, ": expected a player, 0..", num_players - 1);
  std::vector<bool> reached(static_cast<std::size_t>(num_players), false);
  for (const Pairing& p : pairings) {
    if (p.a < 0 || p.b < 0 || p.a >= num_players || p.b >= num_players || p.a == p.b) {
      return BadInput("pairing ", p.a, "-", p.b, ": expected two different players, 0..", num_players - 1);
    }
  }
  reached[static_cast<std::size_t>(anchor)] = true;
  for (bool grew = true; grew;) {
    grew = false;
    for (const Pairing& p : pairings) {
      const auto a = static_cast<std::size_t>(p.a);
      const auto b = static_cast<std::size_t>(p.b);
      if (reached[a] == reached[b]) continue;
      reached[a] = reached[b] = grew = true;
    }
  }
  for (int i = 0; i < num_players; ++i) {
    if (!reached[static_cast<std::size_t>(i)]) return BadInput("player ", i, " has no chain of games to the anchor, player ", anchor);
  }
  return absl::OkStatus();
}

double Percentile(std::vector<double> values, double share) {
  const auto index = static_cast<std::ptrdiff_t>(std::lround(share * static_cast<double>(values.size() - 1)));
  std::nth_element(values.begin(), values.begin() + index, values.end());
  return values[static_cast<std::size_t>(index)];
}

}  // namespace

absl::StatusOr<RatingPool> RatingPool::Fit(int num_players, const std::vector<Pairing>& pairings, const RatingOptions& options) {
  TANDEM_RETURN_IF_ERROR(CheckPairings(num_players, pairings, options.anchor));
  const auto n = static_cast<std::size_t>(num_players);
  RatingPool pool;
  pool.ratings_.resize(n);
  std::vector<Meeting> meetings;
  for (const Pairing& pairing : pairings) {
    meetings.push_back(MeetingOf(pairing, WithPrior(pairing.pairs, options.prior_pairs)));
    const Meeting real = MeetingOf(pairing, WithPrior(pairing.pairs, 0));
    Rating& a = pool.ratings_[static_cast<std::size_t>(pairing.a)];
    Rating& b = pool.ratings_[static_cast<std::size_t>(pairing.b)];
    a.games += std::llround(real.games);
    b.games += std::llround(real.games);
    a.score += real.points_a;
    b.score += real.games - real.points_a;
  }
  std::vector<double> best(n, 0.0);
  FitLogRatings(meetings, options.anchor, best);

  Rng rng = Rng::Stream(options.seed, "bootstrap");
  for (int sample = 0; sample < options.bootstrap_samples; ++sample) {
    for (std::size_t m = 0; m < pairings.size(); ++m) {
      const std::vector<double> alpha = WithPrior(pairings[m].pairs, options.prior_pairs);
      const double pairs = std::accumulate(alpha.begin(), alpha.end(), 0.0);
      const std::vector<float> weights = rng.Dirichlet(alpha);
      std::vector<double> drawn(weights.begin(), weights.end());
      for (double& weight : drawn) weight *= pairs;
      meetings[m] = MeetingOf(pairings[m], drawn);
    }
    std::vector<double> ratings = best;
    FitLogRatings(meetings, options.anchor, ratings);
    for (double& rating : ratings) rating = rating * kEloPerLogUnit + options.anchor_elo;
    pool.samples_.push_back(std::move(ratings));
  }
  for (std::size_t i = 0; i < n; ++i) {
    Rating& rating = pool.ratings_[i];
    rating.elo = best[i] * kEloPerLogUnit + options.anchor_elo;
    if (rating.games > 0) rating.score /= static_cast<double>(rating.games);
    const Estimate spread = pool.Difference(static_cast<int>(i), options.anchor);
    rating.low = options.anchor_elo + spread.low.value_or(rating.elo - options.anchor_elo);
    rating.high = options.anchor_elo + spread.high.value_or(rating.elo - options.anchor_elo);
  }
  return pool;
}

Estimate RatingPool::Difference(int a, int b) const {
  const auto first = static_cast<std::size_t>(a);
  const auto second = static_cast<std::size_t>(b);
  Estimate result;
  result.value = ratings_[first].elo - ratings_[second].elo;
  if (samples_.empty()) return result;
  std::vector<double> differences;
  for (const std::vector<double>& sample : samples_) differences.push_back(sample[first] - sample[second]);
  result.low = Percentile(differences, 0.025);
  result.high = Percentile(differences, 0.975);
  return result;
}

}  // namespace tandem
