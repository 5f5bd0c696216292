// Waiting between attempts: exponential with jitter, so that a thousand workers whose coordinator comes back do not all come at once.
// wait_n = uniform in [1/2, 1] x min(longest, first x 2^n) ("equal jitter").
#pragma once

#include <algorithm>
#include <cmath>

#include "absl/time/time.h"
#include "engine/base/rng.h"

namespace tandem {

// Single-threaded.
class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration longest, Rng rng) : first_(first), longest_(longest), rng_(rng) {}

  absl::Duration Next() {
    const absl::Duration full = std::min(longest_, first_ * std::exp2(std::min(attempts_, 60)));
    ++attempts_;
    return full * (0.5 + 0.5 * rng_.Uniform());
  }
  void Reset() { attempts_ = 0; }
  int attempts() const { return attempts_; }

 private:
  const absl::Duration first_;
  const absl::Duration longest_;
  Rng rng_;
  int attempts_ = 0;
};

}  // namespace tandem
