// Agent: a player. Whatever chooses moves, direct, amortised or hybrid, here or in another process, meets the others through this, and is
// named by a spec string with a canonical form:
//
//   random                        a uniformly random legal move
//   net:run=DIR                   argmax of the network's prior (net:weights=FILE too; checkpoint=STEP picks an older one)
//   value:run=DIR                 best one-ply value of the network
//   puct:run=DIR,sims=800         network-guided search; also time=SECONDS, batch=, cpuct=, ... (keys of SearchConfig)
//   gumbel:run=DIR,sims=16
//   uct:sims=1000                 plain UCT with random rollouts, c=1.4
//   solver                        exact alpha-beta; plays the first best move
//
// Keys with a default are left out of the canonical form. A value with a comma or blank stands in double quotes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/game/state.h"
#include "engine/search/planner.h"

namespace tandem {

// What an agent answers.
struct Decision {
  Action action = kNoAction;
  std::optional<SearchResult> search;  // when it searched
  std::optional<float> value;          // its opinion, mover's view, -1..1, when it has one
};

// One player of one game. Single-threaded.
class Agent {
 public:
  virtual ~Agent() = default;
  virtual const std::string& spec() const = 0;  // canonical
  // What the spec leaves open, for reports: the network's content id and precision. Empty when there is nothing to add.
  virtual std::string Details() const { return {}; }
  // A new game from this position; `seed` drives all the agent's randomness in it.
  virtual absl::Status Reset(const State& start, std::uint64_t seed) = 0;
  // A move was played in the current game, by either side, this agent's own moves included.
  virtual absl::Status Observe(Action action) = 0;
  // Chooses a move of the current position (not terminal). `limits` replaces the spec's own when given.
  virtual absl::StatusOr<Decision> Act(const SearchLimits* limits = nullptr, std::stop_token stop = {}) = 0;
};

// "name:key=value,..." taken apart. Values may be quoted.
struct AgentSpec {
  std::string name;
  std::map<std::string, std::string> options;
  std::string Canonical() const;  // keys sorted
};
absl::StatusOr<AgentSpec> ParseAgentSpec(std::string_view text);

// Makes agents of one kind. Registered by name; the network behind equal weights is loaded once per process and shared.
absl::StatusOr<std::unique_ptr<Agent>> MakeAgent(const Game& game, std::string_view spec);
std::string AgentHelp();  // a line for each kind

}  // namespace tandem
