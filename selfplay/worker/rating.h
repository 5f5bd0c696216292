// A rating job on a worker: two games between two networks of the run, each with the first move once, for the coordinator's ratings
// (training/gate); or between a network and a fixed opponent, any agent. Played on a player's thread between two rounds of self-play.
#pragma once

#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/net/network.h"
#include "proto/run_config.pb.h"
#include "proto/wire.pb.h"

namespace tandem {

struct RatingWork {
  RatingJob job;
  const Game* game = nullptr;
  SearchConfig search;                          // of the run; the job's simulations hold
  std::shared_ptr<const Network> net_a, net_b;  // net_b: null when the job names an opponent
};

// The fixed opponents that a worker offers: the kinds of agents that need nothing but this program (no files, no processes), and the specs
// that its operator allows, which are canonical; without the one that has failed and its kind.
std::set<std::string> OfferedOpponents(const std::set<std::string>& allowed, std::string_view failed = "");
// Whether the canonical spec is among them, or its kind, where that needs nothing but this program.
bool IsOffered(const std::set<std::string>& offered, std::string_view opponent);

// The same answer for the same work on one kind of machine: no root noise, no temperature; openings make games differ. kCancelled when
// stopped; kInvalidArgument when the job's opening is not legal; an evaluator's errors. A player that fails (a program that dies, hangs or
// plays an illegal move) makes the pair void: kInternal says why.
absl::StatusOr<PutRating> PlayRatingPair(const RatingWork& work, std::stop_token stop);

}  // namespace tandem
