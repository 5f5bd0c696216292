// The two halves of a data-parallel learner. Rank 0 has the run, its window and its checkpoints, and trains through a Learner like any
// other; this one hands each rank its share of the rows, in order (rows [B r / R, B (r + 1) / R) of the batch to rank r of R), and
// everybody takes the step together. The other ranks need neither games nor the run's directory: they do what rank 0 says until it stops.
//
//   rank 0 -> all   step, and to each rank its rows | state: the leader's, after a load | keep: compare, and keep for a roll-back | stop
//
// Free of torch.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "engine/game/state.h"
#include "training/learner/distributed_group.h"
#include "training/learner/learner.h"

namespace tandem {

// Rank 0's learner around its own (NewLearner makes it). An error kUnavailable of Step means that the group is lost: every further step
// fails, the weights are those after the last whole step and can be saved. Its destructor stops the followers.
std::unique_ptr<Learner> NewLeadingLearner(const Game& game, std::unique_ptr<Learner> own, LearnerGroup* group);

// Another rank: `learner` of NewLearner with the same group follows until the leader stops. kUnavailable when the group is lost.
absl::Status FollowLeader(const Game& game, Learner& learner, LearnerGroup* group);

}  // namespace tandem
