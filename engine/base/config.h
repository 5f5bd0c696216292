// Configuration by reflection: everything that reads, prints, checks or explains options goes through the descriptors of
// proto/run_config.proto, so an option is declared once, there. Keys are dotted paths of field names: "search.simulations".
//
//   TANDEM_ASSIGN_OR_RETURN(RunConfig config, ResolveConfig(preset_text, {"search.simulations=64", "game=othello:size=6"}));
//
// Works on any message whose leaves carry a FieldDoc, so a library's sub-message (SearchConfig) has the keys "simulations", ... .
// On error a message is left as it was. Thread-safe over different messages.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "proto/run_config.pb.h"

namespace tandem {

// Sets one option. kInvalidArgument when the key is unknown (the message names the nearest one), the value is not of the option's type,
// or is outside its range. Enumerations are read in any case; truth values as true/false, yes/no, 1/0.
absl::Status SetConfigValue(google::protobuf::Message& config, std::string_view key, std::string_view value);
// The same from "key=value".
absl::Status SetConfigValue(google::protobuf::Message& config, std::string_view assignment);
// Value of one option as text, its default when it is not set.
absl::StatusOr<std::string> GetConfigValue(const google::protobuf::Message& config, std::string_view key);

// Reads protobuf text over `config`: the fields that the text has replace those of `config`. `where` (a path) begins every message; an
// unknown field or a bad value is named with its line, a value out of range with its key.
absl::Status ParseConfigText(std::string_view text, std::string_view where, google::protobuf::Message& config);

// The resolved configuration as protobuf text: every option with its value, defaults included, in the order of declaration.
std::string ConfigText(const google::protobuf::Message& config);

// Every value in its range and finite.
absl::Status ValidateConfig(const google::protobuf::Message& config);

// First 32 hex digits of the SHA-256 of ConfigText: equal for configurations that mean the same.
std::string ConfigHash(const google::protobuf::Message& config);

// One option as help texts, UCI options and docs/options.md show it.
struct ConfigOption {
  std::string key;   // "search.simulations"
  std::string type;  // "integer", "number", "true/false", "text", or the names of an enumeration: "PUCT, GUMBEL"
  std::string default_value;
  std::string unit;                // empty for a pure number
  std::optional<double> min, max;  // inclusive; absent when there is no bound
  std::string help;

  std::string Range() const;  // "1 to 1000", ">= 1", or empty
};
// All options in the order of declaration, sub-messages in place.
std::vector<ConfigOption> ConfigHelp(const google::protobuf::Descriptor& descriptor);

// Defaults, then the preset (protobuf text, may be empty), then the overrides ("key=value") in order. The result is validated.
absl::StatusOr<RunConfig> ResolveConfig(std::string_view preset, std::span<const std::string> overrides);

}  // namespace tandem
