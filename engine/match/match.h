// A match: pairs of games between two agents, each pair sharing an opening with colours swapped, on several threads, with everything that
// elo.h and sprt.h need counted. Each thread makes its own two agents. Results are taken in the order of the pairs, whatever thread
// played them, so with deterministic agents the same seed gives the same report on any number of threads, early stop included.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/agent/agent.h"
#include "engine/match/elo.h"
#include "engine/match/game_runner.h"
#include "engine/match/openings.h"
#include "engine/match/sprt.h"

namespace tandem {

// Makes a player; called once by each thread, one call at a time.
using AgentSource = std::function<absl::StatusOr<std::unique_ptr<Agent>>()>;

struct MatchReport;

struct MatchSettings {
  int pairs = 50;                 // pairs of games at most
  int first_pair = 0;             // continues a match: numbers (seeds, openings) start here
  std::vector<Opening> openings;  // used in order, over again when they run out; empty = one empty opening
  std::uint64_t seed = 1;
  int threads = 1;
  int max_plies = 0;                                 // see GameRules
  std::optional<SprtHypotheses> sprt;                // stops the match at a verdict
  std::function<void(const MatchReport&)> progress;  // after each pair, in order, one call at a time; may be empty
};

struct MatchReport {
  std::string a, b;                   // canonical specs
  std::string a_details, b_details;   // network ids
  Trinomial games{};                  // L, D, W of a
  Trinomial as_first{}, as_second{};  // the same by colour of a
  Pentanomial pairs{};
  std::int64_t drawn_pairs = 0;     // of the middle class, pairs of two draws; its others are a win each
  std::int64_t distinct_games = 0;  // different move sequences: repeats carry no information
  std::int64_t forfeits_a = 0, forfeits_b = 0;
  std::int64_t adjudicated = 0;
  std::vector<std::string> notes;  // the first few forfeits and adjudications, told
  SideUse use_a, use_b;
  std::optional<SprtState> sprt;
  std::vector<PlayedGame> record;  // in order; even numbers have a as the first player

  std::int64_t num_games() const { return games[0] + games[1] + games[2]; }
  std::int64_t num_pairs() const { return pairs[0] + pairs[1] + pairs[2] + pairs[3] + pairs[4]; }
};

// Fails when an agent can not be made; kCancelled never: a stopped match reports the pairs that were finished.
absl::StatusOr<MatchReport> PlayMatch(const Game& game, const AgentSource& a, const AgentSource& b, const MatchSettings& settings,
                                      std::stop_token stop = {});

}  // namespace tandem
