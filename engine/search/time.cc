#include "engine/search/time.h"

#include <algorithm>

namespace tandem {

absl::Duration MoveTime(const TimeControl& control) {
  if (control.remaining == absl::InfiniteDuration()) return absl::InfiniteDuration();
  const absl::Duration overhead = std::max(control.overhead, absl::ZeroDuration());
  const absl::Duration increment = std::max(control.increment, absl::ZeroDuration());
  const absl::Duration usable = std::max(control.remaining - overhead, absl::ZeroDuration());
  const int moves = control.moves_to_go > 0 ? control.moves_to_go : kMovesPlanned;
  const absl::Duration largest = moves == 1 ? usable : usable / 2;
  return std::min(usable / moves + increment * 3 / 4, largest);
}

}  // namespace tandem
