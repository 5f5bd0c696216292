// Games by name. A game registers itself from its own folder:
//
//   TANDEM_REGISTER_GAME("othello", MakeOthello, "size");
//
// and FindGame("othello:size=6") makes it, or hands out the one made before. Registered factories get the parsed options; an unknown
// game, option or value is an error that lists what exists.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/state.h"

namespace tandem {

// Options of a game spec, `key=value` pairs, with typed, range-checked access.
class GameOptions {
 public:
  explicit GameOptions(std::map<std::string, std::string> values) : values_(std::move(values)) {}
  absl::StatusOr<int> Int(const std::string& key, int default_value, int min, int max) const;
  absl::StatusOr<bool> Bool(const std::string& key, bool default_value) const;  // true or false
  absl::StatusOr<double> Double(const std::string& key, double default_value, double min, double max) const;

 private:
  std::map<std::string, std::string> values_;
};

using GameFactory = absl::StatusOr<std::unique_ptr<const Game>> (*)(const GameOptions& options);

// Thread-safe. The result lives to the end of the program. Variant names (facts().variant_names) are found too.
absl::StatusOr<const Game*> FindGame(std::string_view spec);
// Names of all registered games, sorted, each with its option keys.
struct RegisteredGame {
  std::string name;
  std::vector<std::string> option_keys;
};
std::vector<RegisteredGame> RegisteredGames();

// `variant_specs`: pairs "variant name=spec" such as "flipello6=othello:size=6", separated by blanks.
bool RegisterGame(std::string_view name, GameFactory factory, std::string_view option_keys, std::string_view variant_specs);

}  // namespace tandem

#define TANDEM_REGISTER_GAME(name, factory, option_keys, variant_specs) \
  [[maybe_unused]] static const bool tandem_registered_game_ =          \
      ::tandem::RegisterGame(name, factory, option_keys, variant_specs)
