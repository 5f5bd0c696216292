#include "engine/search/tree.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/check.h"

namespace tandem {
namespace {

// Larger prior first; equal ones by action, so that the order does not depend on the sort.
bool Precedes(const Edge& a, const Edge& b) { return a.prior != b.prior ? a.prior > b.prior : a.action < b.action; }

// Copies `other` into `state`, making it when there is none yet.
void Assign(std::unique_ptr<State>& state, const State& other) {
  if (state == nullptr) {
    state = other.Clone();
  } else {
    state->CopyFrom(other);
  }
}

}  // namespace

Tree::Tree(std::size_t memory_bytes, bool prove) : prove_(prove), arena_(memory_bytes) {}

void Tree::Clear() {
  arena_.Clear();
  root_edge_ = Edge();
  root_state_ = nullptr;
  memory_full_ = false;
}

void Tree::SetRoot(const State& root) {
  memory_full_ = false;
  const bool same =
      root_state_ != nullptr && root_state_->EvaluationKey() == root.EvaluationKey() && root_state_->ToMove() == root.ToMove();
  if (!same) {
    const Edge* edge = root_state_ == nullptr || root_edge_.child == 0 ? nullptr : FindDescendant(root.EvaluationKey());
    root_edge_ = edge == nullptr ? Edge() : Edge(*edge);
    arena_.Keep(&root_edge_);
  }
  Assign(root_state_, root);
}

const Edge* Tree::FindDescendant(const PositionKey& key) {
  for (const Edge& edge : root_node()->edges()) {
    if (edge.child == 0) continue;
    Assign(child_state_, *root_state_);
    child_state_->Apply(edge.action);
    if (child_state_->EvaluationKey() == key) return &edge;
  }
  for (const Edge& edge : root_node()->edges()) {
    if (edge.child == 0) continue;
    Assign(child_state_, *root_state_);
    child_state_->Apply(edge.action);
    for (const Edge& below : Child(edge)->edges()) {
      if (below.child == 0) continue;
      Assign(grandchild_state_, *child_state_);
      grandchild_state_->Apply(below.action);
      if (grandchild_state_->EvaluationKey() == key) return &below;
    }
  }
  return nullptr;
}

std::uint32_t Tree::MakeNode(std::span<const Action> legal, std::span<const float> prior, const Evaluation& evaluation) {
  TANDEM_DCHECK(legal.size() == prior.size() && !legal.empty());
  const std::uint32_t unit = arena_.NewNode(static_cast<int>(legal.size()));
  if (unit == 0) return 0;
  Node* node = arena_.At(unit);
  node->raw_win = evaluation.win;
  node->raw_draw = evaluation.draw;
  node->raw_moves_left = evaluation.moves_left;
  const std::span<Edge> edges = node->edges();
  for (std::size_t i = 0; i < edges.size(); ++i) {
    edges[i].action = legal[i];
    edges[i].prior = prior[i];
  }
  if (!std::is_sorted(edges.begin(), edges.end(), Precedes)) std::sort(edges.begin(), edges.end(), Precedes);
  return unit;
}

Node* Tree::Link(Edge& edge, std::uint32_t unit) {
  TANDEM_DCHECK(edge.child == 0);
  if (unit == 0) {
    memory_full_ = true;
    return nullptr;
  }
  Node* node = arena_.At(unit);
  // Visits from before the node was made (the memory was full then) are reckoned as evaluations like this one.
  node->draw_sum = static_cast<double>(edge.visits) * node->raw_draw;
  node->square_sum = edge.visits * static_cast<double>(node->RawValue()) * node->RawValue();
  edge.child = unit;
  return node;
}

void Tree::Backup(std::span<const PathStep> path, double value, double draw) {
  double v = -value;  // view of the edge's mover
  for (std::size_t i = path.size(); i-- > 0;) {
    Edge& edge = *path[i].edge;
    if (prove_ && i + 1 < path.size() && edge.proven == Proven::kNo && path[i + 1].edge->proven != Proven::kNo) {
      // Cheap refusals first: one result that does not win settles nothing while a move is open, and unvisited moves come last.
      edge.at_most_draw |= path[i + 1].edge->proven == Proven::kDraw;
      if (path[i + 1].edge->proven == Proven::kWin || path[i].node->edges().back().proven != Proven::kNo) TryProve(edge, *path[i].node);
    }
    if (edge.proven != Proven::kNo) {
      v = ProvenValue(edge.proven);
      draw = edge.proven == Proven::kDraw;
    }
    --edge.in_flight;
    ++edge.visits;
    edge.value_sum += v;
    if (Node* node = path[i].node) {
      node->draw_sum += draw;
      node->square_sum += v * v;
    }
    if (edge.at_most_draw && edge.proven == Proven::kNo) {
      v = EdgeValue(edge, v);
      if (v == 0) draw = 1;
    }
    v = -v;
  }
}

// A position is won when one move wins; when every move is proven, it is worth its best one. A win takes the quickest of the winning moves
// found, a loss the slowest of all (Winands 2008, Monte-Carlo tree search solver).
void Tree::TryProve(Edge& edge, Node& node) const {
  constexpr int kNoWin = std::numeric_limits<int>::max();
  int quickest_win = kNoWin;
  int slowest = 0;
  bool all = true;
  bool draw = false;
  for (const Edge& move : node.edges()) {
    switch (move.proven) {
      case Proven::kNo:
        all = false;
        break;
      case Proven::kWin:
        quickest_win = std::min(quickest_win, Plies(move));
        break;
      case Proven::kDraw:
        draw = true;
        [[fallthrough]];
      case Proven::kLoss:
        slowest = std::max(slowest, Plies(move));
        break;
    }
  }
  if (quickest_win != kNoWin) {
    edge.proven = Proven::kLoss;
    node.proven_plies = static_cast<std::uint16_t>(quickest_win);
  } else if (all) {
    edge.proven = draw ? Proven::kDraw : Proven::kWin;
    node.proven_plies = static_cast<std::uint16_t>(slowest);
  }
}

Evaluation Tree::MeanOutcome(const Edge& edge, const Evaluation& unvisited) const {
  if (edge.visits == 0 && edge.proven == Proven::kNo) return unvisited;
  const double q = EdgeValue(edge, 0);
  double draw = unvisited.draw;
  if (edge.proven != Proven::kNo) {
    draw = edge.proven == Proven::kDraw;
  } else if (const Node* node = Child(edge)) {
    draw = node->draw_sum / edge.visits;
  }
  draw = std::clamp(draw, 0.0, 1 - std::abs(q));
  Evaluation mean;
  mean.win = static_cast<float>((1 - draw + q) / 2);
  mean.draw = static_cast<float>(draw);
  mean.loss = static_cast<float>((1 - draw - q) / 2);
  if (const Node* node = Child(edge)) mean.moves_left = node->raw_moves_left + 1;
  if (edge.proven != Proven::kNo) mean.moves_left = static_cast<float>(Plies(edge));
  return mean;
}

const Edge* Tree::BestEdge(const Node& node) const {
  const auto tier = [this](const Edge& edge) {
    if (!prove_) return 1;
    return edge.proven == Proven::kWin ? 2 : edge.proven == Proven::kLoss ? 0 : 1;
  };
  const auto better = [&](const Edge& a, const Edge& b) {
    if (tier(a) != tier(b)) return tier(a) > tier(b);
    if (tier(a) == 2) return Plies(a) < Plies(b);
    if (tier(a) == 0) return Plies(a) > Plies(b);
    return a.visits > b.visits;
  };
  const Edge* best = nullptr;
  for (const Edge& edge : node.edges()) {
    if (edge.visits > 0 && (best == nullptr || better(edge, *best))) best = &edge;
  }
  return best;
}

std::vector<Action> Tree::Line(const Edge& first) const {
  std::vector<Action> line = {first.action};
  for (const Node* node = Child(first); node != nullptr;) {
    const Edge* edge = BestEdge(*node);
    if (edge == nullptr) break;
    line.push_back(edge->action);
    node = Child(*edge);
  }
  return line;
}

}  // namespace tandem
