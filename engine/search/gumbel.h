// Gumbel selection (Danihelka, Guez, Schrittwieser, Silver 2022, "Policy improvement by planning with Gumbel").
//
// Root: the m moves with the largest g(a) + logit(a) are considered (g: Gumbel noise, 0 in play) and share the simulations by sequential
// halving. Below: argmax pi'(a) - N(a) / (1 + sum N), where pi' is the improved policy, so that visits approach it without noise.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/rng.h"
#include "engine/search/selection.h"
#include "engine/search/tree_search.h"
#include "proto/run_config.pb.h"

namespace tandem {

// Who is visited next in sequential halving: simulation i goes to a considered move that has exactly VisitsBefore(i) visits, the best such
// by g + logit + sigma(q). With n simulations and m moves there are ceil(log2 m) rounds; in each, every considered move gets
// max(1, floor(n / (ceil(log2 m) considered))) visits and then the better half stays, two at least; the last round goes on to the end.
class HalvingSchedule {
 public:
  HalvingSchedule() = default;
  HalvingSchedule(int num_considered, std::int64_t num_simulations);
  std::int64_t VisitsBefore(std::int64_t simulation) const;

 private:
  struct Round {
    std::int64_t first_simulation;
    std::int64_t first_visits;
    int considered;
  };
  std::vector<Round> rounds_;  // the last has no end
};

// Value of a node from its own evaluation and its visited moves (the paper's appendix D):
// v_mix = (v + sum N * sum_visited(pi q) / sum_visited(pi)) / (1 + sum N). All values in -1..1.
double MixedValue(double raw_value, std::span<const Edge> edges);

class GumbelSelection {
 public:
  static constexpr bool kEndsAtCollision = true;  // sequential halving stays exact with any batch
  explicit GumbelSelection(const SearchConfig& config);

  void Start(const RootExploration& exploration, Rng* rng);
  void OnRoot(const Root& root, std::int64_t remaining);
  Edge* SelectAtRoot(const Root& root);
  Edge* Select(Node& node, const Edge& above) const;
  // Policy: softmax(logit + sigma(completed q)). Preference: of the most visited considered moves
  // and the proven draws, the one with the best g + logit + sigma(q).
  Judgement Judge(const Root& root) const;

 private:
  // sigma(q) = (c_visit + max N) c_scale (q + 1) / 2 as a factor and the logits pi' is made of (eq. 8, 11).
  double SigmaScale(std::span<const Edge> edges) const;
  void ImprovedPolicy(double raw_value, std::span<const Edge> edges, double* policy) const;

  // Chooses the considered moves among the open ones and begins a schedule of `num_simulations`.
  void BeginPhase(const Root& root, std::int64_t num_simulations);
  double Score(const Root& root, std::size_t i, double sigma_scale, double unvisited) const;
  Edge* BestConsidered(const Root& root, std::int64_t visits) const;

  const int num_considered_;
  const double c_visit_;
  const double c_scale_;
  const std::int64_t default_simulations_;
  const bool prove_;

  RootExploration exploration_;
  Rng* rng_ = nullptr;
  // Of the root, by edge:
  std::vector<double> base_;                // g + logit
  std::vector<std::int64_t> visits_start_;  // when the search began (a reused tree has some)
  std::vector<std::int64_t> visits_phase_;  // when the phase began
  std::vector<std::uint8_t> considered_;
  HalvingSchedule schedule_;
  std::int64_t phase_length_ = 0;
  bool open_ended_ = false;  // no budget was given
};

}  // namespace tandem
