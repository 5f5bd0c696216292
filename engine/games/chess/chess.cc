// The game "chess" and its options.
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/game/adapter.h"
#include "engine/game/registry.h"
#include "engine/game/symmetry.h"
#include "engine/games/chess/action.h"
#include "engine/games/chess/chess960.h"
#include "engine/games/chess/chess_position.h"
#include "engine/games/chess/mate_solver.h"

namespace tandem::chess {
namespace {

// The longest games have 118 captures or pawn moves (30 captures, 96 pawn moves, 8 that are both), each after as many other plies as the
// clock allows, less three where the turn to make them passes to the other side.
int LongestGame(const Rules& rules) { return 118 * rules.MaxClock() - 3; }

// As GameOf makes it, but for leaf counts over the bare board, and the solver.
class ChessGame final : public Game {
 public:
  ChessGame(GameFacts facts, const ChessPosition& start)
      : game_(std::move(facts), {CellActionSymmetry(8, 8, BoardTransform::kIdentity, kPolicyPlanes)}, start) {}

  const GameFacts& facts() const override { return game_.facts(); }
  const std::vector<Symmetry>& symmetries() const override { return game_.symmetries(); }
  std::unique_ptr<State> NewState() const override { return game_.NewState(); }
  absl::StatusOr<std::unique_ptr<State>> StateFromText(std::string_view text) const override { return game_.StateFromText(text); }
  std::uint64_t Perft(const State& state, int depth) const override {
    return CountLeaves(static_cast<const StateOf<ChessPosition>&>(state).position().board(), depth);
  }
  std::unique_ptr<Solver> NewSolver(std::size_t) const override { return std::make_unique<MateSolver>(); }

 private:
  GameOf<ChessPosition> game_;
};

absl::StatusOr<std::unique_ptr<const Game>> MakeChess(const GameOptions& options) {
  Rules rules;
  TANDEM_ASSIGN_OR_RETURN(rules.chess960, options.Bool("chess960", false));
  TANDEM_ASSIGN_OR_RETURN(const int start, options.Int("start", kStandardStart, 0, kNumStarts - 1));
  TANDEM_ASSIGN_OR_RETURN(rules.claims, options.Bool("claims", false));
  TANDEM_ASSIGN_OR_RETURN(const int max_plies, options.Int("max_plies", LongestGame(rules), 1, LongestGame(rules)));
  if (start != kStandardStart && !rules.chess960) {
    return BadInput("option start='", start, "' of game chess: expected ", kStandardStart, " without chess960=true");
  }
  GameFacts facts;
  options.Identify(&facts);
  facts.title = !rules.chess960 ? "Chess" : start == kStandardStart ? "Chess960" : absl::StrCat("Chess960, position ", start);
  facts.rows = facts.cols = 8;
  facts.num_planes = kNumPlanes;
  facts.num_actions = kNumActions;
  facts.policy_planes = kPolicyPlanes;
  facts.max_plies = max_plies;
  facts.notation = rules.chess960 ? "UCI: e2e4, e7e8q; castling takes the own rook, e1h1" : "UCI: e2e4, e7e8q; castling e1g1";
  return std::make_unique<ChessGame>(std::move(facts), ChessPosition(Chess960Start(start), rules));
}

TANDEM_REGISTER_GAME("chess", MakeChess, "chess960 start claims max_plies",
                     "chess960=chess:chess960=true fischerandom=chess:chess960=true");

}  // namespace
}  // namespace tandem::chess
