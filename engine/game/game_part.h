// Parts that only some games have and only few callers ask for. A game registers one from its own folder, and whoever wants it asks by the
// game's name (GameFacts::name), so that neither Game nor State grows by it. A part is a plain struct of function pointers:
//
//   TANDEM_REGISTER_GAME_PART("chess", (FileNotation{.write = Write, .read = Read}));
//   if (const FileNotation* notation = FindGamePart<FileNotation>(game)) ...
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "engine/base/check.h"
#include "engine/game/state.h"

namespace tandem {

// Built on first use, so that the order of static initialisation does not matter; written before main only.
template <typename Part>
std::map<std::string, Part, std::less<>>& GameParts() {
  static auto& parts = *new std::map<std::string, Part, std::less<>>;
  return parts;
}

// Null: this game has none.
template <typename Part>
const Part* FindGamePart(const Game& game) {
  const auto found = GameParts<Part>().find(game.facts().name);
  return found == GameParts<Part>().end() ? nullptr : &found->second;
}

// Called before main by the macro below. A name that is taken is a broken invariant.
template <typename Part>
bool RegisterGamePart(std::string_view game_name, const Part& part) {
  TANDEM_CHECK(GameParts<Part>().emplace(std::string(game_name), part).second);
  return true;
}

}  // namespace tandem

#define TANDEM_REGISTER_GAME_PART(game_name, part) \
  [[maybe_unused]] static const bool tandem_registered_game_part_ = ::tandem::RegisterGamePart(game_name, part)
