// Presets: what training a game needs beside the defaults of proto/run_config.proto, a text-format RunConfig in the game's own folder
// (preset.textproto), compiled in.
#pragma once

#include <string_view>

namespace tandem {

// Of the game with this name (GameFacts::name, not a spec); empty when it has none. Thread-safe.
std::string_view GamePreset(std::string_view game_name);

}  // namespace tandem
