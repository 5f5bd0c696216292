// The choice of a precision: how far a pass is from float32 on given positions, and how fast each is on this machine.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/net/forward_pass.h"
#include "engine/net/network.h"

namespace tandem {

// A precision is taken only when it agrees with float32 this well on positions that calibration has not seen.
inline constexpr double kMaxPolicyKl = 0.01;    // nats, mean
inline constexpr double kMaxValueError = 0.01;  // of win - loss, mean

// A set of positions with their planes and legal moves, ready to be run.
class ProbeBatch {
 public:
  ProbeBatch(const Game& game, std::span<const std::shared_ptr<const State>> positions);
  int size() const { return static_cast<int>(states_.size()); }
  const float* planes() const { return planes_.data(); }

  struct Outputs {
    std::vector<std::vector<float>> priors;
    std::vector<Evaluation> evaluations;
  };
  // kDataLoss when an output is not finite.
  absl::StatusOr<Outputs> Run(const Game& game, const std::shared_ptr<const ForwardPass>& pass) const;
  // Least time of a few runs of the first `count` positions.
  double Seconds(const ForwardPass& pass, int count) const;

 private:
  std::vector<std::shared_ptr<const State>> states_;
  std::vector<ActionList> legals_;
  std::vector<float> planes_;
};

struct Agreement {
  double policy_kl = 0;    // KL(reference, other), mean
  double value_error = 0;  // mean |difference| of win - loss
  bool Accepted() const { return policy_kl < kMaxPolicyKl && value_error < kMaxValueError; }
};
Agreement Compare(const ProbeBatch::Outputs& reference, const ProbeBatch::Outputs& other);

// A way to compute, float32 first. `pass` is null when it can not be had, `problem` says why.
struct Candidate {
  Precision precision;
  std::shared_ptr<const ForwardPass> pass;
  std::string problem;
};
struct Choice {
  std::size_t index = 0;
  std::string description;  // one line with the measured numbers
};
// The fastest candidate that agrees with the first one on `held_out`. Speed is measured once for each `shape` and process, so that the
// networks of one run compute alike and loading one costs little. `timed` = false: see NetworkOptions.
absl::StatusOr<Choice> ChoosePrecision(const Game& game, std::span<const Candidate> candidates, const ProbeBatch& held_out,
                                       const std::string& shape, bool timed);

}  // namespace tandem
