#include "engine/game/registry.h"

#include <algorithm>
#include <cmath>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/status.h"
#include "engine/game/quoted_text.h"

namespace tandem {
namespace {

struct Entry {
  RegisteredGame game;
  GameFactory factory = nullptr;
};

// Never destroyed: games live to the end of the program, whatever the order of static destruction.
struct Registry {
  absl::Mutex mutex;
  std::map<std::string, Entry> entries ABSL_GUARDED_BY(mutex);
  std::map<std::string, std::string> variants ABSL_GUARDED_BY(mutex);               // variant name -> spec
  std::map<std::string, std::unique_ptr<const Game>> games ABSL_GUARDED_BY(mutex);  // by canonical spec
  std::map<std::string, const Game*> games_by_text ABSL_GUARDED_BY(mutex);          // by spec as it was written
};

Registry& TheRegistry() {
  static auto* registry = new Registry;
  return *registry;
}

absl::Status UnknownGame(const Registry& registry, std::string_view name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(registry.mutex) {
  std::vector<std::string> names;
  for (const auto& [known, entry] : registry.entries) names.push_back(known);
  for (const auto& [variant, spec] : registry.variants) names.push_back(variant);
  return BadInput("no game ", QuotedText(name), "; there are: ", absl::StrJoin(names, ", "));
}

// "a=1,b=2" to a map; each key must be one of `entry`'s.
absl::StatusOr<std::map<std::string, std::string>> ParseOptions(const Entry& entry, std::string_view text) {
  std::map<std::string, std::string> values;
  for (const absl::string_view split : absl::StrSplit(absl::string_view(text.data(), text.size()), ',')) {
    const std::string pair(split);
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos) return BadInput("option ", QuotedText(pair), " of game ", entry.game.name, ": expected key=value");
    const std::string key = pair.substr(0, equals);
    const auto& keys = entry.game.option_keys;
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) {
      return BadInput("game ", entry.game.name, " has no option ", QuotedText(key), "; ",
                      keys.empty() ? "it has none" : absl::StrCat("there are: ", absl::StrJoin(keys, ", ")));
    }
    if (!values.emplace(key, pair.substr(equals + 1)).second) {
      return BadInput("option ", QuotedText(key), " of game ", entry.game.name, " is given twice");
    }
  }
  return values;
}

absl::Status WrongValue(const std::string& name, const std::string& key, const std::string& value, const std::string& expected) {
  return BadInput("option ", key, "=", QuotedText(value), " of game ", name, ": expected ", expected);
}

}  // namespace

const std::string* GameOptions::Find(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

void GameOptions::Note(const std::string& key, const std::string& canonical_value) const {
  not_default_.push_back(absl::StrCat(key, "=", canonical_value));
}

absl::StatusOr<int> GameOptions::Int(const std::string& key, int default_value, int min, int max) const {
  const std::string* text = Find(key);
  if (text == nullptr) return default_value;
  int value = 0;
  if (!absl::SimpleAtoi(*text, &value) || value < min || value > max) {
    return WrongValue(name_, key, *text, absl::StrCat("a whole number from ", min, " to ", max));
  }
  if (value != default_value) Note(key, absl::StrCat(value));
  return value;
}

absl::StatusOr<bool> GameOptions::Bool(const std::string& key, bool default_value) const {
  const std::string* text = Find(key);
  if (text == nullptr) return default_value;
  if (*text != "true" && *text != "false") return WrongValue(name_, key, *text, "true or false");
  const bool value = *text == "true";
  if (value != default_value) Note(key, *text);
  return value;
}

absl::StatusOr<double> GameOptions::Double(const std::string& key, double default_value, double min, double max) const {
  const std::string* text = Find(key);
  if (text == nullptr) return default_value;
  double value = 0;
  if (!absl::SimpleAtod(*text, &value) || !std::isfinite(value) || value < min || value > max) {
    return WrongValue(name_, key, *text, absl::StrCat("a number from ", min, " to ", max));
  }
  if (value != default_value) Note(key, absl::StrCat(value));
  return value;
}

absl::StatusOr<int> GameOptions::Choice(const std::string& key, const std::vector<std::string>& choices) const {
  const std::string* text = Find(key);
  if (text == nullptr) return 0;
  const auto found = std::find(choices.begin(), choices.end(), *text);
  if (found == choices.end()) return WrongValue(name_, key, *text, absl::StrJoin(choices, " or "));
  if (found != choices.begin()) Note(key, *text);
  return static_cast<int>(found - choices.begin());
}

void GameOptions::Identify(GameFacts* facts) const {
  facts->name = name_;
  facts->spec = name_;
  if (!not_default_.empty()) absl::StrAppend(&facts->spec, ":", absl::StrJoin(not_default_, ","));
  facts->variant_names.clear();
  for (const RegisteredGame& game : RegisteredGames()) {
    for (const auto& [variant, spec] : game.variants) {
      if (spec == facts->spec) facts->variant_names.push_back(variant);
    }
  }
}

absl::StatusOr<const Game*> FindGame(std::string_view spec) {
  Registry& registry = TheRegistry();
  GameFactory factory = nullptr;
  std::string name;
  std::map<std::string, std::string> values;
  {
    absl::MutexLock lock(&registry.mutex);
    const auto made = registry.games_by_text.find(std::string(spec));
    if (made != registry.games_by_text.end()) return made->second;
    const auto variant = registry.variants.find(std::string(spec));
    const std::string_view full = variant == registry.variants.end() ? spec : std::string_view(variant->second);
    const std::size_t colon = full.find(':');
    name = std::string(full.substr(0, colon));
    const auto entry = registry.entries.find(name);
    if (entry == registry.entries.end()) return UnknownGame(registry, name);
    if (colon != std::string_view::npos) {
      TANDEM_ASSIGN_OR_RETURN(values, ParseOptions(entry->second, full.substr(colon + 1)));
    }
    factory = entry->second.factory;
  }
  // The factory runs unlocked (it asks the registry for its variant names). Two threads may make the same game; the first one stays.
  TANDEM_ASSIGN_OR_RETURN(std::unique_ptr<const Game> game, factory(GameOptions(name, std::move(values))));
  absl::MutexLock lock(&registry.mutex);
  const std::string canonical = game->facts().spec;
  const Game* found = registry.games.try_emplace(canonical, std::move(game)).first->second.get();
  constexpr std::size_t kMostTexts = 1000;  // a spec can be written in endless ways ("size=06"); all are found, few are remembered
  if (registry.games_by_text.size() < kMostTexts) registry.games_by_text.emplace(spec, found);
  return found;
}

std::vector<RegisteredGame> RegisteredGames() {
  Registry& registry = TheRegistry();
  absl::MutexLock lock(&registry.mutex);
  std::vector<RegisteredGame> games;
  for (const auto& [name, entry] : registry.entries) games.push_back(entry.game);
  return games;
}

bool RegisterGame(std::string_view name, GameFactory factory, std::string_view option_keys, std::string_view variant_specs) {
  Registry& registry = TheRegistry();
  absl::MutexLock lock(&registry.mutex);
  Entry entry{.game = {.name = std::string(name), .option_keys = {}, .variants = {}}, .factory = factory};
  entry.game.option_keys = absl::StrSplit(absl::string_view(option_keys.data(), option_keys.size()), ' ', absl::SkipEmpty());
  for (const absl::string_view split :
       absl::StrSplit(absl::string_view(variant_specs.data(), variant_specs.size()), ' ', absl::SkipEmpty())) {
    const std::string pair(split);
    const std::size_t equals = pair.find('=');
    TANDEM_CHECK(equals != std::string::npos);
    entry.game.variants.emplace_back(pair.substr(0, equals), pair.substr(equals + 1));
    TANDEM_CHECK(registry.variants.emplace(entry.game.variants.back()).second);
  }
  TANDEM_CHECK(registry.entries.emplace(std::string(name), std::move(entry)).second);
  return true;
}

}  // namespace tandem
