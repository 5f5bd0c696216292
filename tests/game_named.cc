#include "tests/game_named.h"

#include <iostream>

#include "engine/base/check.h"
#include "engine/game/registry.h"

namespace tandem {

const Game& GameNamed(std::string_view spec) {
  const absl::StatusOr<const Game*> game = FindGame(spec);
  if (!game.ok()) std::cerr << game.status() << "\n";
  TANDEM_CHECK(game.ok());
  return **game;
}

}  // namespace tandem
