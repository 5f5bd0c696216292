#include "engine/search/tree_planner.h"

#include <atomic>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/check.h"
#include "engine/base/thread.h"
#include "engine/search/plan_watch.h"
#include "engine/search/tree_search.h"

namespace tandem {
namespace {

// How the threads of one call of Plan end together. Thread-safe.
class Together {
 public:
  bool over() const { return over_.load(std::memory_order_relaxed); }
  void End(const absl::Status& status) {
    over_.store(true, std::memory_order_relaxed);
    if (status.ok()) return;
    const absl::MutexLock lock(&mutex_);
    if (error_.ok()) error_ = status;
  }
  absl::Status error() const {
    const absl::MutexLock lock(&mutex_);
    return error_;
  }

 private:
  std::atomic<bool> over_{false};
  mutable absl::Mutex mutex_;
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
};

class TreePlanner final : public Planner {
 public:
  TreePlanner(const Game& game, const SearchConfig& config, std::vector<std::unique_ptr<Evaluator>> evaluators, const Clock& clock)
      : batch_size_(config.batch()), search_(NewTreeSearch(game, config)), evaluators_(std::move(evaluators)), clock_(clock) {
    TANDEM_CHECK(!evaluators_.empty());
  }

  absl::StatusOr<SearchResult> Plan(const State& root, const SearchLimits& limits, Rng& rng, std::stop_token stop,
                                    const Progress& progress) override {
    PlanWatch watch(limits, clock_, std::move(stop), progress);
    search_->Start(root, limits, RootExploration(), &rng);
    absl::Status status = PlanAlone(watch, progress);
    if (status.ok() && !watch.ended() && !search_->Done()) status = PlanTogether(watch, progress);
    if (!status.ok()) return status;
    if (progress != nullptr) progress(search_->Result());
    watch.WaitForStop();
    return search_->Result();
  }

  void NewGame() override { search_->Forget(); }

 private:
  // Searches with this thread only; when others are to join, no further than the root's own evaluation.
  absl::Status PlanAlone(PlanWatch& watch, const Progress& progress) {
    const bool alone = evaluators_.size() == 1;
    for (bool first = true; !search_->Done() && (first || alone); first = false) {
      batch_.clear();
      // Alone, the root is one leaf: a time limit that is over already still gets its evaluation.
      search_->Gather(first ? 1 : batch_size_, &batch_);
      if (!batch_.empty()) {
        const absl::Status status = evaluators_[0]->Evaluate(batch_);
        if (!status.ok()) return status;
      }
      search_->Absorb();
      if (watch.ShouldEnd()) break;
      if (watch.ReportDue()) progress(search_->Result());
    }
    return absl::OkStatus();
  }

  absl::Status PlanTogether(PlanWatch& watch, const Progress& progress) {
    Together together;
    {
      std::vector<std::jthread> helpers;
      for (std::size_t i = 1; i < evaluators_.size(); ++i) {
        helpers.emplace_back([this, &together, evaluator = evaluators_[i].get()] {
          SetThreadName("search");
          Drive(*evaluator, together, [] {});
        });
      }
      Drive(*evaluators_[0], together, [&] {
        if (watch.ShouldEnd()) {
          together.End(absl::OkStatus());
        } else if (watch.ReportDue()) {
          progress(search_->Result());
        }
      });
    }
    return together.error();
  }

  // One thread's share. `look` comes after every batch.
  template <typename Look>
  void Drive(Evaluator& evaluator, Together& together, Look&& look) {
    const std::unique_ptr<SearchLane> lane = search_->NewLane();
    std::vector<EvalRequest> batch;
    while (!together.over() && !lane->Done()) {
      batch.clear();
      lane->Gather(batch_size_, &batch);
      if (!batch.empty()) {
        const absl::Status status = evaluator.Evaluate(batch);
        if (!status.ok()) return together.End(status);
      }
      lane->Absorb();
      look();
    }
  }

  const int batch_size_;
  const std::unique_ptr<TreeSearch> search_;
  const std::vector<std::unique_ptr<Evaluator>> evaluators_;
  const Clock& clock_;
  std::vector<EvalRequest> batch_;
};

}  // namespace

std::unique_ptr<Planner> NewTreePlanner(const Game& game, const SearchConfig& config, std::vector<std::unique_ptr<Evaluator>> evaluators,
                                        const Clock& clock) {
  return std::make_unique<TreePlanner>(game, config, std::move(evaluators), clock);
}

std::unique_ptr<Planner> NewTreePlanner(const Game& game, const SearchConfig& config, std::unique_ptr<Evaluator> evaluator,
                                        const Clock& clock) {
  std::vector<std::unique_ptr<Evaluator>> evaluators;
  evaluators.push_back(std::move(evaluator));
  return NewTreePlanner(game, config, std::move(evaluators), clock);
}

}  // namespace tandem
