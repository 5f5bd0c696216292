// What an analysis says of one position: the search's best moves, and the network's own move beside them. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "boost/json.hpp"
#include "engine/agent/agent.h"

namespace tandem {

struct AnalyzedMove {
  std::string move;
  std::int64_t visits = 0;
  double prior = 0;    // network's probability
  double score = 0;    // expected result for the mover as a share of a win, 0..1
  std::string proven;  // "win", "draw", "loss", or empty
  std::string line;    // principal variation, this move first
};

struct Analysis {
  std::string position;  // text of the position
  int to_move = 0;
  std::vector<AnalyzedMove> best;  // best first, at most as many as asked for
  bool searched = false;           // false when the agent only named a move
  std::string network_move;        // most likely by the prior; empty when there was no network
  double network_prior = 0;
  bool differs = false;         // the search chose another move
  double network_loss = 0;      // how much of a win the search thinks the network's move gives away, 0..1; 0 when they agree
  bool network_visited = true;  // false: the search never tried the network's move, so the loss is unknown
  std::string played;           // move of the game, when there is one
};

// `decision` is an agent's in `state`, not terminal.
Analysis Analyze(const State& state, const Decision& decision, int multipv);

std::string AnalysisText(const Analysis& analysis, std::string_view where);
boost::json::object AnalysisJson(const Analysis& analysis, std::string_view where);

}  // namespace tandem
