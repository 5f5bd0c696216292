// What `tandem evaluate` measures of a run: the network alone against the network with search, on one rating scale with fixed outside
// players, and the share of solved positions in which each player keeps the game's value; the same for checkpoints along the run.
//
// Players: `net` (argmax of the prior), `value` (best value one ply ahead), `puct` at each number of simulations, and the outside ones
// `random` and `uct:sims=1000`, which is the anchor (0 Elo). Along the run: `net` and `puct` at 64 simulations of each chosen checkpoint.
// Partner: evaluation_report.h (text, JSON, page).
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/match/bradley_terry.h"
#include "engine/match/pool.h"
#include "engine/match/suite.h"

namespace tandem {

struct EvaluationRequest {
  std::filesystem::path run;
  std::vector<std::int64_t> simulations = {1, 4, 16, 64, 256};
  int games = 40;              // a pairing, at most; pairs of games, so even
  int checkpoints = 5;         // along the run, the first and the last included; 0 = only the last
  std::filesystem::path data;  // folder of solved sets; empty or without this game: positions are made and solved here
  int positions = 400;         // solved positions a player answers
  double minutes = 3;          // for everything: the pool starts no further round when it is over (the first is always played)
  int threads = 0;             // 0 = all
  std::uint64_t seed = 1;
  std::int64_t snapshot_simulations = 64;
  std::vector<std::string> opponents;  // specs of further players from outside, other engines say, who meet net, anchor and search
};

enum class PlayerRole { kOutside, kPrior, kValue, kSearch };

struct EvaluatedPlayer {
  std::string name;  // "net", "puct 64", "net @ 400"
  std::string spec;
  std::string details;
  PlayerRole role = PlayerRole::kOutside;
  std::int64_t simulations = 0;
  bool newest = true;  // of the newest checkpoint; false: along the run
  std::int64_t step = 0;
  double minutes = 0;  // of training at that checkpoint
  Rating rating;
  SuiteReport suite;
};

struct EvaluationReport {
  std::string game;
  std::filesystem::path run;
  std::int64_t step = 0;
  std::string net_id;
  std::vector<EvaluatedPlayer> players;
  PoolResult pool;
  Estimate search_gain;         // puct at the most simulations less net, Elo
  Estimate value_gain;          // value less net
  std::vector<Estimate> gains;  // by player: less net of the newest checkpoint
  int net = 0, search = 0;      // players of the headline
  StrengthEstimate direct;      // the games that those two played against each other, search's view
  std::string positions_source;
  std::int64_t positions = 0;
  double random_share = 0;
  std::string book;
  std::uint64_t seed = 0;
  int threads = 1;
  double seconds = 0;
};

// `progress` gets one line at a time; may be empty.
absl::StatusOr<EvaluationReport> Evaluate(const EvaluationRequest& request, const std::function<void(const std::string&)>& progress,
                                          const Clock& clock, std::stop_token stop = {});

// The solved positions for a game: from the shared sets when there are any, else made by random play and Game::NewSolver; `count` mixed
// ones at most. `source` says where they come from.
SolvedSet SolvedPositionsFor(const Game& game, const std::filesystem::path& data, int count, std::uint64_t seed, std::string* source);

// The folder of shared data: `given` when not empty, else the environment's TANDEM_SHARED_DATA, else ../shared/data when that exists.
std::filesystem::path SharedDataFolder(const std::filesystem::path& given);

}  // namespace tandem
