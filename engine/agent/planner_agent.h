// An agent that thinks with a Planner: it keeps the game's state, hands it to the planner with the spec's limits, and passes the result on.
// All agents but `random` and other programs are this one with different planners.
#pragma once

#include <memory>
#include <string>

#include "engine/agent/agent.h"
#include "engine/base/rng.h"
#include "engine/search/planner.h"

namespace tandem {

// Single-threaded. Reset forgets the planner's trees, so that games do not depend on the ones before.
class PlannerAgent : public Agent {
 public:
  // `details` names what the spec leaves open (Agent::Details). `resource` is held as long as the agent lives: the shared network that the
  // planner's evaluator computes with.
  PlannerAgent(std::string spec, std::string details, std::unique_ptr<Planner> planner, SearchLimits limits,
               std::shared_ptr<void> resource = nullptr)
      : spec_(std::move(spec)),
        details_(std::move(details)),
        resource_(std::move(resource)),
        planner_(std::move(planner)),
        limits_(std::move(limits)) {}

  const std::string& spec() const override { return spec_; }
  std::string Details() const override { return details_; }
  absl::Status Reset(const State& start, std::uint64_t seed) override;
  absl::Status Observe(Action action) override;
  absl::StatusOr<Decision> Act(const SearchLimits* limits, std::stop_token stop) override;

 private:
  const std::string spec_;
  const std::string details_;
  const std::shared_ptr<void> resource_;
  const std::unique_ptr<Planner> planner_;
  const SearchLimits limits_;
  std::unique_ptr<State> state_;
  Rng rng_{0};
};

}  // namespace tandem
