// A game in the terminal, against any agent. Works on pipes as well: a line in, an answer out.
#pragma once

#include <cstdint>
#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "engine/game/state.h"

namespace tandem {

struct PlaySetup {
  const Game* game = nullptr;
  std::string agent;       // spec
  int human = 0;           // 0 moves first, 1 second
  std::uint64_t seed = 1;  // of the agent's randomness
  bool colour = false;     // marks the last move on the board with terminal codes
};

// Plays until "quit" or the end of the input; an error is the agent's.
absl::Status PlayInTerminal(const PlaySetup& setup, std::istream& input, std::ostream& output);

}  // namespace tandem
