// Kinds of agents by name. A kind registers itself from its own source file (alwayslink), so a new one is a file and no list is edited:
//
//   TANDEM_REGISTER_AGENT({"random", "random", "a uniformly random legal move", MakeRandomAgent});
//
// A maker gets the options of the spec through OptionReader, takes what it knows, and ends with Finish(): what nobody took is an error
// that lists the keys that would have been.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/agent/agent.h"

namespace tandem {

// Typed access to the options of one spec. Remembers which keys were asked for (the known ones), which were used, and those that differ
// from their default: they make the canonical spec. Single-threaded.
class OptionReader {
 public:
  explicit OptionReader(const AgentSpec& spec) : spec_(spec) { canonical_.name = spec.name; }

  // The value, or `default_value` when the key is absent. A value that equals the default is left out of the canonical form.
  absl::StatusOr<std::string> Text(const std::string& key, const std::string& default_value);
  absl::StatusOr<std::int64_t> Integer(const std::string& key, std::int64_t default_value, std::int64_t min, std::int64_t max);
  absl::StatusOr<double> Number(const std::string& key, double default_value, double min, double max);

  bool Has(const std::string& key) const { return spec_.options.contains(key); }
  const AgentSpec& spec() const { return spec_; }
  // Declares a key that the caller reads himself from spec(), and puts it into the canonical form if wanted.
  void Declare(const std::string& key) { known_.push_back(key); }
  void PutCanonical(const std::string& key, const std::string& value) { canonical_.options[key] = value; }

  // kInvalidArgument when the spec has a key that was never asked for; names the keys that were.
  absl::Status Finish() const;
  std::string Canonical() const { return canonical_.Canonical(); }

 private:
  const AgentSpec& spec_;
  AgentSpec canonical_;
  std::vector<std::string> known_;
};

using AgentMaker = absl::StatusOr<std::unique_ptr<Agent>> (*)(const Game& game, const AgentSpec& spec);

struct AgentKind {
  std::string name;
  std::string example;  // a spec, for help
  std::string help;     // one line
  AgentMaker make = nullptr;
};

// Called before main by TANDEM_REGISTER_AGENT; a name that is taken is a broken invariant.
bool RegisterAgent(const AgentKind& kind);
std::vector<AgentKind> RegisteredAgents();  // by name

}  // namespace tandem

#define TANDEM_REGISTER_AGENT(...) [[maybe_unused]] static const bool tandem_registered_agent_ = ::tandem::RegisterAgent(__VA_ARGS__)
