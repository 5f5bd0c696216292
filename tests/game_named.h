// The game of a spec that must exist.
#pragma once

#include <string_view>

#include "engine/game/state.h"

namespace tandem {

// Ends the test, with the reason on stderr, when there is none.
const Game& GameNamed(std::string_view spec);

}  // namespace tandem
