// Exact win/draw/loss solver over the plain Position struct. With three values every question is "is the mover's value at least b?" for
// b = 0 or 1: a null window, so the recursion is boolean (negamax: the value is >= b when some move leaves the opponent less than 1 - b).
// Answers go to a transposition table of fixed size under the position's full key; the symmetric key is used where the game has one.
// Lines so long that their positions would not fit on the stack end the search without a result (large boards of Go).
// A game helps with OrderedActions (best first, hopeless moves left out) and QuickBounds (see position.h).
//
// Partner: State's Solver interface (state.h), made by Game::NewSolver.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/game/position.h"
#include "engine/game/solution_table.h"
#include "engine/game/state.h"

namespace tandem {

// Thread-compatible. The table is kept between calls.
template <Position P>
class AlphaBeta {
 public:
  explicit AlphaBeta(std::size_t table_bytes) : table_(table_bytes) {}

  // See Solver::Solve.
  absl::StatusOr<Solution> Solve(const P& position, bool with_moves, std::uint64_t max_nodes, const bool* stop) {
    nodes_ = 0;
    max_nodes_ = max_nodes;
    stop_ = stop;
    depth_ = 0;
    aborted_ = false;
    Solution solution;
    if (with_moves && position.GetOutcome() == Outcome::kOngoing) {
      SolveMoves(position, &solution);
    } else {
      solution.value = Value(position);
    }
    solution.nodes = nodes_;
    if (aborted_) {
      return absl::ResourceExhaustedError(
          absl::StrCat("solver stopped after ", nodes_, " positions of at most ", max_nodes_,
                       depth_ > kMaxDepth ? absl::StrCat(", in a line of ", depth_, " moves,") : "", " without a result"));
    }
    return solution;
  }

 private:
  static constexpr std::uint64_t kStopInterval = 4096;  // nodes between looks at the stop flag
  // A recursion keeps a position and a list of actions; together at most half of the usual stack of 8 MiB.
  static constexpr int kMaxDepth = static_cast<int>((4u << 20) / (sizeof(P) + sizeof(ActionList) + 512));

  void SolveMoves(const P& position, Solution* solution) {
    ActionList legal;
    position.LegalActions(legal);
    solution->value = -1;
    for (const Action action : legal) {
      P next = position;
      next.Apply(action);
      const int value = next.ToMove() == position.ToMove() ? Value(next) : -Value(next);
      if (aborted_) return;
      solution->move_values.push_back(value);
      solution->value = std::max(solution->value, value);
    }
  }

  // Exact value for the mover; meaningless when aborted_.
  int Value(const P& position) {
    if (AtLeast(position, 1)) return 1;
    return AtLeast(position, 0) ? 0 : -1;
  }

  static PositionKey TableKey(const P& position) {
    if constexpr (HasCanonicalKey<P>) {
      return position.CanonicalKey();
    } else {
      return position.Key();
    }
  }

  // Another thread may raise the flag meanwhile.
  bool Stopped() const { return stop_ != nullptr && __atomic_load_n(stop_, __ATOMIC_RELAXED); }

  // Whether the mover's value is at least `bound` (0 or 1).
  bool AtLeast(const P& position, int bound) {
    if constexpr (NeverDraws<P>) bound = 1;  // both questions are one
    const Outcome outcome = position.GetOutcome();
    if (outcome != Outcome::kOngoing) return MoverResult(outcome, position.ToMove()) >= bound;
    if (++nodes_ > max_nodes_ || depth_ > kMaxDepth || (nodes_ % kStopInterval == 0 && Stopped())) aborted_ = true;
    if (aborted_) return false;
    if constexpr (HasQuickBounds<P>) {
      const ValueBounds bounds = position.QuickBounds();
      if (bounds.low >= bound) return true;
      if (bounds.high < bound) return false;
    }
    const PositionKey key = TableKey(position);
    const SolutionTable::Answer known = table_.Find(key, bound);
    if (known != SolutionTable::kUnknown) return known == SolutionTable::kYes;
    const std::uint64_t nodes_before = nodes_;
    ++depth_;
    const bool answer = SomeMoveReaches(position, bound);
    if (aborted_) return false;
    --depth_;
    table_.Store(key, bound, answer, nodes_ - nodes_before);
    return answer;
  }

  bool SomeMoveReaches(const P& position, int bound) {
    ActionList actions;
    if constexpr (HasOrderedActions<P>) {
      position.OrderedActions(actions);
    } else {
      position.LegalActions(actions);
    }
    for (const Action action : actions) {
      P next = position;
      next.Apply(action);
      const bool reaches = next.ToMove() == position.ToMove() ? AtLeast(next, bound) : !AtLeast(next, 1 - bound);
      if (aborted_) return false;
      if (reaches) return true;
    }
    return false;
  }

  SolutionTable table_;
  std::uint64_t nodes_ = 0;
  std::uint64_t max_nodes_ = 0;
  int depth_ = 0;  // moves from the position asked about; the line's length once aborted
  const bool* stop_ = nullptr;
  bool aborted_ = false;
};

}  // namespace tandem
