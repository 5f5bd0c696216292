// Results of rating games, as the run keeps them: RUN/ratings.jsonl, a line for each pair of games between two networks that shared an
// opening with colours swapped; and RUN/gate.jsonl, a line for each verdict of the gate. The files are the truth; ratings are computed from
// them.
//
//   {"a":"3f9a...","b":"77c1...","class":3,"gate":false,"token":"9c01d2e3","a_first":[3,3,2,...],"b_first":[3,2,...]}
//   {"net_id":"3f9a...","against":"77c1...","passed":true,"pairs":[1,4,20,9,6],"llr":2.96}
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/state.h"
#include "engine/match/bradley_terry.h"
#include "engine/net/run_directory.h"
#include "proto/run_config.pb.h"

namespace tandem {

struct RatedPair {
  std::string net_a, net_b;  // net_b: a network, or the spec of a fixed opponent
  int result = 2;            // half points of net_a in its two games, 0..4: the pentanomial class
  bool gate = false;         // played to decide whether net_a takes over from net_b
  std::string token_id = {};
  std::vector<Action> a_first = {}, b_first = {};  // moves
};

struct GateVerdict {
  std::string net_id, against;
  bool passed = false;
  Pentanomial pairs{};
  double llr = 0;
};

std::filesystem::path RatingsPath(const RunDirectory& directory);
std::filesystem::path GatePath(const RunDirectory& directory);

// No file: none. Lines that make no sense are left out; `skipped`, when given, gets their number.
absl::StatusOr<std::vector<RatedPair>> ReadRatedPairs(const RunDirectory& directory, int* skipped = nullptr);
absl::Status AppendRatedPair(const RunDirectory& directory, const RatedPair& pair);
absl::StatusOr<std::vector<GateVerdict>> ReadGateVerdicts(const RunDirectory& directory);
absl::Status AppendGateVerdict(const RunDirectory& directory, const GateVerdict& verdict);

// The networks that meet each other: of the distinct networks of the checkpoints (snapshots if there are any besides the first) at most
// `most`, evenly spaced, first and newest included. Thinning keeps every second of the former choice, so that games stay of use.
std::vector<CheckpointInfo> ChoosePool(const std::vector<CheckpointInfo>& checkpoints, int most);

struct NetworkRating {
  std::string net_id;
  std::int64_t step = 0;
  Rating rating;  // Elo above the pool's first network
};

// Rates a pool by the pairs between its members. Neighbours in time count as having half a virtual pair, so everybody has a rating, those
// without games a very uncertain one. Empty for an empty pool.
struct RatedPool {
  std::vector<NetworkRating> networks;  // in the pool's order
  std::string opponent;                 // canonical spec of the fixed agent that the networks meet too; empty: none
  Rating opponent_rating;
  std::optional<RatingPool> fit;  // for differences; the opponent comes after the networks; none below two players
  std::vector<Pairing> pairings;  // that the fit is made of
};
absl::StatusOr<RatedPool> RatePool(const std::vector<CheckpointInfo>& pool, const std::vector<RatedPair>& pairs,
                                   const std::string& opponent = "");
// rating.opponent in canonical form, empty when there is none. kInvalidArgument when it is no agent spec.
absl::StatusOr<std::string> OpponentOf(const RatingConfig& config);
// Of a run directory, from its files.
absl::StatusOr<RatedPool> RateRun(const RunDirectory& directory, const RatingConfig& config);

}  // namespace tandem
