// Learning rate and averaging decay over time; free of torch.
#pragma once

#include <cstdint>

#include "proto/run_config.pb.h"

namespace tandem {

// Rate of step `step` (0 is the first): linear warm-up times cosine decay (Loshchilov 2017),
//
//   rate = learning_rate * min(1, (step + 1) / warmup_steps) * (f + (1 - f) (1 + cos(pi t)) / 2), f = learning_rate_final,
//
// t in 0..1 is the share of decay_steps gone since the warm-up when decay_steps > 0, else `progress` (share of a time-limited run), else
// 0 when progress is negative (unknown): a constant rate.
double LearningRate(const LearnerConfig& config, std::int64_t step, double progress);

// Decay of the averaged weights at step `step`: min(ema_decay, (1 + step) / (10 + step)), so that the average does not cling to the
// start values.
double AverageDecay(const LearnerConfig& config, std::int64_t step);

}  // namespace tandem
