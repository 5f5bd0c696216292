// A lane of a search that several threads make together (tree_search.h, SearchLane). Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "engine/search/simulation.h"
#include "engine/search/tree_search.h"

namespace tandem {

// One of several threads on a GuidedSearch, which makes it its friend. Paths are chosen and backed up under the search's lock; positions
// are walked to outside of it. What was evaluated is backed up by the next Gather, which needs the lock anyway: the upper part of the tree
// then comes over from the other processor's cache once a batch and not twice.
template <typename Search>
class ConcurrentLane final : public SearchLane {
 public:
  explicit ConcurrentLane(Search& search) : search_(search) {}
  ~ConcurrentLane() override {
    if (lane_.num_pending == 0) return;
    {
      const std::lock_guard lock(search_.mutex_);
      Settle();
    }
    search_.TellWaiting();
  }

  int Gather(int max_leaves, std::vector<EvalRequest>* batch) override {
    const bool settles = lane_.num_pending > 0;
    Tally tally;
    {
      const std::lock_guard lock(search_.mutex_);
      Settle();
      absorbs_seen_ = search_.num_absorbs_;
      while (search_.MayStart(tally, max_leaves)) {
        Simulation& simulation = search_.NextSimulation(lane_);
        search_.ChoosePath(simulation);
        if (simulation.ending == Simulation::Ending::kKnown) {
          search_.Finish(simulation);
        } else {
          ++lane_.num_pending;
        }
        search_.Count(simulation, tally);
      }
      // Collisions alone give way at once: else two lanes could each wait for the other's.
      if (tally.leaves == 0) search_.Cancel(lane_);
      done_ = tally.leaves == 0 && search_.NothingLeft();
    }
    if (settles) search_.TellWaiting();
    blocked_ = !done_ && tally.collisions > 0 && tally.leaves + tally.known == 0;
    int added = 0;
    for (std::size_t i = 0; i < lane_.num_pending; ++i) {
      Simulation& simulation = *lane_.simulations[i];
      if (simulation.ending == Simulation::Ending::kLeaf) simulation.Walk(search_.tree_.root_state());
      if (simulation.ending != Simulation::Ending::kLeaf) continue;
      batch->push_back(simulation.Request());
      ++added;
    }
    evaluated_ = added == 0;  // every path ended at a known result
    return added;
  }

  void Absorb() override {
    if (blocked_) {
      search_.num_absorbs_.wait(absorbs_seen_);  // whoever holds the leaves that were met will absorb or drop them
      return;
    }
    search_.MakeNodes(lane_);
    evaluated_ = true;
  }

  bool Done() const override { return done_; }

 private:
  // Under the lock: backs up what was evaluated, drops what was not.
  void Settle() {
    evaluated_ ? search_.Absorb(lane_) : search_.Cancel(lane_);
    evaluated_ = false;
  }

  Search& search_;
  Simulations lane_;
  std::uint32_t absorbs_seen_ = 0;
  bool evaluated_ = false;  // what is pending
  bool blocked_ = false;    // by leaves of other lanes
  bool done_ = false;
};

}  // namespace tandem
