// Games between many players, for one rating scale: a list of pairings is played round after round, a few pairs of games each, so that
// whenever time runs out every pairing has had about as many games. Partner: bradley_terry.h, which rates the result.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/match/bradley_terry.h"
#include "engine/match/match.h"

namespace tandem {

struct PoolSettings {
  std::vector<std::pair<int, int>> pairings;  // indices of players, each pairing once
  int pairs = 20;                             // pairs of games a pairing, at most
  int pairs_a_round = 2;
  std::vector<Opening> openings;
  std::uint64_t seed = 1;
  int threads = 1;
  // Asked before each pairing's turn from the second round on; false ends the pool. Empty = never. The first round is always played,
  // since ratings need every pairing.
  std::function<bool()> may_go_on;
  // Called after each turn with the pairs played so far and the most there can be; may be empty.
  std::function<void(std::int64_t pairs, std::int64_t most)> progress;
};

struct PoolResult {
  std::vector<Pairing> pairings;   // in the order of the settings
  std::vector<Trinomial> games;    // likewise: L, D, W of the pairing's first player
  std::int64_t forfeits = 0;
  std::int64_t distinct_games = 0; // summed over turns
  std::vector<std::string> notes;  // of forfeits and adjudications, "player a - player b: ..."
};

// players[i] makes player i. Fails when a player can not be made, or kCancelled.
absl::StatusOr<PoolResult> PlayPool(const Game& game, const std::vector<AgentSource>& players, const PoolSettings& settings,
                                    std::stop_token stop = {});

}  // namespace tandem
