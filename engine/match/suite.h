// A suite: the share of solved positions in which an agent's move keeps the game's value, that is, leads to the same win, draw or loss as
// the best move. Only *mixed* positions (legal moves differ in their result) measure anything; the others are counted apart.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/match/elo.h"
#include "engine/match/match.h"
#include "engine/match/solved_set.h"

namespace tandem {

// One row of the report: positions of one band of plies, or all.
struct SuiteRow {
  std::string label;           // "8-13", "all"
  Share mixed;                 // value kept, mixed positions only
  double random_share = 0;     // the same for a uniformly random legal move, expected
  double regret = 0;           // mean loss of result against the best move, 0..2, mixed positions only
  std::int64_t positions = 0;  // mixed or not
};

struct SuiteReport {
  std::string agent;  // canonical spec
  std::string agent_details;
  SuiteRow all;
  std::vector<SuiteRow> bands;  // those with positions: plies 0-1, 2-7, 8-13, 14-20, 21-28, 29-36, 37+
  Share any;                    // value kept over all judged positions, mixed or not
  std::int64_t unjudged = 0;    // the agent chose a move whose result the file does not know
  std::vector<bool> kept;       // by position (false where unjudged)
};

// Runs one agent over the positions on `threads` threads, each with an agent of its own. Position i is a new game with seed (seed, i), so
// the result does not depend on the number of threads. An agent's error ends the run, naming the position.
absl::StatusOr<SuiteReport> RunSuite(const SolvedSet& set, const AgentSource& agent, int threads, std::uint64_t seed,
                                     std::stop_token stop = {});

}  // namespace tandem
