// A brain for protocol tests: it thinks in no time, counts what it is asked for, and fails on command. An infinite search lasts until
// stopped, any other ends at once with all its simulations done.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "engine/eval/evaluator.h"
#include "engine/protocol/brain.h"
#include "engine/search/planner.h"

namespace tandem {

// What happened, for tests to look at. Thread-safe.
struct ToyLog {
  absl::Mutex mutex;
  std::vector<SearchLimits> plans;  // limits of each Plan, when it begins
  int plans_ended = 0;
  int loads = 0;
  int clears = 0;
  int planners = 0;
  bool load_fails = false;
  bool fail_next_plan = false;
  bool hears_no_stop = false;  // plans do not end while this holds

  std::vector<SearchLimits> Plans() {
    absl::MutexLock lock(&mutex);
    return plans;
  }
  void AwaitPlansEnded(int count) {
    absl::MutexLock lock(&mutex);
    const auto ended = [this, count] { return plans_ended >= count; };
    mutex.Await(absl::Condition(&ended));
  }
};

class ToyPlanner : public Planner {
 public:
  explicit ToyPlanner(ToyLog* log) : log_(log) {}

  absl::StatusOr<SearchResult> Plan(const State& root, const SearchLimits& limits, Rng& rng, std::stop_token stop,
                                    const Progress& progress) override {
    bool fail = false;
    {
      absl::MutexLock lock(&log_->mutex);
      log_->plans.push_back(limits);
      fail = std::exchange(log_->fail_next_plan, false);
    }
    if (fail) return absl::DataLossError("the network gave NaN");
    const SearchResult result = Think(root, limits, rng);
    if (progress) progress(result);
    if (limits.infinite) {
      std::unique_lock lock(mutex_);
      stopped_.wait(lock, stop, [] { return false; });
    }
    absl::MutexLock lock(&log_->mutex);
    log_->mutex.Await(absl::Condition(
        +[](ToyLog* log) { return !log->hears_no_stop; }, log_));
    ++log_->plans_ended;
    return result;
  }
  void NewGame() override {}

 private:
  // Prefers the moves by the hash of what they lead to; the random number stream has a say in the value.
  static SearchResult Think(const State& root, const SearchLimits& limits, Rng& rng) {
    SearchResult result;
    ActionList legal;
    root.LegalActions(legal);
    for (const Action action : legal) {
      const std::unique_ptr<State> child = root.Clone();
      child->Apply(action);
      MoveStats move;
      move.action = action;
      move.visits = 1;
      const bool wanted = limits.root_actions.empty() ||
                          std::find(limits.root_actions.begin(), limits.root_actions.end(), action) != limits.root_actions.end();
      move.q = static_cast<float>(static_cast<double>(child->Hash() % 1000) / 1000 + rng.Uniform() / 1000 - (wanted ? 0 : 2));
      move.pv = {action};
      ActionList replies;
      child->LegalActions(replies);
      if (!replies.empty()) move.pv.push_back(replies[0]);
      result.ranking.push_back(static_cast<int>(result.moves.size()));
      result.moves.push_back(move);
    }
    std::sort(result.ranking.begin(), result.ranking.end(), [&](int a, int b) { return result.moves[a].q > result.moves[b].q; });
    result.action = result.moves[result.ranking[0]].action;
    result.simulations = limits.simulations > 0 ? std::min<std::int64_t>(limits.simulations, 1000000) : 1;
    result.depth = 2;
    result.seldepth = 3;
    return result;
  }

  ToyLog* const log_;
  std::mutex mutex_;
  std::condition_variable_any stopped_;
};

class ToyEvaluator : public Evaluator {
 public:
  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    for (EvalRequest& request : batch) {
      std::fill(request.prior.begin(), request.prior.end(), 1.0f / static_cast<float>(request.prior.size()));
      *request.evaluation = {0.5f, 0.25f, 0.25f, 7};
    }
    return absl::OkStatus();
  }
  EvalCounters counters() const override { return {}; }
  std::string id() const override { return "toy"; }
};

class ToyBrain : public Brain {
 public:
  explicit ToyBrain(ToyLog* log) : log_(log) {}

  absl::Status Load(const Settings& settings) override {
    absl::MutexLock lock(&log_->mutex);
    ++log_->loads;
    if (log_->load_fails) return absl::NotFoundError(absl::StrCat(settings.weights, ": no such\nfile"));
    return absl::OkStatus();
  }
  void FallBack() override {}
  std::string description() const override { return "a toy"; }
  void Clear() override {
    absl::MutexLock lock(&log_->mutex);
    ++log_->clears;
  }
  std::unique_ptr<Planner> NewPlanner(const Settings&) override {
    absl::MutexLock lock(&log_->mutex);
    ++log_->planners;
    return std::make_unique<ToyPlanner>(log_);
  }
  std::unique_ptr<Evaluator> NewEvaluator(const Settings&) override { return std::make_unique<ToyEvaluator>(); }

 private:
  ToyLog* const log_;
};

}  // namespace tandem
