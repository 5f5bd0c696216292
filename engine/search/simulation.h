// One simulation under way: the path that the selection chose, and the position at its end. Choosing and backing up are the tree's business
// (guided_search.h); walking to the position needs nothing but the actions along the path, so threads do it side by side.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "engine/search/node.h"
#include "engine/search/tree.h"

namespace tandem {

struct Simulation {
  // How the path ended: at a known result, at a leaf to be evaluated, or at one that waits already.
  enum class Ending { kKnown, kLeaf, kCollision };

  explicit Simulation(std::unique_ptr<State> s) : state(std::move(s)) {}

  // Goes to the position at the path's end. Where the game is over there, the ending becomes kKnown; else the request is made ready.
  void Walk(const State& root) {
    state->CopyFrom(root);
    for (std::size_t i = 1; i < path.size(); ++i) state->Apply(path[i].edge->action);
    const Outcome outcome = state->GetOutcome();
    if (outcome != Outcome::kOngoing) {
      result = ProvenFromResult(-MoverResult(outcome, state->ToMove()));
      ending = Ending::kKnown;
      return;
    }
    state->LegalActions(legal);
    prior.resize(static_cast<std::size_t>(legal.size()));
  }
  EvalRequest Request() { return {state.get(), legal.span(), prior, &evaluation}; }

  std::unique_ptr<State> state;
  std::vector<PathStep> path;  // the root's edge first
  Ending ending = Ending::kLeaf;
  Proven result = Proven::kNo;  // of the path's last edge, when kKnown
  ActionList legal;
  std::vector<float> prior;
  Evaluation evaluation;
  std::uint32_t node = 0;  // made of the evaluation, not linked yet; 0 when the memory is full
};

// What one thread has under way.
struct Simulations {
  std::vector<std::unique_ptr<Simulation>> simulations;  // kept from one gathering to the next, so that none allocates
  std::size_t num_pending = 0;                           // of them, gathered and not absorbed
};

// What one call of Gather has made.
struct Tally {
  int leaves = 0;
  int collisions = 0;
  int known = 0;
};

}  // namespace tandem
