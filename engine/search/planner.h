// Planner: every way of choosing a move by thinking about it. Training, protocols, match and lab read SearchResult; nobody reaches into a
// tree. Values are in the view of the side to move at the root unless stated.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "engine/eval/evaluator.h"
#include "engine/game/state.h"

namespace tandem {

// Result under best play as far as the search has proved it, for the side to move.
enum class Proven : std::int8_t { kNo, kLoss, kDraw, kWin };

// The first limit that is met ends the search. With none set, the planner's own default number of simulations holds.
struct SearchLimits {
  std::int64_t simulations = 0;  // exact budget of new simulations; 0 = no limit
  bool count_kept = false;       // the root's visits in a kept tree count towards the budget; one simulation is new at least
  absl::Duration time = absl::InfiniteDuration();
  bool infinite = false;             // only the stop token ends it
  int depth = 0;                     // stop when the principal variation is this long; 0 = no limit
  std::vector<Action> root_actions;  // restrict the root to these legal moves; empty = all
  bool stop_when_decided = true;     // stop when proven, or only one move is legal (never with infinite)
};

struct MoveStats {
  Action action = kNoAction;
  float prior = 0;   // network's probability, before noise
  float policy = 0;  // improved policy: the training target and the distribution to sample play from; sums to 1
  std::int64_t visits = 0;
  float q = 0;                  // mean value of playing it, -1..1; the parent's value when unvisited
  Evaluation wdl;               // mean win/draw/loss of the move, root mover's view
  Proven proven = Proven::kNo;  // what playing it leads to, root mover's view
  int mate_plies = 0;           // when proven win or loss: plies to the end, counting this move; 0 = unknown
  std::vector<Action> pv;       // best line, this move first
};

struct SearchResult {
  Action action = kNoAction;     // chosen move; kNoAction when the root is terminal
  std::vector<MoveStats> moves;  // LegalActions order, all legal moves (not searched ones have 0 visits)
  std::vector<int> ranking;      // indices into moves, best first, of SearchLimits::root_actions only; ranking[0] is the chosen move
  float root_value = 0;          // search's value, -1..1
  Evaluation root_wdl;           // the same as win/draw/loss
  Evaluation raw;                // network's own opinion of the root
  Proven proven = Proven::kNo;
  std::int64_t simulations = 0;  // new ones in this call
  std::int64_t tree_visits = 0;  // visits of the root, reused ones included
  std::int64_t evaluations = 0;  // positions sent to the evaluator
  int depth = 0;                 // mean depth of simulations, rounded
  int seldepth = 0;              // deepest simulation
  double memory_share = 0;       // of the tree's cap, 0..1
  bool memory_full = false;
};

// Single-threaded unless stated; make one per thread.
class Planner {
 public:
  virtual ~Planner() = default;
  // Searches `root` (not terminal) until a limit is met or `stop` is requested. At least one simulation is made, so a move always
  // comes. `progress`, when given, is called now and then from the searching thread with the result so far.
  // Subtrees of the last search are reused when `root` follows from it.
  using Progress = std::function<void(const SearchResult&)>;
  virtual absl::StatusOr<SearchResult> Plan(const State& root, const SearchLimits& limits, Rng& rng, std::stop_token stop,
                                            const Progress& progress) = 0;
  // Forgets trees and caches: the next search is as if it were the first.
  virtual void NewGame() = 0;
};

}  // namespace tandem
