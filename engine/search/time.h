// How long to think about one move, from what the clock shows. Pure functions.
#pragma once

#include "absl/time/time.h"

namespace tandem {

// One player's clock before his move.
struct TimeControl {
  absl::Duration remaining = absl::InfiniteDuration();
  absl::Duration increment = absl::ZeroDuration();  // added after each move
  int moves_to_go = 0;                              // moves until more time is added; 0 = for the rest of the game
  absl::Duration overhead = absl::ZeroDuration();   // lost between the program and the clock, each move
};

// Moves the rest of a game is planned for when moves_to_go is 0.
inline constexpr int kMovesPlanned = 25;

// t = min(u / m + 3/4 increment, s u) with u = max(0, remaining - overhead), m = moves_to_go or kMovesPlanned, and s the largest share of
// the clock that one move may take: 1 for the last move before more time comes, else 1/2. Never negative, never more than u; infinite when
// `remaining` is. Zero is a fine answer: a planner always makes one simulation.
absl::Duration MoveTime(const TimeControl& control);

}  // namespace tandem
