// Sequential probability ratio test (Wald 1945) of "A is elo1 stronger than B" against "elo0", on the same counts as elo.h.
//
// The generalised log-likelihood ratio is exact: with empirical class frequencies p over N units,
//
//   LLR = N sum_i p_i ln(p1_i / p0_i),
//
// where p0, p1 are the likeliest distributions that have the hypothesis' strength (Van den Bergh, "Comments on normalized Elo"):
//   logistic:    mean = ScoreOfElo(elo);  p'_i = p_i / (1 + x (a_i - mean)), x the root of sum p_i (a_i - mean)/(1 + x (a_i - mean)) = 0
//   normalised:  (mean - 1/2)/sigma = t;  fixed point of the same step, up to 10 rounds from the uniform distribution
// Empty classes count as 0.001. Closed approximations are not used: they fail on lopsided matches, which network against search is.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tandem {

enum class EloModel { kNormalized, kLogistic };

struct SprtHypotheses {
  double elo0 = 0;
  double elo1 = 5;
  EloModel model = EloModel::kNormalized;
  double alpha = 0.05;  // chance to accept elo1 when elo0 holds
  double beta = 0.05;   // chance to accept elo0 when elo1 holds
};

enum class SprtVerdict { kContinue, kAcceptH0, kAcceptH1 };
std::string_view SprtVerdictText(SprtVerdict verdict);  // "continue", "H0 accepted", "H1 accepted"

struct SprtState {
  double llr = 0;
  double lower = 0;  // ln(beta / (1 - alpha)): H0 is accepted there
  double upper = 0;  // ln((1 - beta) / alpha): H1 is accepted there
  SprtVerdict verdict = SprtVerdict::kContinue;
};

// "E0,E1" (normalised, within +-231: the test has no answer for larger ones) or "logistic:E0,E1" (within +-1000), E0 < E1.
// kInvalidArgument for anything else.
absl::StatusOr<SprtHypotheses> ParseSprt(std::string_view text);

// Counts of 3 (games) or 5 (pairs) classes, worst first. 0 when there are none.
double LogLikelihoodRatio(std::span<const std::int64_t> counts, const SprtHypotheses& hypotheses);
SprtState EvaluateSprt(std::span<const std::int64_t> counts, const SprtHypotheses& hypotheses);

}  // namespace tandem
