// Games by name. A game registers itself from its own folder:
//
//   TANDEM_REGISTER_GAME("othello", MakeOthello, "size", "flipello6=othello:size=6");
//
// and FindGame("othello:size=6") makes it, or hands out the one made before. Factories get the parsed options; an unknown game, option
// or value is an error that lists what exists. Each game has one canonical spec, in which options at their default are left out.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/state.h"

namespace tandem {

// Options of a game spec, `key=value` pairs, with typed, range-checked access. A factory reads each of its options once and then calls
// Identify. Thread-compatible.
class GameOptions {
 public:
  explicit GameOptions(std::string name, std::map<std::string, std::string> values = {})
      : name_(std::move(name)), values_(std::move(values)) {}

  // kInvalidArgument names the option, its value and what is expected.
  absl::StatusOr<int> Int(const std::string& key, int default_value, int min, int max) const;
  absl::StatusOr<bool> Bool(const std::string& key, bool default_value) const;  // true or false
  absl::StatusOr<double> Double(const std::string& key, double default_value, double min, double max) const;
  // Index in `choices` of the chosen word; the first is the default.
  absl::StatusOr<int> Choice(const std::string& key, const std::vector<std::string>& choices) const;

  // Sets name, canonical spec (options that were read and differ from their default, in the order of reading) and variant names.
  void Identify(GameFacts* facts) const;

 private:
  const std::string* Find(const std::string& key) const;
  void Note(const std::string& key, const std::string& canonical_value) const;

  std::string name_;
  std::map<std::string, std::string> values_;
  mutable std::vector<std::string> not_default_;  // "key=value"
};

using GameFactory = absl::StatusOr<std::unique_ptr<const Game>> (*)(const GameOptions& options);

// Thread-safe. The result lives to the end of the program. Variant names (facts().variant_names) are found too. Two specs that mean the
// same game give the same pointer.
absl::StatusOr<const Game*> FindGame(std::string_view spec);

struct RegisteredGame {
  std::string name;
  std::vector<std::string> option_keys;
  std::vector<std::pair<std::string, std::string>> variants;  // variant name, spec
};
// All registered games by name.
std::vector<RegisteredGame> RegisteredGames();

// Called before main by the macro below. `option_keys`: names separated by blanks. `variant_specs`: pairs "variant name=canonical spec"
// such as "flipello6=othello:size=6", separated by blanks. A name that is taken is a broken invariant.
bool RegisterGame(std::string_view name, GameFactory factory, std::string_view option_keys, std::string_view variant_specs);

}  // namespace tandem

#define TANDEM_REGISTER_GAME(name, factory, option_keys, variant_specs) \
  [[maybe_unused]] static const bool tandem_registered_game_ = ::tandem::RegisterGame(name, factory, option_keys, variant_specs)
