#include "engine/search/solver.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "engine/search/node.h"
#include "engine/search/uct.h"

namespace tandem {
namespace {

// Raises the solver's stop flag when the time is up or a stop is requested. The flag is a plain bool by the solver's interface: it is
// written atomically and only ever goes from false to true.
class StopFlag {
 public:
  StopFlag(const SearchLimits& limits, const std::stop_token& stop) : on_stop_(stop, [this] { Raise(); }) {
    if (limits.infinite || limits.time == absl::InfiniteDuration()) return;
    timer_ = std::jthread([this, time = limits.time](const std::stop_token& solved) {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, solved, absl::ToChronoNanoseconds(std::max(time, absl::ZeroDuration())), [] { return false; });
      if (!solved.stop_requested()) Raise();
    });
  }
  const bool* flag() const { return &raised_; }

 private:
  void Raise() { std::atomic_ref<bool>(raised_).store(true, std::memory_order_relaxed); }

  alignas(std::atomic_ref<bool>::required_alignment) bool raised_ = false;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::jthread timer_;  // last: ends before what it uses
};

class SolverPlanner final : public Planner {
 public:
  SolverPlanner(const Game& game, const SolverOptions& options, const Clock& clock)
      : game_(game), options_(options), solver_(game.NewSolver(options.table_bytes)), fallback_(NewUctPlanner(game, UctOptions(), clock)) {}

  absl::StatusOr<SearchResult> Plan(const State& root, const SearchLimits& limits, Rng& rng, std::stop_token stop,
                                    const Progress& progress) override {
    std::uint64_t max_nodes = options_.max_nodes;
    if (limits.simulations > 0) max_nodes = std::min(max_nodes, static_cast<std::uint64_t>(limits.simulations));
    absl::StatusOr<Solution> solution = [&] {
      const StopFlag flag(limits, stop);
      return solver_->Solve(root, true, max_nodes, flag.flag());
    }();
    if (absl::IsResourceExhausted(solution.status())) {
      SearchLimits short_limits;
      short_limits.root_actions = limits.root_actions;
      return fallback_->Plan(root, short_limits, rng, std::stop_token(), progress);
    }
    if (!solution.ok()) return solution.status();
    SearchResult result = Report(root, limits, *solution);
    if (progress != nullptr) progress(result);
    return result;
  }

  void NewGame() override { solver_ = game_.NewSolver(options_.table_bytes); }

 private:
  static Evaluation Exact(int value) {
    return {.win = value > 0 ? 1.0f : 0, .draw = value == 0 ? 1.0f : 0, .loss = value < 0 ? 1.0f : 0, .moves_left = 0};
  }

  static SearchResult Report(const State& root, const SearchLimits& limits, const Solution& solution) {
    SearchResult result;
    ActionList legal;
    root.LegalActions(legal);
    const auto& wanted = limits.root_actions;
    for (int i = 0; i < legal.size(); ++i) {
      const int value = solution.move_values[static_cast<std::size_t>(i)];
      MoveStats move;
      move.action = legal[i];
      move.prior = 1.0f / static_cast<float>(legal.size());
      move.q = static_cast<float>(value);
      move.wdl = Exact(value);
      move.proven = ProvenFromResult(value);
      move.pv = {legal[i]};
      result.moves.push_back(std::move(move));
      if (std::find(wanted.begin(), wanted.end(), legal[i]) != wanted.end()) result.ranking.push_back(i);
    }
    if (result.ranking.empty()) {
      for (int i = 0; i < legal.size(); ++i) result.ranking.push_back(i);
    }
    const auto value_of = [&](int i) { return solution.move_values[static_cast<std::size_t>(i)]; };
    std::stable_sort(result.ranking.begin(), result.ranking.end(), [&](int a, int b) { return value_of(a) > value_of(b); });
    const int best = value_of(result.ranking[0]);
    const auto num_best = std::count_if(result.ranking.begin(), result.ranking.end(), [&](int i) { return value_of(i) == best; });
    for (const int i : result.ranking) {
      if (value_of(i) == best) result.moves[static_cast<std::size_t>(i)].policy = 1.0f / static_cast<float>(num_best);
    }
    result.action = result.moves[static_cast<std::size_t>(result.ranking[0])].action;
    result.root_value = static_cast<float>(solution.value);
    result.root_wdl = result.raw = Exact(solution.value);
    result.proven = ProvenFromResult(solution.value);
    result.simulations = result.tree_visits = static_cast<std::int64_t>(solution.nodes);
    return result;
  }

  const Game& game_;
  const SolverOptions options_;
  std::unique_ptr<Solver> solver_;
  const std::unique_ptr<Planner> fallback_;
};

}  // namespace

std::unique_ptr<Planner> NewSolverPlanner(const Game& game, const SolverOptions& options, const Clock& clock) {
  return std::make_unique<SolverPlanner>(game, options, clock);
}

}  // namespace tandem
