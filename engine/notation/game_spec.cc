#include "engine/notation/game_spec.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace tandem {
namespace {

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::optional<std::string> SpecOption(std::string_view spec, std::string_view key) {
  const std::size_t colon = spec.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  for (const absl::string_view option : absl::StrSplit(Absl(spec.substr(colon + 1)), ',')) {
    const std::pair<std::string, std::string> pair = absl::StrSplit(option, absl::MaxSplits('=', 1));
    if (pair.first == key) return pair.second;
  }
  return std::nullopt;
}

std::string SpecWith(std::string_view spec, std::string_view key, std::optional<std::string_view> value) {
  const std::size_t colon = spec.find(':');
  std::vector<std::string> options;
  if (colon != std::string_view::npos) {
    for (const absl::string_view option : absl::StrSplit(Absl(spec.substr(colon + 1)), ',')) {
      if (!absl::StartsWith(option, absl::StrCat(Absl(key), "="))) options.emplace_back(option);
    }
  }
  if (value) options.push_back(absl::StrCat(Absl(key), "=", Absl(*value)));
  std::string result(spec.substr(0, colon));
  if (!options.empty()) absl::StrAppend(&result, ":", absl::StrJoin(options, ","));
  return result;
}

double KomiOf(const Game& game) {
  const GameFacts& facts = game.facts();
  if (facts.name != "go") return 0;
  double komi = facts.rows >= 7 ? 7.5 : 0.5;
  if (const auto named = SpecOption(facts.spec, "komi")) (void)absl::SimpleAtod(*named, &komi);
  return komi;
}

}  // namespace tandem
