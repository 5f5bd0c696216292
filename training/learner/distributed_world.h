// Who this process is among the ranks of a data-parallel learner, from the environment that torchrun, a Slurm script or a Kubernetes job
// sets (docs/distributed_learning.md). Free of torch.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace tandem {

struct World {
  int rank = 0;              // RANK, 0 to size - 1; rank 0 leads
  int size = 1;              // WORLD_SIZE
  int local_rank = 0;        // LOCAL_RANK, among the ranks of this host: the index of its GPU
  int local_size = 1;        // LOCAL_WORLD_SIZE: they share the host's processors
  std::string address = {};  // MASTER_ADDR and MASTER_PORT: where the ranks find each other
  int port = 0;
  bool has_store = false;     // TORCHELASTIC_USE_AGENT_STORE: torchrun listens there; else rank 0 does
  std::string attempt = "0";  // TORCHELASTIC_RESTART_COUNT: keys of an earlier attempt are not read

  std::string Name() const;  // "rank 1 of 2"
};

using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment ProcessEnvironment();

// No value without WORLD_SIZE or with WORLD_SIZE=1: a learner alone. kInvalidArgument names the variable that is absent or out of range.
absl::StatusOr<std::optional<World>> FindWorld(const Environment& environment);

}  // namespace tandem
