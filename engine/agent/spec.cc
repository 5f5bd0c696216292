// The grammar of agent specs:
//
//   spec   = name [ ":" option { "," option } ]
//   option = key "=" value            key, name: letters, digits, "_"; also "option." and any text without "=", "," and quotes
//   value  = plain | '"' quoted '"'   plain: no comma, blank or quote; quoted: anything, with \" and \\ for the two marks
#include <cctype>
#include <string>

#include "engine/agent/agent.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

bool IsWord(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '_') return false;
  }
  return true;
}

// Options of other programs have names of their own: "option.Skill Level".
bool IsKey(std::string_view text) {
  constexpr std::string_view kForeign = "option.";
  if (!text.starts_with(kForeign)) return IsWord(text);
  return text.size() > kForeign.size() && text.find_first_of(",\"") == std::string_view::npos;
}

bool IsPlain(std::string_view value) {
  if (value.empty()) return false;
  for (const char c : value) {
    if (c == ',' || c == '"' || std::isspace(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

// Reads one value from the front of `rest`.
absl::StatusOr<std::string> TakeValue(std::string_view spec, std::string_view& rest) {
  const auto error = [&](std::string_view what) {
    return BadInput("agent '", std::string(spec), "': ", std::string(what), " at character ", spec.size() - rest.size() + 1);
  };
  std::string value;
  if (rest.empty() || rest.front() != '"') {
    const std::size_t end = rest.find(',');
    value = rest.substr(0, end);
    if (!IsPlain(value)) return error("expected a value without blanks (quote it with \"...\" otherwise)");
    rest.remove_prefix(value.size());
    return value;
  }
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (rest[i] == '\\' && i + 1 < rest.size()) ++i;
    value += rest[i];
  }
  return error("expected a closing quote for the one");
}

}  // namespace

std::string AgentSpec::Canonical() const {
  std::string text = name;
  char separator = ':';
  for (const auto& [key, value] : options) {
    text += separator;
    separator = ',';
    text += key + "=";
    if (IsPlain(value)) {
      text += value;
      continue;
    }
    text += '"';
    for (const char c : value) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text;
}

absl::StatusOr<AgentSpec> ParseAgentSpec(std::string_view text) {
  AgentSpec spec;
  const std::size_t colon = text.find(':');
  spec.name = text.substr(0, colon);
  if (!IsWord(spec.name)) {
    return BadInput("agent '", std::string(text), "': expected NAME[:key=value,...], e.g. puct:run=DIR,sims=400");
  }
  if (colon == std::string_view::npos) return spec;
  std::string_view rest = text.substr(colon + 1);
  while (true) {
    const std::size_t equals = rest.find('=');
    const std::string key(rest.substr(0, equals));
    if (equals == std::string_view::npos || !IsKey(key)) {
      return BadInput("agent '", std::string(text), "': expected key=value at character ", text.size() - rest.size() + 1);
    }
    rest.remove_prefix(equals + 1);
    TANDEM_ASSIGN_OR_RETURN(std::string value, TakeValue(text, rest));
    if (!spec.options.emplace(key, std::move(value)).second) {
      return BadInput("agent '", std::string(text), "': key '", key, "' twice");
    }
    if (rest.empty()) return spec;
    if (rest.front() != ',') {
      return BadInput("agent '", std::string(text), "': expected a comma at character ", text.size() - rest.size() + 1);
    }
    rest.remove_prefix(1);
  }
}

}  // namespace tandem
