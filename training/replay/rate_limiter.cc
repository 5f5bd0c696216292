#include <algorithm>

#include "training/replay/window.h"

namespace tandem {
namespace {

// Centre and half width of the band, in samples.
struct Band {
  double centre = 0;
  double half_width = 0;
};

Band SampleBand(const ReplayConfig& config, std::int64_t total_rows) {
  const double counted = static_cast<double>(std::max<std::int64_t>(total_rows - config.min_rows(), 0));
  const double wide = std::max(counted, static_cast<double>(config.min_rows()));
  return {config.samples_per_row() * counted, config.samples_per_row() * config.samples_slack() * wide};
}

}  // namespace

bool RateLimiter::MayTrain(std::int64_t total_rows, std::int64_t total_samples) const {
  if (total_rows < config_.min_rows()) return false;
  const Band band = SampleBand(config_, total_rows);
  return static_cast<double>(total_samples) < band.centre + band.half_width;
}

bool RateLimiter::MayPlay(std::int64_t total_rows, std::int64_t total_samples) const {
  if (total_rows < config_.min_rows()) return true;
  const Band band = SampleBand(config_, total_rows);
  return static_cast<double>(total_samples) >= band.centre - band.half_width;
}

}  // namespace tandem
