// How a self-play game begins, so that a run does not see the same few lines: a share of the games starts with uniformly random moves, the
// others with a few moves drawn from the network's raw prior (Wu 2019, sec. 5.1). Opening moves are recorded and are no training rows.
#pragma once

#include <vector>

#include "engine/base/rng.h"
#include "engine/game/state.h"
#include "proto/run_config.pb.h"

namespace tandem {

struct OpeningPlan {
  bool random = false;  // uniformly random moves, else from the raw prior
  int plies = 0;
};

// random: uniform in 0 .. random_opening_max_fraction x longest game, never the whole game; prior: rounded-down exponential.
OpeningPlan DrawOpening(const GameFacts& facts, const SelfplayConfig& config, Rng& rng);

// Plays `plies` uniformly random moves on `state` (not terminal) and returns them. An opening that ends the game is redrawn with a length
// uniform below the one that ended, so the result is never terminal and the loop always ends (with no move at the latest).
std::vector<Action> PlayRandomOpening(int plies, State* state, Rng& rng);

}  // namespace tandem
