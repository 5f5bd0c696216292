#include "engine/games/chess/mate_solver.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/game/adapter.h"

namespace tandem::chess {
namespace {

constexpr std::uint64_t kStopInterval = 4096;  // nodes between looks at the stop flag

// Children, those that leave the opponent fewest moves first: mates and checks come early.
std::vector<ChessPosition> OrderedChildren(const ChessPosition& position) {
  ActionList legal;
  position.LegalActions(legal);
  std::vector<std::pair<std::uint64_t, Action>> order;
  order.reserve(static_cast<std::size_t>(legal.size()));
  for (const Action action : legal) {
    ChessPosition next = position;
    next.Apply(action);
    order.emplace_back(next.CountActions(), action);
  }
  std::sort(order.begin(), order.end());
  std::vector<ChessPosition> children;
  children.reserve(order.size());
  for (const auto& [num_replies, action] : order) {
    children.push_back(position);
    children.back().Apply(action);
  }
  return children;
}

}  // namespace

bool MateSolver::OutOfNodes() {
  ++nodes_;
  // Another thread may raise the flag meanwhile.
  const bool stopped = nodes_ % kStopInterval == 0 && stop_ != nullptr && __atomic_load_n(stop_, __ATOMIC_RELAXED);
  aborted_ |= nodes_ > max_nodes_ || stopped;
  return aborted_;
}

// Whether the mover's result is at least `bound` (0 or 1) when every position `depth` plies on that is not over answers `beyond_horizon`
// to the question asked of it at that ply; the opposite question at the next ply has the opposite answer.
bool MateSolver::AtLeast(const ChessPosition& position, int bound, int depth, bool beyond_horizon) {
  const Outcome outcome = position.GetOutcome();
  if (outcome != Outcome::kOngoing) return MoverResult(outcome, position.ToMove()) >= bound;
  if (depth == 0) return beyond_horizon;
  if (OutOfNodes()) return false;
  const auto reaches = [&](const ChessPosition& next) { return !AtLeast(next, 1 - bound, depth - 1, !beyond_horizon); };
  if (depth == 1) {
    ActionList legal;
    position.LegalActions(legal);
    return std::any_of(legal.begin(), legal.end(), [&](Action action) {
      ChessPosition next = position;
      next.Apply(action);
      return reaches(next);
    });
  }
  for (const ChessPosition& next : OrderedChildren(position)) {
    const bool answer = reaches(next);
    if (aborted_) return false;
    if (answer) return true;
  }
  return false;
}

// The mover's exact result if `depth` plies show it.
int MateSolver::Resolve(const ChessPosition& position, int depth) {
  if (AtLeast(position, 1, depth, false)) return aborted_ ? kUnknown : 1;
  if (!aborted_ && !AtLeast(position, 0, depth, true)) return aborted_ ? kUnknown : -1;
  if (!aborted_ && AtLeast(position, 0, depth, false) && !AtLeast(position, 1, depth, true)) return aborted_ ? kUnknown : 0;
  return kUnknown;
}

absl::StatusOr<Solution> MateSolver::Solve(const State& state, bool with_moves, std::uint64_t max_nodes, const bool* stop) {
  TANDEM_DCHECK(dynamic_cast<const StateOf<ChessPosition>*>(&state) != nullptr);
  const ChessPosition& root = static_cast<const StateOf<ChessPosition>&>(state).position();
  nodes_ = 0;
  max_nodes_ = max_nodes;
  stop_ = stop;
  aborted_ = false;
  Solution solution;
  std::vector<ChessPosition> wanted;
  ActionList legal;
  if (with_moves) root.LegalActions(legal);
  for (const Action action : legal) {
    wanted.push_back(root);
    wanted.back().Apply(action);
  }
  const bool of_moves = !wanted.empty();
  if (!of_moves) wanted.push_back(root);
  std::vector<int> values(wanted.size(), kUnknown);
  for (int depth = 1; std::count(values.begin(), values.end(), kUnknown) > 0 && !aborted_; ++depth) {
    for (std::size_t i = 0; i < wanted.size() && !aborted_; ++i) {
      if (values[i] == kUnknown) values[i] = Resolve(wanted[i], depth);
    }
  }
  if (aborted_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("solver stopped after ", nodes_, " positions of at most ", max_nodes_, " without a result"));
  }
  solution.nodes = nodes_;
  solution.value = values[0];
  if (of_moves) {
    for (const int value : values) solution.move_values.push_back(-value);
    solution.value = *std::max_element(solution.move_values.begin(), solution.move_values.end());
  }
  return solution;
}

}  // namespace tandem::chess
