// Brain: what a session thinks with. It brings in the network that the settings name and makes planners; a session never sees weights,
// files or caches, and its tests put a toy in the place.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "engine/eval/evaluator.h"
#include "engine/protocol/options.h"
#include "engine/search/planner.h"

namespace tandem {

// Used by one thread at a time.
class Brain {
 public:
  virtual ~Brain() = default;
  // Makes ready what `settings` name; may take seconds. On error, and when nothing is named, random rollouts stand in: the brain works
  // either way.
  virtual absl::Status Load(const Settings& settings) = 0;
  // The network has failed: random rollouts stand in until the next Load.
  virtual void FallBack() = 0;
  virtual std::string description() const = 0;  // "network 1f3a... bf16" or "random rollouts, no network"
  // Forgets evaluations: planners made from now on behave as the first one did.
  virtual void Clear() = 0;
  virtual std::unique_ptr<Planner> NewPlanner(const Settings& settings) = 0;
  // Of raw opinions, uncached.
  virtual std::unique_ptr<Evaluator> NewEvaluator(const Settings& settings) = 0;
};

// Networks from weights files and run directories, with a cache; trees of PUCT or Gumbel, or the network's prior alone.
std::unique_ptr<Brain> NewNetworkBrain();

}  // namespace tandem
