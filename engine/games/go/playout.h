// Random play to the end, for rollouts. The policy: each side plays a uniformly random point that does not fill an eye of its own
// (Board::IsEye), is no suicide and is not the ko point; it passes when there is none. Two passes end the game, as does the longest
// game. There is no superko, whatever the rules of the game: only the simple ko is looked at.
#pragma once

#include "engine/base/rng.h"
#include "engine/games/go/board.h"

namespace tandem::go {

// `passes` were made just before; at most `max_plies` more plies.
template <int kCapacity>
inline void PlayToEnd(Board<kCapacity>& board, Color mover, int passes, int max_plies, Rng& rng) {
  for (; passes < 2 && max_plies > 0; --max_plies, mover = Other(mover)) {
    const auto point = board.RandomPoint(mover, rng);
    if (point == board.kNoPoint) {
      ++passes;
      board.ClearKo();
    } else {
      passes = 0;
      board.template Play<false>(point, mover);
    }
  }
}

// Black's area less white's at the end.
template <int kCapacity>
int PlayoutLead(Board<kCapacity> board, Color mover, int passes, int max_plies, Rng& rng) {
  PlayToEnd(board, mover, passes, max_plies, rng);
  return board.AreaLead();
}

}  // namespace tandem::go
