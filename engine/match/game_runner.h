// One game between two agents from an opening. An agent that answers with an error or an illegal move loses at once: a forfeit, which the
// record states. A game that is longer than `max_plies` is adjudicated a draw.
#pragma once

#include <array>
#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/agent/agent.h"
#include "engine/base/clock.h"
#include "engine/match/openings.h"

namespace tandem {

enum class Ending { kPlayed, kForfeit, kAdjudicated };

// What one side spent.
struct SideUse {
  std::int64_t moves = 0;
  double seconds = 0;
  std::int64_t simulations = 0;
  std::int64_t evaluations = 0;
};

struct PlayedGame {
  std::vector<Action> moves;  // the opening's included
  int opening_plies = 0;
  Outcome outcome = Outcome::kDraw;
  Ending ending = Ending::kPlayed;
  int forfeited_by = -1;         // 0 first player, 1 second
  std::string note;              // why a game was not played out
  std::array<SideUse, 2> use{};  // by player
};

struct GameRules {
  int max_plies = 0;       // counted from the start position; 0: the game's own longest length
  std::uint64_t seed = 1;  // drives both agents, each with its own stream
  const Clock* clock = &Clock::Real();
};

// players[0] is the first player. kCancelled when `stop` was requested before the end; agents' errors are forfeits, not errors.
absl::StatusOr<PlayedGame> PlayGame(const Game& game, const Opening& opening, const std::array<Agent*, 2>& players, const GameRules& rules,
                                    std::stop_token stop = {});

// Moves as text, split by blanks.
std::string GameText(const Game& game, const std::vector<Action>& moves);

}  // namespace tandem
