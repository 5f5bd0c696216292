// The loop of a network-guided search, over a selection: descend, gather leaves, absorb evaluations, back up; and the report. Internal:
// users see TreeSearch (tree_search.h), made by NewTreeSearch.
//
// A simulation ends in one of three ways: at a leaf that must be evaluated (it waits, and counts as a visit meanwhile), at a known result
// (backed up at once), or at a leaf that already waits, a collision. A collision is no simulation; its path keeps counting as visited until
// Absorb, which steers the next descents elsewhere, and after as many collisions as leaves were asked for Gather gives up.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/search/report.h"
#include "engine/search/selection.h"
#include "engine/search/tree.h"
#include "engine/search/tree_search.h"

namespace tandem {

template <typename Selection>
class GuidedSearch final : public TreeSearch {
 public:
  explicit GuidedSearch(const SearchConfig& config)
      : default_simulations_(config.simulations()),
        tree_(static_cast<std::size_t>(config.memory_bytes()), config.prove()),
        selection_(config) {
    ResetRoot();
  }

  void Start(const State& root, const SearchLimits& limits, const RootExploration& exploration, Rng* rng) override {
    Cancel();
    tree_.SetRoot(root);
    ResetRoot();
    limits_ = limits;
    budget_ = BudgetOf(limits, default_simulations_);
    started_ = finished_ = evaluations_ = depth_sum_ = 0;
    deepest_ = 0;
    decided_ = false;
    depth_reached_ = false;
    selection_.Start(exploration, rng);
    if (tree_.root_node() != nullptr) OnRoot();
  }

  int Gather(int max_leaves, std::vector<EvalRequest>* batch) override {
    Cancel();
    // Known results need no evaluation; still return now and then, so that the caller can look at his clock.
    constexpr int kMaxKnown = 256;
    int added = 0;
    int collisions = 0;
    int known = 0;
    while (added < max_leaves && collisions < max_leaves && known < kMaxKnown && started_ < budget_ && !Settled()) {
      if (num_pending_ == leaves_.size()) leaves_.push_back(std::make_unique<Leaf>(tree_.root_state().Clone()));
      Leaf& leaf = *leaves_[num_pending_];
      switch (Descend(leaf)) {
        case Ending::kKnown:
          ++started_;
          ++known;
          Finish(leaf, 0, 0);  // the path ends in a proven edge, whose exact value counts
          break;
        case Ending::kLeaf:
          ++started_;
          ++num_pending_;
          ++added;
          leaf.waits = true;
          leaf.prior.resize(static_cast<std::size_t>(leaf.legal.size()));
          batch->push_back({leaf.state.get(), leaf.legal.span(), leaf.prior, &leaf.evaluation});
          break;
        case Ending::kCollision:
          ++num_pending_;
          ++collisions;
          leaf.waits = false;
          break;
      }
    }
    return added;
  }

  void Absorb() override {
    for (std::size_t i = 0; i < num_pending_; ++i) {
      Leaf& leaf = *leaves_[i];
      if (!leaf.waits) {
        Undo(leaf);
        continue;
      }
      ++evaluations_;
      PathStep& last = leaf.path.back();
      last.node = tree_.Expand(*last.edge, leaf.legal.span(), leaf.prior, leaf.evaluation);
      Finish(leaf, leaf.evaluation.Value(), leaf.evaluation.draw);
      if (leaf.path.size() == 1) OnRoot();
    }
    num_pending_ = 0;
    if (limits_.depth > 0 && !limits_.infinite && tree_.root_node() != nullptr) {
      depth_reached_ = static_cast<int>(tree_.Line(tree_.root_edge()).size()) > limits_.depth;
    }
  }

  bool Done() const override { return num_pending_ == 0 && (started_ >= budget_ || Settled()); }

  SearchResult Result() const override {
    SearchResult result = ReportSearch(root_, tree_.root_node() != nullptr ? selection_.Judge(root_) : Judgement());
    result.simulations = finished_;
    result.evaluations = evaluations_;
    result.depth = finished_ > 0 ? static_cast<int>((depth_sum_ + finished_ / 2) / finished_) : 0;
    result.seldepth = deepest_;
    return result;
  }

  void Forget() override {
    Cancel();
    tree_.Clear();
    ResetRoot();
  }

  std::size_t MemoryBytes() const override {
    std::size_t bytes = tree_.used_bytes();
    for (const auto& leaf : leaves_) {
      bytes += sizeof(Leaf) + leaf->prior.capacity() * sizeof(float) + leaf->path.capacity() * sizeof(PathStep);
    }
    return bytes;
  }

 private:
  // A simulation under way. Kept from one gathering to the next, so that no simulation allocates.
  struct Leaf {
    explicit Leaf(std::unique_ptr<State> s) : state(std::move(s)) {}
    std::unique_ptr<State> state;
    std::vector<PathStep> path;  // the root's edge first
    ActionList legal;
    std::vector<float> prior;
    Evaluation evaluation;
    bool waits = false;  // for an evaluation; else it collided
  };
  enum class Ending { kKnown, kLeaf, kCollision };

  Ending Descend(Leaf& leaf) {
    constexpr std::uint8_t kMaxInFlight = 255;
    leaf.path.clear();
    State& state = *leaf.state;
    state.CopyFrom(tree_.root_state());
    Edge* edge = &tree_.root_edge();
    Node* node = tree_.root_node();
    for (;;) {
      if (edge->in_flight == kMaxInFlight) return Ending::kCollision;
      ++edge->in_flight;
      leaf.path.push_back({edge, node});
      if (node == nullptr) break;
      edge = leaf.path.size() == 1 ? selection_.SelectAtRoot(root_) : selection_.Select(*node, *edge);
      node = tree_.Child(*edge);
      if (edge->proven != Proven::kNo && edge->in_flight < kMaxInFlight) {
        ++edge->in_flight;
        leaf.path.push_back({edge, node});
        return Ending::kKnown;
      }
      state.Apply(edge->action);
    }
    if (edge->in_flight > 1) return Ending::kCollision;
    const Outcome outcome = state.GetOutcome();
    if (outcome != Outcome::kOngoing) {
      edge->proven = ProvenFromResult(-MoverResult(outcome, state.ToMove()));
      return Ending::kKnown;
    }
    state.LegalActions(leaf.legal);
    return Ending::kLeaf;
  }

  void Finish(Leaf& leaf, double value, double draw) {
    tree_.Backup(leaf.path, value, draw);
    ++finished_;
    const int depth = static_cast<int>(leaf.path.size()) - 1;
    depth_sum_ += depth;
    deepest_ = std::max(deepest_, depth);
    if (depth > 0 && leaf.path[1].edge->proven != Proven::kNo) decided_ = IsDecided();
  }

  void Undo(Leaf& leaf) {
    for (const PathStep& step : leaf.path) --step.edge->in_flight;
  }

  // Drops what was gathered and not absorbed (an evaluator's error).
  void Cancel() {
    for (std::size_t i = 0; i < num_pending_; ++i) {
      Undo(*leaves_[i]);
      started_ -= leaves_[i]->waits;
    }
    num_pending_ = 0;
  }

  void ResetRoot() {
    root_ = Root();
    root_.tree = &tree_;
    root_.above = &tree_.root_edge();
  }

  // The root has its node: says which moves may be searched and lets the selection prepare.
  void OnRoot() {
    root_.edges = tree_.root_node()->edges();
    root_.allowed.clear();
    const std::vector<Action>& wanted = limits_.root_actions;
    bool any = false;
    for (const Edge& edge : root_.edges) {
      root_.allowed.push_back(wanted.empty() || std::find(wanted.begin(), wanted.end(), edge.action) != wanted.end());
      any |= root_.allowed.back() != 0;
    }
    if (!any) std::fill(root_.allowed.begin(), root_.allowed.end(), 1);  // none of them is legal
    selection_.OnRoot(root_, budget_ == kNoBudget ? kNoBudget : budget_ - finished_);
    decided_ = IsDecided();
  }

  // More simulations can not change which allowed move is best: one is proven to win, or all are proven, or there is only one.
  bool IsDecided() const {
    int num_allowed = 0;
    bool all_proven = true;
    for (std::size_t i = 0; i < root_.edges.size(); ++i) {
      if (!root_.allowed[i]) continue;
      ++num_allowed;
      if (tree_.prove() && root_.edges[i].proven == Proven::kWin) return true;
      all_proven &= root_.edges[i].proven != Proven::kNo;
    }
    return (tree_.prove() && all_proven) || (num_allowed == 1 && !limits_.infinite);
  }
  bool Settled() const { return depth_reached_ || (decided_ && limits_.stop_when_decided); }

  const std::int64_t default_simulations_;
  Tree tree_;
  Selection selection_;
  Root root_;

  SearchLimits limits_;
  std::int64_t budget_ = 0;
  std::int64_t started_ = 0;  // simulations, the waiting ones included
  std::int64_t finished_ = 0;
  std::int64_t evaluations_ = 0;
  std::int64_t depth_sum_ = 0;
  int deepest_ = 0;
  bool decided_ = false;
  bool depth_reached_ = false;

  std::vector<std::unique_ptr<Leaf>> leaves_;
  std::size_t num_pending_ = 0;  // of leaves_, gathered and not absorbed
};

}  // namespace tandem
