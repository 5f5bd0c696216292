#include "engine/search/puct.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>

#include "engine/search/algorithms.h"
#include "engine/search/guided_search.h"

namespace tandem {
namespace {

constexpr std::size_t kTableSize = 1024;
constexpr double kNever = -std::numeric_limits<double>::infinity();

// Moves the visits of moves that look worse than a draw to the proven draws, in equal parts.
void GiveToDraws(const Root& root, const std::vector<RootMove>& moves, std::vector<double>* policy) {
  double num_draws = 0;
  for (std::size_t i = 0; i < moves.size(); ++i) num_draws += root.Draws(i);
  if (num_draws == 0) return;
  double given = 0;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    if (!root.Open(i) || moves[i].q >= 0) continue;
    given += (*policy)[i];
    (*policy)[i] = 0;
  }
  for (std::size_t i = 0; i < moves.size(); ++i) (*policy)[i] += root.Draws(i) ? given / num_draws : 0;
}

}  // namespace

PuctSelection::PuctSelection(const SearchConfig& config)
    : cpuct_(config.cpuct()),
      cpuct_log_(config.cpuct_log()),
      cpuct_base_(config.cpuct_base()),
      fpu_reduction_(config.fpu_reduction()),
      fpu_reduction_root_(config.fpu_reduction_root()),
      lcb_stdevs_(config.lcb_stdevs()),
      lcb_min_visit_share_(config.lcb_min_visit_share()),
      prove_(config.prove()) {
  std::vector<double> table(kTableSize);
  for (std::size_t n = 0; n < table.size(); ++n) table[n] = Exploration(static_cast<double>(n));
  exploration_table_ = std::move(table);
}

double PuctSelection::Exploration(double visits) const {
  if (visits < static_cast<double>(exploration_table_.size())) return exploration_table_[static_cast<std::size_t>(visits)];
  return (cpuct_ + cpuct_log_ * std::log((visits + cpuct_base_) / cpuct_base_)) * std::sqrt(visits);
}

void PuctSelection::Start(const RootExploration& exploration, Rng* rng) {
  exploration_ = exploration;
  rng_ = rng;
}

void PuctSelection::OnRoot(const Root& root, std::int64_t) {
  root_prior_.clear();
  for (const Edge& edge : root.edges) root_prior_.push_back(edge.prior);
  const double weight = exploration_.noise_weight;
  if (weight <= 0) return;
  const auto size = static_cast<double>(root.edges.size());
  const std::vector<double> alpha(root.edges.size(), exploration_.noise_alpha_total / size);
  const std::vector<float> noise = rng_->Dirichlet(alpha);
  for (std::size_t i = 0; i < noise.size(); ++i) {
    root_prior_[i] = static_cast<float>((1 - weight) * root_prior_[i] + weight * noise[i]);
  }
}

double PuctSelection::RootFpu(const Root& root) const {
  double mass = 0;
  for (std::size_t i = 0; i < root.edges.size(); ++i) mass += root.edges[i].Started() > 0 ? root_prior_[i] : 0.0f;
  const double reduction = exploration_.noise_weight > 0 ? 0 : fpu_reduction_root_;
  return root.value() - reduction * std::sqrt(mass);
}

Edge* PuctSelection::SelectAtRoot(const Root& root) const {
  if (Edge* forced = root.Forced()) return forced;
  const double scale = Exploration(root.above->Started() - 1.0);  // without this simulation
  double total_visits = 0;
  bool unvisited = false;
  for (const Edge& edge : root.edges) {
    total_visits += edge.Started();
    unvisited |= edge.visits == 0;
  }
  const double fpu = unvisited ? RootFpu(root) : 0;
  const double forced_k = exploration_.forced_playouts_k;
  Edge* best = nullptr;
  double best_score = kNever;
  bool best_visited = false;
  for (std::size_t i = 0; i < root.edges.size(); ++i) {
    Edge& edge = root.edges[i];
    if (!root.Open(i)) continue;
    const double visits = edge.Started();
    if (forced_k > 0 && visits > 0 && visits < ForcedVisits(forced_k, root_prior_[i], total_visits)) return &edge;
    const double score = EdgeValue(edge, fpu) + scale * root_prior_[i] / (1 + visits);
    if (score > best_score || (score == best_score && visits > 0 && !best_visited)) {
      best = &edge;
      best_score = score;
      best_visited = visits > 0;
    }
  }
  return best;
}

// Edges are sorted by prior and unvisited ones differ in nothing else, so the tried ones come first and of the others only the first
// matters.
Edge* PuctSelection::Select(Node& node, const Edge& above) const {
  const double scale = Exploration(above.Started() - 1.0);
  const std::span<Edge> edges = node.edges();
  Edge* best = nullptr;
  double best_score = kNever;
  double mass = 0;
  bool waiting = false;  // some edge has nothing but waiting simulations
  std::size_t num_tried = 0;
  for (; num_tried < edges.size(); ++num_tried) {
    Edge& edge = edges[num_tried];
    if (edge.Started() == 0) break;
    mass += edge.prior;
    if (edge.proven != Proven::kNo && prove_) {
      if (edge.proven == Proven::kWin) return &edge;
      continue;  // a loss; or a draw, which the node's value has as its bound already (node.h)
    } else if (edge.visits == 0) {
      waiting = true;
      continue;
    }
    const double score = EdgeValue(edge, 0) + scale * edge.prior / (1.0 + edge.Started());
    if (score > best_score) {
      best = &edge;
      best_score = score;
    }
  }
  if (num_tried == edges.size() && !waiting) return best != nullptr ? best : &edges[0];
  const double fpu = -EdgeValue(above, 0) - fpu_reduction_ * std::sqrt(mass);
  for (std::size_t i = 0; waiting && i < num_tried; ++i) {
    if (edges[i].visits > 0 || edges[i].proven != Proven::kNo) continue;
    const double score = fpu + scale * edges[i].prior / (1.0 + edges[i].in_flight);
    if (score > best_score) {
      best = &edges[i];
      best_score = score;
    }
  }
  if (num_tried < edges.size() && fpu + scale * edges[num_tried].prior > best_score) best = &edges[num_tried];
  return best != nullptr ? best : &edges[0];
}

Judgement PuctSelection::Judge(const Root& root) const {
  const std::size_t size = root.edges.size();
  Judgement judgement{std::vector<double>(size), std::vector<double>(size)};
  std::vector<RootMove> moves(size);
  double most_visits = 0;
  double total_visits = 0;
  for (std::size_t i = 0; i < size; ++i) {
    if (!root.allowed[i]) continue;
    const double visits = root.edges[i].visits;
    moves[i] = {root_prior_[i], visits, EdgeValue(root.edges[i], root.value())};
    most_visits = std::max(most_visits, visits);
    total_visits += visits;
  }
  if (total_visits == 0) {
    for (std::size_t i = 0; i < size; ++i) judgement.policy[i] = root.allowed[i] ? root.edges[i].prior : 0;
    return judgement;
  }
  const std::vector<double> pruned = PrunedVisits(moves, exploration_.forced_playouts_k, Exploration(root.above->visits));
  judgement.policy = pruned;
  GiveToDraws(root, moves, &judgement.policy);
  judgement.preference = judgement.policy;
  if (lcb_stdevs_ <= 0) return judgement;
  double best_bound = kNever;
  std::size_t best = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const Edge& edge = root.edges[i];
    const bool exact = root.Draws(i);
    if ((!root.Open(i) && !exact) || edge.visits == 0) continue;
    if (!exact && edge.visits < lcb_min_visit_share_ * most_visits) continue;
    const Node* node = root.tree->Child(edge);
    const double squares = node != nullptr ? node->square_sum / edge.visits : 1;
    const double bound = exact ? moves[i].q : LowerConfidenceBound(moves[i].q, squares, edge.visits, lcb_stdevs_);
    if (bound > best_bound) {
      best_bound = bound;
      best = i;
    }
  }
  if (best_bound > kNever) judgement.preference[best] = std::numeric_limits<double>::infinity();
  return judgement;
}

double ForcedVisits(double k, double prior, double total_visits) { return std::sqrt(k * prior * total_visits); }

std::vector<double> PrunedVisits(const std::vector<RootMove>& moves, double k, double exploration) {
  std::vector<double> visits;
  double total_visits = 0;
  std::size_t most = 0;
  for (std::size_t i = 0; i < moves.size(); ++i) {
    visits.push_back(moves[i].visits);
    total_visits += moves[i].visits;
    if (moves[i].visits > moves[most].visits) most = i;
  }
  if (k <= 0 || moves.empty()) return visits;
  const double limit = moves[most].q + exploration * moves[most].prior / (1 + moves[most].visits);
  for (std::size_t i = 0; i < moves.size(); ++i) {
    const RootMove& move = moves[i];
    if (i == most || move.visits <= 0) continue;
    if (limit > move.q) {
      // The fewest visits with q + exploration P / (1 + n) <= limit.
      const double needed = std::ceil(exploration * move.prior / (limit - move.q) - 1);
      const double least = move.visits - std::floor(ForcedVisits(k, move.prior, total_visits));
      visits[i] = std::min(move.visits, std::max({needed, least, 0.0}));
    }
    if (visits[i] <= 1) visits[i] = 0;
  }
  return visits;
}

double LowerConfidenceBound(double mean, double mean_of_squares, double visits, double stdevs) {
  const double variance = std::max(0.0, mean_of_squares - mean * mean);
  return mean - stdevs * std::sqrt((visits * variance + 1) / (visits + 1) / visits);
}

std::unique_ptr<TreeSearch> NewPuctSearch(const SearchConfig& config) { return std::make_unique<GuidedSearch<PuctSelection>>(config); }

}  // namespace tandem
