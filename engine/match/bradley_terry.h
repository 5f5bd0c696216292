// One rating scale for a pool of players (Bradley, Terry 1952): P(i beats j) = 1 / (1 + 10^((r_j - r_i)/400)), a draw being half a win.
// The ratings maximise the likelihood (Newton's method; it is concave) with one player anchored.
//
// A player that won or lost everything would have no finite rating: each pairing gets `prior_pairs` virtual pairs of games spread evenly
// over the five classes (half a pair by default: one game at score 1/2), little beside real ones and stated in reports. Intervals: Bayesian
// bootstrap (Rubin 1981) over pairs of games, the unit that is independent; each pairing's classes get Dirichlet(counts + prior_pairs/5)
// weights, so a clean sweep still has an uncertainty, and the samples' mean is what the ratings are fitted to.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/match/elo.h"

namespace tandem {

// Results of player `a` against `b`, in pairs of games; indices into the pool.
struct Pairing {
  int a = 0;
  int b = 0;
  Pentanomial pairs{};
};

struct RatingOptions {
  int anchor = 0;  // this player's rating is fixed
  double anchor_elo = 0;
  double prior_pairs = 0.5;  // virtual pairs a pairing
  int bootstrap_samples = 400;
  std::uint64_t seed = 1;
};

struct Rating {
  double elo = 0;
  double low = 0;  // 95 % interval, percentiles of the bootstrap
  double high = 0;
  std::int64_t games = 0;
  double score = 0;  // share of points over all its games
};

class RatingPool {
 public:
  // Rates `num_players` players. kInvalidArgument when a player is out of range, meets itself, or has no chain of pairings to the anchor.
  static absl::StatusOr<RatingPool> Fit(int num_players, const std::vector<Pairing>& pairings, const RatingOptions& options);

  const std::vector<Rating>& ratings() const { return ratings_; }
  // Rating of `a` less that of `b` with its own interval (errors of the two are not independent).
  Estimate Difference(int a, int b) const;

 private:
  std::vector<Rating> ratings_;
  std::vector<std::vector<double>> samples_;  // [bootstrap sample][player]
};

}  // namespace tandem
