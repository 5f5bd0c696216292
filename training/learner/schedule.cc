#include "training/learner/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tandem {

double LearningRate(const LearnerConfig& config, std::int64_t step, double progress) {
  double warmup = 1;
  if (config.warmup_steps() > 0) warmup = std::min(1.0, static_cast<double>(step + 1) / static_cast<double>(config.warmup_steps()));
  double t = std::max(0.0, progress);
  if (config.decay_steps() > 0) t = static_cast<double>(step - config.warmup_steps()) / static_cast<double>(config.decay_steps());
  t = std::clamp(t, 0.0, 1.0);
  const double final_share = config.learning_rate_final();
  return config.learning_rate() * warmup * (final_share + (1 - final_share) * 0.5 * (1 + std::cos(std::numbers::pi * t)));
}

double AverageDecay(const LearnerConfig& config, std::int64_t step) {
  return std::min(config.ema_decay(), static_cast<double>(1 + step) / static_cast<double>(10 + step));
}

}  // namespace tandem
