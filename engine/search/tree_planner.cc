#include "engine/search/tree_planner.h"

#include <utility>
#include <vector>

#include "engine/search/plan_watch.h"
#include "engine/search/tree_search.h"

namespace tandem {
namespace {

class TreePlanner final : public Planner {
 public:
  TreePlanner(const Game& game, const SearchConfig& config, std::unique_ptr<Evaluator> evaluator, const Clock& clock)
      : batch_size_(config.batch()), search_(NewTreeSearch(game, config)), evaluator_(std::move(evaluator)), clock_(clock) {}

  absl::StatusOr<SearchResult> Plan(const State& root, const SearchLimits& limits, Rng& rng, std::stop_token stop,
                                    const Progress& progress) override {
    PlanWatch watch(limits, clock_, std::move(stop), progress);
    search_->Start(root, limits, RootExploration(), &rng);
    for (bool first = true; !search_->Done(); first = false) {
      batch_.clear();
      // Alone, the root is one leaf: a time limit that is over already still gets its evaluation.
      search_->Gather(first ? 1 : batch_size_, &batch_);
      if (!batch_.empty()) {
        const absl::Status status = evaluator_->Evaluate(batch_);
        if (!status.ok()) return status;
      }
      search_->Absorb();
      if (watch.ShouldEnd()) break;
      if (watch.ReportDue()) progress(search_->Result());
    }
    if (progress != nullptr) progress(search_->Result());
    watch.WaitForStop();
    return search_->Result();
  }

  void NewGame() override { search_->Forget(); }

 private:
  const int batch_size_;
  const std::unique_ptr<TreeSearch> search_;
  const std::unique_ptr<Evaluator> evaluator_;
  const Clock& clock_;
  std::vector<EvalRequest> batch_;
};

}  // namespace

std::unique_ptr<Planner> NewTreePlanner(const Game& game, const SearchConfig& config, std::unique_ptr<Evaluator> evaluator,
                                        const Clock& clock) {
  return std::make_unique<TreePlanner>(game, config, std::move(evaluator), clock);
}

}  // namespace tandem
