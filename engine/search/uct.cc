#include "engine/search/uct.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "engine/search/plan_watch.h"
#include "engine/search/report.h"

namespace tandem {
namespace {

// The terms of UCB1 that depend on a number of visits alone. Divisions, roots and logarithms are most of a choice's time, and in searches
// of a thousand simulations nearly all numbers are small.
class VisitTerms {
 public:
  VisitTerms() {
    for (std::size_t n = 1; n < kSize; ++n) {
      small_[n] = Compute(static_cast<double>(n));
      log_roots_[n] = ComputeLogRoot(static_cast<double>(n));
    }
  }
  struct Terms {
    double inverse = 0;       // 1 / n
    double inverse_root = 0;  // 1 / sqrt(n)
  };
  Terms Of(std::uint32_t visits) const { return visits < kSize ? small_[visits] : Compute(visits); }  // visits > 0
  // sqrt(ln n).
  double LogRoot(std::uint32_t visits) const { return visits < kSize ? log_roots_[visits] : ComputeLogRoot(visits); }

 private:
  static Terms Compute(double n) { return {1 / n, 1 / std::sqrt(n)}; }
  static double ComputeLogRoot(double n) { return std::sqrt(std::log(n)); }

  static constexpr std::size_t kSize = 1024;
  std::array<Terms, kSize> small_;
  std::array<double, kSize> log_roots_;
};

const VisitTerms& Visits() {
  static const VisitTerms terms;
  return terms;
}

// A position of the tree; 16 bytes. Children are made together, at the second visit, and lie side by side: first those that were tried, in
// the random order in which they were, so that a parent's visits say how many they are.
struct UctNode {
  std::int32_t result_sum = 0;  // of rollouts, view of the side that moved here
  std::uint32_t visits = 0;
  std::uint32_t first_child = 0;  // 0 = none yet, or the game is over here
  Action action = kNoAction;
  std::uint16_t num_children = 0;
};
static_assert(sizeof(UctNode) == 16);

class UctPlanner final : public Planner {
 public:
  UctPlanner(const UctOptions& options, const Clock& clock)
      : options_(options),
        clock_(clock),
        max_nodes_(std::clamp<std::size_t>(options.memory_bytes / sizeof(UctNode), 2 * ActionList::kCapacity,
                                           std::numeric_limits<std::uint32_t>::max())) {}

  absl::StatusOr<SearchResult> Plan(const State& root, const SearchLimits& limits, Rng& rng, std::stop_token stop,
                                    const Progress& progress) override {
    PlanWatch watch(limits, clock_, std::move(stop), progress);
    const std::int64_t budget = BudgetOf(limits, options_.simulations);
    Begin(root, limits);
    constexpr std::int64_t kBetweenLooks = 32;  // simulations between looks at the clock; a long game takes about 100 us
    bool end = false;
    while (!end && simulations_ < budget) {
      const std::int64_t goal = std::min(budget, simulations_ + kBetweenLooks);
      while (simulations_ < goal) Simulate(root, rng);
      end = watch.ShouldEnd() || (limits.stop_when_decided && !limits.infinite && nodes_[0].num_children == 1) ||
            (limits.depth > 0 && !limits.infinite && static_cast<int>(Line(nodes_[0]).size()) >= limits.depth);
      if (!end && watch.ReportDue()) progress(Report(root));
    }
    SearchResult result = Report(root);
    if (progress != nullptr) progress(result);
    return result;
  }

  void NewGame() override { nodes_.clear(); }

 private:
  void Begin(const State& root, const SearchLimits& limits) {
    nodes_.assign(1, UctNode());
    path_.clear();
    simulations_ = depth_sum_ = 0;
    deepest_ = 0;
    full_ = false;
    if (state_ == nullptr) {
      state_ = root.Clone();
    } else {
      state_->CopyFrom(root);
    }
    ActionList legal;
    root.LegalActions(legal);
    const auto& wanted = limits.root_actions;
    ActionList allowed;
    for (const Action action : legal) {
      if (std::find(wanted.begin(), wanted.end(), action) != wanted.end()) allowed.push_back(action);
    }
    AddChildren(0, allowed.empty() ? legal : allowed);
  }

  void AddChildren(std::uint32_t parent, const ActionList& actions) {
    const auto count = static_cast<std::size_t>(actions.size());
    if (nodes_.size() + count > max_nodes_) {
      full_ = true;
      return;
    }
    nodes_[parent].first_child = static_cast<std::uint32_t>(nodes_.size());
    nodes_[parent].num_children = static_cast<std::uint16_t>(count);
    for (const Action action : actions) nodes_.push_back({.action = action});
  }

  void Simulate(const State& root, Rng& rng) {
    state_->CopyFrom(root);
    path_.assign(1, 0);
    for (;;) {
      const std::uint32_t current = path_.back();
      if (nodes_[current].first_child == 0) {
        if (nodes_[current].visits == 0 || full_) break;
        state_->LegalActions(legal_);
        if (legal_.empty()) break;  // the game is over
        AddChildren(current, legal_);
        if (nodes_[current].first_child == 0) break;
      }
      // The first visit of an inner node stopped at itself; the others went on to its children.
      const std::uint32_t tried = nodes_[current].visits - (current == 0 ? 0 : 1);
      const std::uint32_t child =
          tried < nodes_[current].num_children ? DrawUntried(nodes_[current], tried, rng) : SelectChild(nodes_[current]);
      path_.push_back(child);
      state_->Apply(nodes_[child].action);
    }
    const int mover = state_->ToMove();
    const Outcome outcome = state_->GetOutcome();
    // Sides alternate, so the one that moved to the last node of the path is the other one there.
    int result = -MoverResult(outcome == Outcome::kOngoing ? state_->Rollout(rng) : outcome, mover);
    for (std::size_t i = path_.size(); i-- > 0; result = -result) {
      nodes_[path_[i]].result_sum += result;
      ++nodes_[path_[i]].visits;
    }
    ++simulations_;
    const int depth = static_cast<int>(path_.size()) - 1;
    depth_sum_ += depth;
    deepest_ = std::max(deepest_, depth);
  }

  // A random one of the children that were not tried, put behind the `tried` others.
  std::uint32_t DrawUntried(const UctNode& parent, std::uint32_t tried, Rng& rng) {
    const std::uint32_t next = parent.first_child + tried;
    std::swap(nodes_[next].action, nodes_[next + rng.Below(parent.num_children - tried)].action);
    return next;
  }

  // UCB1 (Auer 2002) over children that were all tried.
  std::uint32_t SelectChild(const UctNode& parent) const {
    const double scale = options_.exploration * terms_.LogRoot(parent.visits);
    std::uint32_t best = parent.first_child;
    double best_score = -std::numeric_limits<double>::infinity();
    for (std::uint32_t i = parent.first_child; i < parent.first_child + parent.num_children; ++i) {
      const UctNode& child = nodes_[i];
      const VisitTerms::Terms terms = terms_.Of(child.visits);
      const double score = child.result_sum * terms.inverse + scale * terms.inverse_root;
      if (score > best_score) {
        best = i;
        best_score = score;
      }
    }
    return best;
  }

  std::vector<Action> Line(const UctNode& from) const {
    std::vector<Action> line;
    for (const UctNode* node = &from; node->first_child != 0;) {
      const UctNode* first = &nodes_[node->first_child];
      node = std::max_element(first, first + node->num_children, [](const UctNode& a, const UctNode& b) { return a.visits < b.visits; });
      if (node->visits == 0) break;
      line.push_back(node->action);
    }
    return line;
  }

  // Rollouts keep only sums, so win/draw/loss are given without draws.
  static Evaluation WithoutDraws(float value) { return {.win = (1 + value) / 2, .draw = 0, .loss = (1 - value) / 2, .moves_left = 0}; }

  SearchResult Report(const State& root) const {
    SearchResult result;
    const UctNode& top = nodes_[0];
    result.root_value = static_cast<float>(-top.result_sum / static_cast<double>(std::max<std::uint32_t>(top.visits, 1)));
    result.root_wdl = result.raw = WithoutDraws(result.root_value);
    ActionList legal;
    root.LegalActions(legal);
    for (const Action action : legal) {
      MoveStats move;
      move.action = action;
      move.prior = 1.0f / static_cast<float>(legal.size());
      move.q = result.root_value;
      move.pv = {action};
      for (std::uint32_t i = top.first_child; i < top.first_child + top.num_children; ++i) {
        const UctNode& child = nodes_[i];
        if (child.action != action) continue;
        result.ranking.push_back(static_cast<int>(result.moves.size()));
        move.visits = child.visits;
        move.policy = static_cast<float>(child.visits) / static_cast<float>(top.visits);
        if (child.visits > 0) move.q = static_cast<float>(child.result_sum / static_cast<double>(child.visits));
        for (const Action next : Line(child)) move.pv.push_back(next);
      }
      move.wdl = WithoutDraws(move.q);
      result.moves.push_back(std::move(move));
    }
    std::stable_sort(result.ranking.begin(), result.ranking.end(), [&](int a, int b) {
      const MoveStats& x = result.moves[static_cast<std::size_t>(a)];
      const MoveStats& y = result.moves[static_cast<std::size_t>(b)];
      return x.visits != y.visits ? x.visits > y.visits : x.q > y.q;
    });
    result.action = result.moves[static_cast<std::size_t>(result.ranking[0])].action;
    result.simulations = result.tree_visits = simulations_;
    result.depth = static_cast<int>((depth_sum_ + simulations_ / 2) / std::max<std::int64_t>(simulations_, 1));
    result.seldepth = deepest_;
    result.memory_share = static_cast<double>(nodes_.size()) / static_cast<double>(max_nodes_);
    result.memory_full = full_;
    return result;
  }

  const VisitTerms& terms_ = Visits();
  const UctOptions options_;
  const Clock& clock_;
  const std::size_t max_nodes_;
  std::vector<UctNode> nodes_;  // 0 is the root
  std::vector<std::uint32_t> path_;
  std::unique_ptr<State> state_;
  ActionList legal_;
  std::int64_t simulations_ = 0;
  std::int64_t depth_sum_ = 0;
  int deepest_ = 0;
  bool full_ = false;
};

}  // namespace

std::unique_ptr<Planner> NewUctPlanner(const Game&, const UctOptions& options, const Clock& clock) {
  return std::make_unique<UctPlanner>(options, clock);
}

}  // namespace tandem
