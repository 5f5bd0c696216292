// A part of a game (game_part.h): which stones of a position are dead, in games whose players stop before everything is captured. An
// estimate for people and their boards; the rules, and so results and scores, know nothing of it.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/game/state.h"

namespace tandem {

enum class StoneStatus : std::uint8_t { kNoStone, kAlive, kDead };

struct StoneJudge {
  // For each cell. The same answer for the same stones.
  std::vector<StoneStatus> (*judge)(const State& state) = nullptr;
};

}  // namespace tandem
