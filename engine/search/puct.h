// PUCT selection (Rosin 2011; Silver 2018) with KataGo's refinements (Wu 2019; KataGo's documentation of its search).
//
//   a* = argmax Q(a) + c(N) P(a) sqrt(N) / (1 + N(a)),   c(N) = cpuct + cpuct_log ln((N + cpuct_base) / cpuct_base)
//
// N is the number of visits of the node, its own evaluation included; waiting simulations count as visits but bring no value. An unvisited
// move has Q = the node's mean value - fpu_reduction sqrt(prior mass of the moves tried). Ties go to a visited move, then to edge order.
#pragma once

#include <span>
#include <vector>

#include "engine/base/rng.h"
#include "engine/search/selection.h"
#include "engine/search/tree_search.h"
#include "proto/run_config.pb.h"

namespace tandem {

class PuctSelection {
 public:
  static constexpr bool kEndsAtCollision = false;
  explicit PuctSelection(const SearchConfig& config);

  void Start(const RootExploration& exploration, Rng* rng);
  void OnRoot(const Root& root, std::int64_t remaining);
  Edge* SelectAtRoot(const Root& root) const;
  Edge* Select(Node& node, const Edge& above) const;
  // Policy: visits, forced ones pruned. Where a move is proven to draw, visits to moves that look worse were only a search for something
  // better: they count for the draw. Preference: the policy, above all the move with the best lower confidence bound.
  Judgement Judge(const Root& root) const;

  // c(N) sqrt(N).
  double Exploration(double visits) const;
  // Prior of the root's edges with noise; sums to 1.
  std::span<const float> root_prior() const { return root_prior_; }

 private:
  double RootFpu(const Root& root) const;

  const double cpuct_;
  const double cpuct_log_;
  const double cpuct_base_;
  const double fpu_reduction_;
  const double fpu_reduction_root_;
  const double lcb_stdevs_;
  const double lcb_min_visit_share_;
  const bool prove_;
  std::vector<double> exploration_table_;  // c(N) sqrt(N) of small N: the logarithm is a good part of a selection's time

  RootExploration exploration_;
  Rng* rng_ = nullptr;
  std::vector<float> root_prior_;  // with noise, by edge
};

// Forced playouts: a tried root move gets at least sqrt(k P N) visits (Wu 2019, sec. 3.2; N = visits of all root moves).
double ForcedVisits(double k, double prior, double total_visits);

// One root move for PrunedVisits and the confidence bound.
struct RootMove {
  double prior = 0;  // with noise, as it was searched
  double visits = 0;
  double q = 0;
};
// Visits without the forced ones (Wu 2019, sec. 3.2): from every move but the most visited, up to ForcedVisits are taken away as long as
// its PUCT score stays below that of the most visited move; a move left with one visit or less loses that too. `exploration` is
// c(N) sqrt(N) of the root.
std::vector<double> PrunedVisits(const std::vector<RootMove>& moves, double k, double exploration);

// Lower bound of a mean of n values: mean - stdevs sqrt(s2 / n), with s2 = (n variance + 1) / (n + 1): one pseudo-value at the largest
// distance keeps few equal values from looking certain.
double LowerConfidenceBound(double mean, double mean_of_squares, double visits, double stdevs);

}  // namespace tandem
