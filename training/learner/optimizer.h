// AdamW (Loshchilov 2019) and SGD with Nesterov momentum over the trained tensors of a tower, by LibTorch's fused kernels. Decoupled
// weight decay touches convolution and linear weights only. For the sources of this folder and their tests only.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/net/torch/tower.h"
#include "proto/run_config.pb.h"

namespace tandem {

// Single-threaded. Shares the tower's tensors; the tower must outlive it.
class Optimizer {
 public:
  Optimizer(const Tower& tower, const LearnerConfig& config);

  // Changes the parameters by their gradients, all of which must be defined.
  void Step(double learning_rate);
  // Norm of all gradients together.
  double GradientNorm() const;
  void ScaleGradients(double factor);
  void ClearGradients();
  // In an order of their own, the same for equal towers.
  std::vector<at::Tensor> Gradients() const;

  std::int64_t num_steps() const { return num_steps_; }
  // Moments under "first/NAME" and "second/NAME" (SGD: "first/" only), beside the number of steps all that Step keeps.
  void Export(Weights& weights) const;
  // kInvalidArgument when a tensor is absent or of another shape; nothing is changed then.
  absl::Status Import(const Weights& weights, std::int64_t num_steps);
  // The moments, in an order of their own: for snapshots in memory.
  std::vector<at::Tensor> State() const;
  void set_num_steps(std::int64_t num_steps) { num_steps_ = num_steps; }

 private:
  // Tensors with and without weight decay.
  struct Group {
    double weight_decay = 0;
    std::vector<std::string> names;
    std::vector<at::Tensor> parameters;
    std::vector<at::Tensor> first;   // AdamW: mean of gradients; SGD: momentum
    std::vector<at::Tensor> second;  // AdamW: mean of squared gradients
  };
  void StepGroup(Group& group, double learning_rate);

  const LearnerConfig config_;
  Group groups_[2];
  std::int64_t num_steps_ = 0;
};

}  // namespace tandem
