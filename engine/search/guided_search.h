// The loop of a network-guided search, over a selection: descend, gather leaves, absorb evaluations, back up; and the report. Internal:
// users see TreeSearch (tree_search.h), made by NewTreeSearch.
//
// A simulation ends in one of three ways: at a leaf that must be evaluated (it waits, and counts as a visit meanwhile), at a known result
// (backed up at once), or at a leaf that already waits, a collision. A collision is no simulation; its path keeps counting as visited until
// Absorb, which steers the next descents elsewhere, and after as many collisions as leaves were asked for Gather gives up (after the first
// where the selection counts visits to keep a schedule, which a collision would put out of step).
//
// One thread alone walks to each position as soon as its path is chosen, so that a game's end found there steers the next simulation.
// Lanes of several threads choose all paths of a batch first, under the lock, and walk them outside (docs/performance.md).
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/spin_lock.h"
#include "engine/search/concurrent_lane.h"
#include "engine/search/report.h"
#include "engine/search/selection.h"
#include "engine/search/simulation.h"
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
    Cancel(own_);
    tree_.SetRoot(root);
    ResetRoot();
    limits_ = limits;
    budget_ = BudgetOf(limits, default_simulations_);
    if (limits.count_kept && budget_ != kNoBudget) budget_ = std::max<std::int64_t>(1, budget_ - tree_.root_edge().visits);
    started_ = finished_ = evaluations_ = depth_sum_ = 0;
    deepest_ = 0;
    decided_ = false;
    depth_reached_ = false;
    selection_.Start(exploration, rng);
    if (tree_.root_node() != nullptr) OnRoot();
  }

  int Gather(int max_leaves, std::vector<EvalRequest>* batch) override {
    const std::lock_guard lock(mutex_);
    Cancel(own_);
    Tally tally;
    while (MayStart(tally, max_leaves)) {
      Simulation& simulation = NextSimulation(own_);
      ChoosePath(simulation);
      if (simulation.ending == Ending::kLeaf) simulation.Walk(tree_.root_state());
      if (simulation.ending == Ending::kKnown) {
        Finish(simulation);
      } else {
        ++own_.num_pending;
      }
      Count(simulation, tally);
      if (simulation.ending == Ending::kLeaf) batch->push_back(simulation.Request());
    }
    return tally.leaves;
  }

  void Absorb() override {
    MakeNodes(own_);
    const std::lock_guard lock(mutex_);
    Absorb(own_);
  }

  bool Done() const override { return own_.num_pending == 0 && NothingLeft(); }

  std::unique_ptr<SearchLane> NewLane() override {
    TANDEM_CHECK(tree_.root_node() != nullptr);
    return std::make_unique<ConcurrentLane<GuidedSearch>>(*this);
  }

  SearchResult Result() const override {
    const std::lock_guard lock(mutex_);
    SearchResult result = ReportSearch(root_, tree_.root_node() != nullptr ? selection_.Judge(root_) : Judgement());
    result.simulations = finished_;
    result.evaluations = evaluations_;
    result.depth = finished_ > 0 ? static_cast<int>((depth_sum_ + finished_ / 2) / finished_) : 0;
    result.seldepth = deepest_;
    return result;
  }

  void Forget() override {
    Cancel(own_);
    tree_.Clear();
    ResetRoot();
  }

  std::size_t MemoryBytes() const override {
    std::size_t bytes = tree_.used_bytes();
    for (const auto& simulation : own_.simulations) {
      bytes += sizeof(Simulation) + simulation->prior.capacity() * sizeof(float) + simulation->path.capacity() * sizeof(PathStep);
    }
    return bytes;
  }

 private:
  using Ending = Simulation::Ending;
  friend class ConcurrentLane<GuidedSearch>;

  void TellWaiting() {
    num_absorbs_.fetch_add(1);
    num_absorbs_.notify_all();
  }

  // Known results need no evaluation; Gather still returns now and then, so that the caller can look at his clock.
  static constexpr int kMaxKnown = 256;

  bool NothingLeft() const { return started_ >= budget_ || Settled(); }
  bool MayStart(const Tally& tally, int max_leaves) const {
    return tally.leaves < max_leaves && tally.collisions < (Selection::kEndsAtCollision ? 1 : max_leaves) && tally.known < kMaxKnown &&
           !NothingLeft();
  }

  Simulation& NextSimulation(Simulations& lane) const {
    if (lane.num_pending == lane.simulations.size()) lane.simulations.push_back(std::make_unique<Simulation>(tree_.root_state().Clone()));
    return *lane.simulations[lane.num_pending];
  }

  void Count(const Simulation& simulation, Tally& tally) {
    started_ += simulation.ending != Ending::kCollision;
    ++(simulation.ending == Ending::kLeaf ? tally.leaves : simulation.ending == Ending::kCollision ? tally.collisions : tally.known);
  }

  // Follows the selection down to an edge without a node or with a proven result. Needs the tree and no position.
  void ChoosePath(Simulation& simulation) {
    constexpr std::uint8_t kMaxInFlight = 255;
    simulation.path.clear();
    simulation.ending = Ending::kCollision;
    Edge* edge = &tree_.root_edge();
    Node* node = tree_.root_node();
    for (;;) {
      if (edge->in_flight == kMaxInFlight) return;
      ++edge->in_flight;
      simulation.path.push_back({edge, node});
      if (node == nullptr) break;
      edge = simulation.path.size() == 1 ? selection_.SelectAtRoot(root_) : selection_.Select(*node, *edge);
      node = tree_.Child(*edge);
      if (edge->proven != Proven::kNo && edge->in_flight < kMaxInFlight) {
        ++edge->in_flight;
        simulation.path.push_back({edge, node});
        simulation.ending = Ending::kKnown;
        simulation.result = edge->proven;
        return;
      }
    }
    if (edge->in_flight == 1) simulation.ending = Ending::kLeaf;
  }

  // Ends a simulation whose result or evaluation is known.
  void Finish(Simulation& simulation) {
    PathStep& last = simulation.path.back();
    if (simulation.ending == Ending::kKnown) {
      last.edge->proven = simulation.result;
      tree_.Backup(simulation.path, 0, 0);  // the exact value of the path's last edge counts
    } else {
      ++evaluations_;
      last.node = tree_.Link(*last.edge, simulation.node);
      tree_.Backup(simulation.path, simulation.evaluation.Value(), simulation.evaluation.draw);
    }
    ++finished_;
    const int depth = static_cast<int>(simulation.path.size()) - 1;
    depth_sum_ += depth;
    deepest_ = std::max(deepest_, depth);
    if (depth > 0 && simulation.path[1].edge->proven != Proven::kNo) decided_ = root_.Decided(limits_.infinite);
    if (depth == 0) OnRoot();
  }

  // The nodes of what was evaluated, for Absorb to link. Needs no lock.
  void MakeNodes(Simulations& lane) {
    for (std::size_t i = 0; i < lane.num_pending; ++i) {
      Simulation& simulation = *lane.simulations[i];
      if (simulation.ending != Ending::kLeaf) continue;
      simulation.node = tree_.MakeNode(simulation.legal.span(), simulation.prior, simulation.evaluation);
    }
  }

  void Absorb(Simulations& lane) {
    for (std::size_t i = 0; i < lane.num_pending; ++i) {
      Simulation& simulation = *lane.simulations[i];
      simulation.ending == Ending::kCollision ? Undo(simulation) : Finish(simulation);
    }
    lane.num_pending = 0;
    if (limits_.depth > 0 && !limits_.infinite && tree_.root_node() != nullptr) {
      depth_reached_ = static_cast<int>(tree_.Line(tree_.root_edge()).size()) > limits_.depth;
    }
  }

  void Undo(Simulation& simulation) {
    for (const PathStep& step : simulation.path) --step.edge->in_flight;
  }

  // Drops what was gathered and not absorbed (an evaluator's error).
  void Cancel(Simulations& lane) {
    for (std::size_t i = 0; i < lane.num_pending; ++i) {
      Undo(*lane.simulations[i]);
      started_ -= lane.simulations[i]->ending != Ending::kCollision;
    }
    lane.num_pending = 0;
  }

  void ResetRoot() {
    root_ = Root();
    root_.tree = &tree_;
    root_.above = &tree_.root_edge();
  }

  // The root has its node: says which moves may be searched and lets the selection prepare.
  void OnRoot() {
    root_.edges = tree_.root_node()->edges();
    root_.Allow(limits_.root_actions);
    selection_.OnRoot(root_, budget_ == kNoBudget ? kNoBudget : budget_ - finished_);
    decided_ = root_.Decided(limits_.infinite);
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

  mutable SpinLock mutex_;                     // of everything above while lanes are at work
  std::atomic<std::uint32_t> num_absorbs_{0};  // of lanes; tells those that wait for the leaves of others
  Simulations own_;                            // of the thread that drives the search alone
};

}  // namespace tandem
