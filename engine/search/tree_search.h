// TreeSearch: a network-guided search as a machine that is fed, so that one thread can drive a thousand of them with one batch:
//
//   search->Start(state, limits, rng);
//   while (!search->Done()) {
//     search->Gather(8, &batch);          // appends requests for leaves (none when every simulation ended in known results)
//     evaluator.Evaluate(batch);
//     search->Absorb();                   // expands and backs up what it gathered
//   }
//   SearchResult result = search->Result();
//
// PUCT and Gumbel implement it; planners wrap it with an evaluator and a clock, self-play drives it directly.
//
// Several threads search one tree through lanes, one each: a lane chooses its paths and backs them up under the tree's lock, and walks the
// positions along them, which is most of the work, outside of it. The waiting simulations of all lanes count as visits meanwhile.
#pragma once

#include <memory>
#include <vector>

#include "engine/eval/evaluator.h"
#include "engine/search/planner.h"
#include "proto/run_config.pb.h"

namespace tandem {

// What self-play adds at the root of one search; all zero in play.
struct RootExploration {
  double noise_weight = 0;       // share of Dirichlet noise in the prior (PUCT)
  double noise_alpha_total = 0;  // Dirichlet alpha summed over the legal moves
  double forced_playouts_k = 0;  // Wu 2019, sec. 3.2; pruned from MoveStats::policy
  bool gumbel_noise = false;     // Gumbel: sample root actions (self-play) or take the largest logits (play)
};

// One thread's way into a search. Thread-compatible; lanes of one search may be used at the same time, each by one thread.
class SearchLane {
 public:
  virtual ~SearchLane() = default;  // drops what was gathered and not absorbed; what was absorbed is in the tree now
  // As TreeSearch::Gather.
  virtual int Gather(int max_leaves, std::vector<EvalRequest>* batch) = 0;
  // As TreeSearch::Absorb; the tree shows it from the next Gather on. When nothing was gathered because every way led to leaves that other lanes wait for, it returns only when one
  // of them has absorbed (or dropped) something.
  virtual void Absorb() = 0;
  // True when the last Gather found no simulation left to begin; other lanes may still have some under way.
  virtual bool Done() const = 0;
};

// For one thread, but for its lanes (and Result, which may be called while they are at work).
class TreeSearch {
 public:
  virtual ~TreeSearch() = default;
  // Begins a search of `root` (not terminal). The subtree of the last search is kept when `root` was reached by Advance, or is found as a
  // child or grandchild of the last root. `rng` must outlive the search.
  virtual void Start(const State& root, const SearchLimits& limits, const RootExploration& exploration, Rng* rng) = 0;
  // Runs simulations until `max_leaves` of them wait for an evaluation, or the budget is spent, and appends one request for each.
  // Requests point into the search's own memory and stay valid until Absorb. Returns the number of requests appended. What was gathered
  // before and not absorbed (the evaluator failed) is dropped. The evaluation of a new root is the first simulation and comes alone.
  virtual int Gather(int max_leaves, std::vector<EvalRequest>* batch) = 0;
  virtual void Absorb() = 0;
  // True when the budget is spent or the root is decided (limits.stop_when_decided); time and stop tokens are the caller's business.
  virtual bool Done() const = 0;
  virtual SearchResult Result() const = 0;
  // A lane of the search under way, whose root must have been evaluated. It must be gone before the next Start.
  virtual std::unique_ptr<SearchLane> NewLane() = 0;
  virtual void Forget() = 0;  // drops the tree
  virtual std::size_t MemoryBytes() const = 0;
};

std::unique_ptr<TreeSearch> NewTreeSearch(const Game& game, const SearchConfig& config);

}  // namespace tandem
