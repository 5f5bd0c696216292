#include "training/learner/distributed_world.h"

#include <cstdlib>

#include "absl/strings/numbers.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

// The integer in a variable, `fallback` when that is given and the variable is not set.
absl::StatusOr<int> Integer(const Environment& environment, const std::string& name, int min, int max, std::optional<int> fallback) {
  const std::optional<std::string> text = environment(name);
  if (!text.has_value() && fallback.has_value()) return *fallback;
  if (!text.has_value())
    return BadInput("WORLD_SIZE is set, ", name, " is not; expected ", min, " to ", max, " (see docs/distributed_learning.md)");
  int value = 0;
  if (!absl::SimpleAtoi(*text, &value) || value < min || value > max) {
    return BadInput(name, "=", *text, " in the environment; expected ", min, " to ", max);
  }
  return value;
}

}  // namespace

std::string World::Name() const { return absl::StrCat("rank ", rank, " of ", size); }

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

absl::StatusOr<std::optional<World>> FindWorld(const Environment& environment) {
  constexpr int kMaxRanks = 1 << 16;
  World world;
  TANDEM_ASSIGN_OR_RETURN(world.size, Integer(environment, "WORLD_SIZE", 1, kMaxRanks, 1));
  if (world.size == 1) return std::nullopt;
  TANDEM_ASSIGN_OR_RETURN(world.rank, Integer(environment, "RANK", 0, world.size - 1, std::nullopt));
  TANDEM_ASSIGN_OR_RETURN(world.local_size, Integer(environment, "LOCAL_WORLD_SIZE", 1, world.size, 1));
  TANDEM_ASSIGN_OR_RETURN(world.local_rank, Integer(environment, "LOCAL_RANK", 0, world.size - 1, 0));
  TANDEM_ASSIGN_OR_RETURN(world.port, Integer(environment, "MASTER_PORT", 1, 65535, std::nullopt));
  const std::optional<std::string> address = environment("MASTER_ADDR");
  if (!address.has_value()) return BadInput("WORLD_SIZE is set, MASTER_ADDR is not; expected the host of rank 0");
  world.address = *address;
  const std::string has_store = environment("TORCHELASTIC_USE_AGENT_STORE").value_or("False");
  world.has_store = has_store == "True" || has_store == "1";
  world.attempt = environment("TORCHELASTIC_RESTART_COUNT").value_or("0");
  return world;
}

}  // namespace tandem
