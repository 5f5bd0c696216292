// Game specs, "go:size=9,komi=6.5", as texts: their options read and replaced. What the options mean is the game's own business.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/game/state.h"

namespace tandem {

// The value of one option; nothing when the spec does not name it (it has its default then).
std::optional<std::string> SpecOption(std::string_view spec, std::string_view key);
// The same spec with another value (no value: without the option).
std::string SpecWith(std::string_view spec, std::string_view key, std::optional<std::string_view> value);

// The komi that a game is played with, its default included (engine/games/go); 0 for games that have none.
double KomiOf(const Game& game);

}  // namespace tandem
