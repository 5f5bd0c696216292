#include "engine/search/gumbel.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include "engine/search/algorithms.h"
#include "engine/search/guided_search.h"

namespace tandem {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

double Logit(const Edge& edge) { return std::log(std::max(edge.prior, 1e-20f)); }

}  // namespace

HalvingSchedule::HalvingSchedule(int num_considered, std::int64_t num_simulations) {
  const int num_rounds = std::bit_width(static_cast<unsigned>(std::max(num_considered, 2) - 1));  // ceil(log2 m)
  Round round{0, 0, num_considered};
  for (;;) {
    rounds_.push_back(round);
    if (round.considered <= 2) return;
    const std::int64_t visits = std::max<std::int64_t>(1, num_simulations / (num_rounds * round.considered));
    round.first_simulation += visits * round.considered;
    round.first_visits += visits;
    round.considered = std::max(2, round.considered / 2);
  }
}

std::int64_t HalvingSchedule::VisitsBefore(std::int64_t simulation) const {
  auto round = rounds_.end() - 1;
  while (round->first_simulation > simulation) --round;
  return round->first_visits + (simulation - round->first_simulation) / round->considered;
}

double MixedValue(double raw_value, std::span<const Edge> edges) {
  double visits = 0;
  double mass = 0;
  double sum = 0;
  for (const Edge& edge : edges) {
    if (edge.visits == 0) continue;
    visits += edge.visits;
    mass += edge.prior;
    sum += edge.prior * EdgeValue(edge, 0);
  }
  return mass > 0 ? (raw_value + visits * sum / mass) / (1 + visits) : raw_value;
}

GumbelSelection::GumbelSelection(const SearchConfig& config)
    : num_considered_(config.gumbel_considered()),
      c_visit_(config.gumbel_c_visit()),
      c_scale_(config.gumbel_c_scale()),
      default_simulations_(config.simulations()),
      prove_(config.prove()) {}

void GumbelSelection::Start(const RootExploration& exploration, Rng* rng) {
  exploration_ = exploration;
  rng_ = rng;
}

void GumbelSelection::OnRoot(const Root& root, std::int64_t remaining) {
  base_.clear();
  visits_start_.clear();
  for (const Edge& edge : root.edges) {
    base_.push_back(Logit(edge) + (exploration_.gumbel_noise ? rng_->Gumbel() : 0));
    visits_start_.push_back(edge.Started());
  }
  open_ended_ = remaining == kNoBudget;
  BeginPhase(root, open_ended_ ? default_simulations_ : std::max<std::int64_t>(1, remaining));
}

void GumbelSelection::BeginPhase(const Root& root, std::int64_t num_simulations) {
  std::vector<std::size_t> open;
  visits_phase_.clear();
  for (std::size_t i = 0; i < root.edges.size(); ++i) {
    visits_phase_.push_back(root.edges[i].Started());
    if (root.Open(i)) open.push_back(i);
  }
  std::stable_sort(open.begin(), open.end(), [this](std::size_t a, std::size_t b) { return base_[a] > base_[b]; });
  const auto considered = std::min({static_cast<std::int64_t>(num_considered_), static_cast<std::int64_t>(open.size()), num_simulations});
  considered_.assign(root.edges.size(), 0);
  for (std::int64_t i = 0; i < considered; ++i) considered_[open[static_cast<std::size_t>(i)]] = 1;
  phase_length_ = num_simulations;
  schedule_ = HalvingSchedule(static_cast<int>(std::max<std::int64_t>(considered, 1)), num_simulations);
}

double GumbelSelection::SigmaScale(std::span<const Edge> edges) const {
  std::uint32_t most = 0;
  for (const Edge& edge : edges) most = std::max(most, edge.visits);
  return (c_visit_ + most) * c_scale_;
}

void GumbelSelection::ImprovedPolicy(double raw_value, std::span<const Edge> edges, double* policy) const {
  const double scale = SigmaScale(edges);
  const double unvisited = MixedValue(raw_value, edges);
  double largest = kNever;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    policy[i] = Logit(edges[i]) + scale * (EdgeValue(edges[i], unvisited) + 1) / 2;
    largest = std::max(largest, policy[i]);
  }
  double sum = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    policy[i] = std::exp(policy[i] - largest);
    sum += policy[i];
  }
  for (std::size_t i = 0; i < edges.size(); ++i) policy[i] /= sum;
}

double GumbelSelection::Score(const Root& root, std::size_t i, double sigma_scale, double unvisited) const {
  return base_[i] + sigma_scale * (EdgeValue(root.edges[i], unvisited) + 1) / 2;
}

// The best open considered move with this many visits since the phase began. When proofs have taken the moves that the schedule meant, the
// ones with the fewest visits stand in.
Edge* GumbelSelection::BestConsidered(const Root& root, std::int64_t visits) const {
  const double scale = SigmaScale(root.edges);
  const double unvisited = MixedValue(root.node()->RawValue(), root.edges);
  Edge* best = nullptr;
  double best_score = kNever;
  std::int64_t best_distance = std::numeric_limits<std::int64_t>::max();
  for (std::size_t i = 0; i < root.edges.size(); ++i) {
    if (!considered_[i] || !root.Open(i)) continue;
    const std::int64_t own = root.edges[i].Started() - visits_phase_[i];
    const std::int64_t distance = own == visits ? -1 : own;
    const double score = Score(root, i, scale, unvisited);
    if (distance < best_distance || (distance == best_distance && score > best_score)) {
      best = &root.edges[i];
      best_score = score;
      best_distance = distance;
    }
  }
  return best;
}

Edge* GumbelSelection::SelectAtRoot(const Root& root) {
  if (Edge* forced = root.Forced()) return forced;
  std::int64_t simulation = 0;
  for (std::size_t i = 0; i < root.edges.size(); ++i) simulation += root.edges[i].Started() - visits_phase_[i];
  if (open_ended_ && simulation >= phase_length_) {
    // A clock decides: sequential halving once more, twice as long.
    BeginPhase(root, phase_length_ * 2);
    simulation = 0;
  }
  // Collisions of other lanes count while they are under way and not afterwards, so the number can run ahead of the schedule and behind.
  simulation = std::clamp<std::int64_t>(simulation, 0, phase_length_ - 1);
  Edge* best = BestConsidered(root, schedule_.VisitsBefore(simulation));
  if (best != nullptr) return best;
  // Every considered move is settled; others are open.
  BeginPhase(root, std::max<std::int64_t>(1, phase_length_ - simulation));
  return BestConsidered(root, 0);
}

Edge* GumbelSelection::Select(Node& node, const Edge&) const {
  const std::span<Edge> edges = node.edges();
  std::array<double, ActionList::kCapacity> policy;
  ImprovedPolicy(node.RawValue(), edges, policy.data());
  double total = 0;
  for (const Edge& edge : edges) total += edge.Started();
  Edge* best = nullptr;
  double best_score = kNever;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (prove_ && edges[i].proven == Proven::kWin) return &edges[i];
    if (prove_ && edges[i].proven != Proven::kNo) continue;  // a loss; or a draw, which the node's value has as its bound already
    const double score = policy[i] - edges[i].Started() / (1 + total);
    if (score > best_score) {
      best = &edges[i];
      best_score = score;
    }
  }
  return best != nullptr ? best : &edges[0];
}

Judgement GumbelSelection::Judge(const Root& root) const {
  const std::size_t size = root.edges.size();
  Judgement judgement{std::vector<double>(size), {}};
  ImprovedPolicy(root.node()->RawValue(), root.edges, judgement.policy.data());
  for (std::size_t i = 0; i < size; ++i) judgement.policy[i] *= root.allowed[i];
  judgement.preference = judgement.policy;
  const double scale = SigmaScale(root.edges);
  const double unvisited = MixedValue(root.node()->RawValue(), root.edges);
  std::int64_t most = -1;
  double best_score = kNever;
  std::size_t best = size;
  for (std::size_t i = 0; i < size; ++i) {
    if (considered_[i] && root.Open(i)) most = std::max(most, root.edges[i].visits - visits_start_[i]);
  }
  for (std::size_t i = 0; i < size; ++i) {
    const bool most_visited = considered_[i] && root.Open(i) && root.edges[i].visits - visits_start_[i] == most;
    if (!most_visited && !root.Draws(i)) continue;
    const double score = Score(root, i, scale, unvisited);
    if (score > best_score) {
      best_score = score;
      best = i;
    }
  }
  if (best < size) judgement.preference[best] = std::numeric_limits<double>::infinity();
  return judgement;
}

std::unique_ptr<TreeSearch> NewGumbelSearch(const SearchConfig& config) { return std::make_unique<GuidedSearch<GumbelSelection>>(config); }

}  // namespace tandem
