#include "training/metrics/loop_status.h"

#include <algorithm>

namespace tandem {
namespace {

// A counter that fell (an evaluator was replaced and its counts lost) counts as standing still.
double Growth(std::int64_t before, std::int64_t after) { return static_cast<double>(std::max<std::int64_t>(0, after - before)); }

double Share(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

LoopRates RateMeter::Update(const LoopStatus& status, absl::Time now) {
  Sample current;
  current.time = now;
  current.games = status.games;
  current.moves = status.moves;
  current.simulations = status.simulations;
  current.steps = status.step.step;
  current.evaluator = status.evaluator;
  samples_.push_back(current);
  // The front stays the newest sample that is at least a window old.
  while (samples_.size() > 2 && now - samples_[1].time >= window_) samples_.pop_front();

  const Sample& base = samples_.front();
  const double seconds = absl::ToDoubleSeconds(now - base.time);
  if (seconds <= 0) return {};
  const double evaluations = Growth(base.evaluator.evaluations, current.evaluator.evaluations);
  const double spared =
      Growth(base.evaluator.cache_hits + base.evaluator.duplicates, current.evaluator.cache_hits + current.evaluator.duplicates);
  LoopRates rates;
  rates.games_per_second = Growth(base.games, current.games) / seconds;
  rates.moves_per_second = Growth(base.moves, current.moves) / seconds;
  rates.simulations_per_second = Growth(base.simulations, current.simulations) / seconds;
  rates.evaluations_per_second = evaluations / seconds;
  rates.steps_per_second = Growth(base.steps, current.steps) / seconds;
  rates.mean_batch = Share(evaluations, Growth(base.evaluator.batches, current.evaluator.batches));
  rates.cache_share = Share(spared, Growth(base.evaluator.requests, current.evaluator.requests));
  rates.network_threads = Growth(base.evaluator.network_nanoseconds, current.evaluator.network_nanoseconds) * 1e-9 / seconds;
  return rates;
}

absl::Duration TimeLeft(const LoopStatus& status, const LoopRates& rates) {
  absl::Duration left = absl::InfiniteDuration();
  if (status.limit_seconds > 0) left = absl::Seconds(std::max(0.0, status.limit_seconds - status.seconds));
  if (status.limit_games > 0 && rates.games_per_second > 0) {
    const double games = static_cast<double>(std::max<std::int64_t>(0, status.limit_games - status.games));
    left = std::min(left, absl::Seconds(games / rates.games_per_second));
  }
  return left;
}

std::vector<Metric> LoopMetrics(const LoopStatus& status, const LoopRates& rates) {
  std::vector<Metric> metrics = {
      {"selfplay/games", static_cast<double>(status.games)},
      {"selfplay/games_waiting", static_cast<double>(status.games_waiting)},
      {"selfplay/games_per_second", rates.games_per_second},
      {"selfplay/moves_per_second", rates.moves_per_second},
      {"selfplay/simulations_per_second", rates.simulations_per_second},
      {"eval/evaluations_per_second", rates.evaluations_per_second},
      {"eval/mean_batch_positions", rates.mean_batch},
      {"eval/cache_share", rates.cache_share},
      {"eval/network_threads", rates.network_threads},
      {"replay/window_rows", static_cast<double>(status.window_rows)},
      {"replay/window_bytes", static_cast<double>(status.window_bytes)},
      {"replay/total_rows", static_cast<double>(status.total_rows)},
  };
  const StepReport& step = status.step;
  if (step.step == 0) return metrics;
  const Metric learner[] = {
      {"learner/steps_per_second", rates.steps_per_second}, {"learner/step_samples_per_second", step.samples_per_second},
      {"learner/step_gflops", step.gflops_per_second},      {"learner/loss", step.loss},
      {"learner/policy_loss_nats", step.policy_loss},       {"learner/policy_kl_nats", step.policy_loss - step.policy_entropy},
      {"learner/value_loss_nats", step.value_loss},         {"learner/moves_left_loss", step.moves_left_loss},
      {"learner/ownership_loss", step.ownership_loss},      {"learner/margin_loss", step.margin_loss},
      {"learner/gradient_norm", step.gradient_norm},        {"learner/learning_rate", step.learning_rate},
      {"learner/skipped", step.skipped ? 1.0 : 0.0},        {"learner/checkpoint_step", static_cast<double>(status.checkpoint_step)},
  };
  metrics.insert(metrics.end(), std::begin(learner), std::end(learner));
  return metrics;
}

}  // namespace tandem
