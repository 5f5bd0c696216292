// How self-play picks the move of a finished search. Temperature falls with the ply, T(ply) = T_final + (T_0 - T_final) 2^(-ply / halflife)
// (KataGo's schedule), so games differ early and are played well late.
#pragma once

#include "engine/base/rng.h"
#include "engine/search/planner.h"
#include "proto/run_config.pb.h"

namespace tandem {

// Temperature at `ply` moves from the game's start, the opening's moves counted.
double MoveTemperature(const SelfplayConfig& config, int ply);

// Index into result.moves. One rule for every search:
//   1. a proven win is played (the best ranked one), and a proven loss only when there is nothing else;
//   2. PUCT samples the rest with probability proportional to policy^(1/T);
//   3. Gumbel does so in the first `temperature_halflife` plies, and then plays the winner of sequential halving: its noise explores
//   already
//      (Danihelka 2022, sec. 5).
// T = 0 plays the move with the largest policy, the better ranked of equal ones.
int ChooseMove(const SearchResult& result, SearchConfig::Algorithm algorithm, const SelfplayConfig& config, int ply, Rng& rng);

}  // namespace tandem
