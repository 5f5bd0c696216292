// LearnerGroup: the ranks of a data-parallel learner as one, on torch's c10d. Gloo carries bytes and processor tensors over TCP; NCCL
// carries tensors between GPUs where the build has it, else they go through the processor. The connections are neither encrypted nor
// authenticated: for a trusted network only. This header is free of torch but for a name.
//
// All ranks make the same calls in the same order. A rank that dies closes its connections, and the others' next call fails at once;
// a host that vanishes without a word is noticed after kStepWait. A group that failed stays so.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "training/learner/distributed_world.h"

namespace at {
class Tensor;
}

namespace tandem {

// Single-threaded.
class LearnerGroup {
 public:
  static constexpr absl::Duration kStepWait = absl::Minutes(5);
  // The leader may wait long for games.
  static constexpr absl::Duration kIdleWait = absl::Hours(24 * 365);

  // Returns when all ranks have joined; kUnavailable when they have not within `wait`. `device` is LearnerOptions.device.
  static absl::StatusOr<std::unique_ptr<LearnerGroup>> Join(const World& world, const std::string& device, absl::Duration wait = kStepWait);
  virtual ~LearnerGroup() = default;

  virtual const World& world() const = 0;
  bool leads() const { return world().rank == 0; }
  virtual std::string transport() const = 0;  // "gloo", "nccl": of the gradients

  // Rank 0's bytes to everybody.
  virtual absl::Status Broadcast(std::string* bytes, absl::Duration wait) = 0;
  // Everybody's bytes to everybody, by rank.
  virtual absl::StatusOr<std::vector<std::string>> Exchange(const std::string& bytes) = 0;
  // From rank 0 to one other; Receive fills as many numbers as `numbers` has.
  virtual absl::Status Send(const std::vector<float>& numbers, int rank) = 0;
  virtual absl::Status Receive(std::vector<float>* numbers) = 0;
  // Sum over the ranks, in place; the same bytes at each. Throws what torch throws, for it is called inside of backward passes.
  virtual void Sum(at::Tensor& tensor) = 0;

  // OK, or kUnavailable with the first failure.
  virtual absl::Status status() const = 0;
  // Closes the connections, so that the others' calls fail.
  virtual void Leave(const absl::Status& why) = 0;
};

}  // namespace tandem
