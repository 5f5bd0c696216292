// Drives a TreeSearch as its users do, and says what came out.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/search/tree_search.h"
#include "gtest/gtest.h"

namespace tandem {

struct SearchRun {
  SearchLimits limits;
  RootExploration exploration;
  std::uint64_t seed = 1;
  int batch = 1;
};

// Simulations as limits.simulations, with nothing ending the search before.
inline SearchRun Simulations(std::int64_t count, int batch = 1) {
  SearchRun run;
  run.limits.simulations = count;
  run.limits.stop_when_decided = false;
  run.batch = batch;
  return run;
}

inline SearchResult RunSearch(TreeSearch& search, Evaluator& evaluator, const State& root, const SearchRun& run) {
  Rng rng(run.seed);
  search.Start(root, run.limits, run.exploration, &rng);
  std::vector<EvalRequest> batch;
  while (!search.Done()) {
    batch.clear();
    const int added = search.Gather(run.batch, &batch);
    EXPECT_EQ(added, static_cast<int>(batch.size()));
    EXPECT_LE(added, run.batch);
    EXPECT_TRUE(evaluator.Evaluate(batch).ok());
    search.Absorb();
  }
  return search.Result();
}

inline std::vector<std::int64_t> Visits(const SearchResult& result) {
  std::vector<std::int64_t> visits;
  for (const MoveStats& move : result.moves) visits.push_back(move.visits);
  return visits;
}

inline float PolicySum(const SearchResult& result) {
  float sum = 0;
  for (const MoveStats& move : result.moves) sum += move.policy;
  return sum;
}

}  // namespace tandem
