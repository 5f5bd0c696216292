// Exact solver of chess positions: forced mates, and draws that can be seen to the end. The exhaustive alpha-beta of other games would
// follow one line for hundreds of plies; here the depth grows ply by ply. At each depth a position beyond the horizon is taken once for
// the best and once for the worst, and a result is exact when both agree. No table: draws depend on the moves before.
#pragma once

#include "engine/game/state.h"
#include "engine/games/chess/chess_position.h"

namespace tandem::chess {

// Thread-compatible.
class MateSolver final : public Solver {
 public:
  // `state`: a StateOf<ChessPosition>. `with_moves` needs the result of every legal move, which few positions give in reasonable time.
  absl::StatusOr<Solution> Solve(const State& state, bool with_moves, std::uint64_t max_nodes, const bool* stop) override;

 private:
  static constexpr int kUnknown = 2;

  int Resolve(const ChessPosition& position, int depth);
  bool AtLeast(const ChessPosition& position, int bound, int depth, bool beyond_horizon);
  bool OutOfNodes();

  std::uint64_t nodes_ = 0;
  std::uint64_t max_nodes_ = 0;
  const bool* stop_ = nullptr;
  bool aborted_ = false;
};

}  // namespace tandem::chess
