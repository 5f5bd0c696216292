// A rating job on a worker: two games between two networks of the run, each with the first move once, for the coordinator's ratings
// (training/gate). Played on a player's thread between two rounds of self-play.
#pragma once

#include <memory>
#include <stop_token>

#include "absl/status/statusor.h"
#include "engine/net/network.h"
#include "proto/run_config.pb.h"
#include "proto/wire.pb.h"

namespace tandem {

struct RatingWork {
  RatingJob job;
  const Game* game = nullptr;
  SearchConfig search;  // of the run; the job's simulations hold
  std::shared_ptr<const Network> net_a, net_b;
};

// The same answer for the same work on one kind of machine: no root noise, no temperature; openings make games differ. kCancelled when
// stopped; kInvalidArgument when the job's opening is not legal; an evaluator's errors.
absl::StatusOr<PutRating> PlayRatingPair(const RatingWork& work, std::stop_token stop);

}  // namespace tandem
