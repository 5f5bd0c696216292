// Elo from game results, with honest intervals. Formulas and golden numbers: docs/statistics.md.
//
// Results come as counts of k equally spaced classes from worst to best: 5 for pairs of games that share an opening with colours swapped
// (LL, LD, DD+WL, WD, WW, scored 0, 1/4, 1/2, 3/4, 1: pentanomial), 3 for single games (L, D, W: trinomial). With mean score s and
// variance v of one unit (pair or game), N units:
//
//   Elo(s) = -400 log10(1/s - 1), interval Elo(s +- 1.96 sqrt(v/N))
//   nElo   = (s - 1/2) / sigma * 800/ln 10, sigma = sqrt(2 v) for pairs, sqrt(v) for games
//   LOS    = Phi((s - 1/2) / sqrt(v/N))
//
// When every unit falls into one class there is no spread to measure; the interval is then the exact one for "this class has at least
// probability q = 0.05^(1/N)" (Clopper, Pearson 1934, one-sided 95 %), so a clean sweep has a finite bound on one side and none on the
// other. Partner: sprt.h (sequential test on the same counts). All pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tandem {

using Trinomial = std::array<std::int64_t, 3>;    // L, D, W
using Pentanomial = std::array<std::int64_t, 5>;  // LL, LD, DD+WL, WD, WW

// Elo difference that expects score s in (0, 1), and back.
double EloOfScore(double score);
double ScoreOfElo(double elo);

// A number with its 95 % interval. An absent value or bound is infinite on that side (all games won or lost).
struct Estimate {
  std::optional<double> value;
  std::optional<double> low;
  std::optional<double> high;
  // Half the width of the interval, as match programs print it; absent when a bound is.
  std::optional<double> HalfWidth() const;
};

struct StrengthEstimate {
  std::int64_t units = 0;  // pairs or games
  double score = 0;        // mean, 0..1
  double score_low = 0;    // 95 % interval of the score, clipped to 0..1
  double score_high = 1;
  Estimate elo;
  Estimate normalized_elo;
  double los = 0.5;  // likelihood of superiority, 0..1
};

// From the counts of 3 or 5 classes; all zero gives the estimate of ignorance (score 1/2, no bounds).
StrengthEstimate EstimateStrength(std::span<const std::int64_t> counts);

// "+55.6 +- 27.6", "> +190.8 (95 %)" for a clean sweep, "< ..." for its opposite, "unknown".
std::string EstimateText(const Estimate& estimate);

// Share of successes with Wilson's 95 % interval (Wilson 1927), which stays inside 0..1.
struct Share {
  std::int64_t successes = 0;
  std::int64_t trials = 0;
  double value = 0;  // 0 when there are no trials
  double low = 0;
  double high = 1;
};
Share WilsonShare(std::int64_t successes, std::int64_t trials);

// Distribution function of the standard normal.
double NormalCdf(double x);

}  // namespace tandem
