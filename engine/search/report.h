// From a tree to a SearchResult: statistics of the moves, proofs put into the improved policy, ranking.
#pragma once

#include <cstdint>

#include "engine/search/planner.h"
#include "engine/search/selection.h"

namespace tandem {

// Simulations that a search with these limits may make: kNoBudget when something else ends it.
std::int64_t BudgetOf(const SearchLimits& limits, std::int64_t default_simulations);

// Fills all but the counters of this search. Without a root node (nothing was absorbed yet) moves are ranked in LegalActions order.
//
// Proofs (when the tree proves): the improved policy gives everything to proven wins, by visits, if there are any; else nothing to proven
// losses; if every move loses, everything to those that resist longest. The ranking is: wins, quickest first; then by preference; losses,
// slowest first. Only allowed moves are ranked.
SearchResult ReportSearch(const Root& root, const Judgement& judgement);

}  // namespace tandem
