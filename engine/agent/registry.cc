#include "engine/agent/registry.h"

#include <algorithm>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

// Built on first use, so that the order of static initialisation does not matter; written before main only.
std::map<std::string, AgentKind>& Kinds() {
  static auto& kinds = *new std::map<std::string, AgentKind>;
  return kinds;
}

}  // namespace

absl::StatusOr<std::string> OptionReader::Text(const std::string& key, const std::string& default_value) {
  known_.push_back(key);
  const auto found = spec_.options.find(key);
  if (found == spec_.options.end()) return default_value;
  if (found->second != default_value) canonical_.options[key] = found->second;
  return found->second;
}

absl::StatusOr<std::int64_t> OptionReader::Integer(const std::string& key, std::int64_t default_value, std::int64_t min, std::int64_t max) {
  known_.push_back(key);
  const auto found = spec_.options.find(key);
  if (found == spec_.options.end()) return default_value;
  std::int64_t value = 0;
  if (!absl::SimpleAtoi(found->second, &value) || value < min || value > max) {
    return BadInput("agent ", spec_.name, ": ", key, "=", found->second, ": expected an integer in ", min, "..", max);
  }
  if (value != default_value) canonical_.options[key] = absl::StrCat(value);
  return value;
}

absl::StatusOr<double> OptionReader::Number(const std::string& key, double default_value, double min, double max) {
  known_.push_back(key);
  const auto found = spec_.options.find(key);
  if (found == spec_.options.end()) return default_value;
  double value = 0;
  if (!absl::SimpleAtod(found->second, &value) || !(value >= min && value <= max)) {
    return BadInput("agent ", spec_.name, ": ", key, "=", found->second, ": expected a number in ", min, "..", max);
  }
  if (value != default_value) canonical_.options[key] = absl::StrFormat("%.10g", value);
  return value;
}

absl::Status OptionReader::Finish() const {
  for (const auto& [key, value] : spec_.options) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    if (known_.empty()) return BadInput("agent ", spec_.name, ": unknown key '", key, "': it has no options");
    std::vector<std::string> sorted = known_;
    std::sort(sorted.begin(), sorted.end());
    return BadInput("agent ", spec_.name, ": unknown key '", key, "': expected one of ", absl::StrJoin(sorted, ", "));
  }
  return absl::OkStatus();
}

bool RegisterAgent(const AgentKind& kind) {
  TANDEM_CHECK(kind.make != nullptr);
  TANDEM_CHECK(Kinds().emplace(kind.name, kind).second);
  return true;
}

std::vector<AgentKind> RegisteredAgents() {
  std::vector<AgentKind> result;
  for (const auto& [name, kind] : Kinds()) result.push_back(kind);
  return result;
}

absl::StatusOr<std::unique_ptr<Agent>> MakeAgent(const Game& game, std::string_view text) {
  TANDEM_ASSIGN_OR_RETURN(const AgentSpec spec, ParseAgentSpec(text));
  const auto found = Kinds().find(spec.name);
  if (found == Kinds().end()) {
    std::vector<std::string> names;
    for (const auto& [name, kind] : Kinds()) names.push_back(name);
    return BadInput("agent '", std::string(text), "': unknown kind '", spec.name, "': expected one of ", absl::StrJoin(names, ", "));
  }
  return found->second.make(game, spec);
}

std::string AgentHelp() {
  std::string help;
  for (const auto& [name, kind] : Kinds()) absl::StrAppendFormat(&help, "  %-28s %s\n", kind.example, kind.help);
  return help;
}

}  // namespace tandem
