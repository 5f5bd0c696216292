// Loops over the plain Position struct that run millions of times a second: random playouts and counting of leaves. Templates, so that
// the compiler sees the whole of a game's rules in the loop.
#pragma once

#include "engine/game/position.h"

namespace tandem {

// Uniformly random moves to the end of the game, one by one.
template <Position P>
Outcome RandomMoves(P position, Rng& rng) {
  [[maybe_unused]] ActionList legal;
  for (;;) {
    const Outcome outcome = position.GetOutcome();
    if (outcome != Outcome::kOngoing) return outcome;
    if constexpr (HasRandomAction<P>) {
      position.Apply(position.RandomAction(rng));
    } else {
      position.LegalActions(legal);
      position.Apply(legal[rng.Below(legal.size())]);
    }
  }
}

// The same by the quickest way that the game knows.
template <Position P>
Outcome RandomPlayout(const P& start, Rng& rng) {
  if constexpr (HasPlayout<P>) {
    return start.Playout(rng);
  } else {
    return RandomMoves(start, rng);
  }
}

// Number of sequences of exactly `depth` moves (perft); a game that ends earlier adds nothing. The last ply is counted, not played.
template <Position P>
std::uint64_t CountLeaves(const P& position, int depth) {
  if (depth <= 0) return 1;
  if constexpr (HasCountActions<P>) {
    if (depth == 1) return position.CountActions();
  }
  ActionList legal;
  position.LegalActions(legal);
  if (depth == 1) return legal.size();
  std::uint64_t count = 0;
  for (const Action action : legal) {
    P next = position;
    next.Apply(action);
    count += CountLeaves(next, depth - 1);
  }
  return count;
}

}  // namespace tandem
