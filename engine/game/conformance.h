// Conformance: what every game must hold, checked on random games of any registered game. A test runs it over all of them, so a new game
// is checked by being there; `tandem doctor` may run it too.
//
// Checked at every position: legal moves are ascending, in range, empty exactly at the end; move text and position text round trip; the
// planes write every element within [-1, 1]; playing on a copy leaves the original; equal evaluation keys have equal planes and legal
// moves, and equal texts have equal keys, moves played in another order included; Perft agrees with the moves, except that it may count
// on after a draw; ownership has the board's size and the margin's sum; games end within facts().max_plies. Symmetries: permutations, the
// identity first, closed under inverse; those that keep the start position map legal moves, planes, owners and outcomes along whole games.
#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "engine/game/state.h"

namespace tandem {

struct ConformanceOptions {
  int num_games = 10;      // random games; cost grows in proportion
  std::uint64_t seed = 1;  // of their random stream
};

// The first violation, with the position and what was expected (kInternal).
absl::Status CheckConformance(const Game& game, const ConformanceOptions& options = {});

}  // namespace tandem
