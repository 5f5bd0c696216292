// Start positions of Chess960 by Scharnagl's numbers, 0..959; 518 is the standard one.
#pragma once

#include "engine/games/chess/board.h"

namespace tandem::chess {

inline constexpr int kNumStarts = 960;
inline constexpr int kStandardStart = 518;

// `number` in 0..959.
Board Chess960Start(int number);

}  // namespace tandem::chess
