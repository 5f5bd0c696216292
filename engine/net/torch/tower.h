// The residual tower as LibTorch tensors: the differentiable forward pass that the learner trains, and the plain reference for the folded
// one (inference.h). Tensors come from the list of spec.h and go to and from Weights by name; there is no module tree.
//
// Block (post-activation, so that batch norm folds away at inference; He 2016): x + norm2(conv2(relu(norm1(conv1(x))))), then ReLU. In a
// pooling block the first channels of norm1's output are pooled into a bias of the others, which alone go into conv2 (Wu 2019, sec. 3.3).
// Heads: one 1x1 convolution with norm, split into policy maps, pooled features that bias them, and value features.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/types.h"
#include "engine/net/spec.h"
#include "engine/net/weights.h"

namespace tandem {

// B positions, A actions. float32 on the tower's device.
struct TowerOutput {
  at::Tensor policy;      // [B, A] logits over all actions
  at::Tensor wdl;         // [B, 3] logits of win, draw, loss, mover's view
  at::Tensor moves_left;  // [B] plies
  at::Tensor ownership;   // [B, H, W] in -1..1; undefined for games without ownership
  at::Tensor margin;      // [B] in -1..1; likewise
};

constexpr double kNormMomentum = 0.1;  // weight of the newest batch in the running statistics

// Batch norm of a forward pass in kTraining mode: normalises `x` [B, C, H, W] and updates the running statistics.
using TrainingNorm = std::function<at::Tensor(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                                              const at::Tensor& running_mean, const at::Tensor& running_var)>;

enum class TowerMode {
  kInference,  // running statistics
  kTraining,   // batch statistics; updates the running ones
};

// Thread-compatible; forward passes in kInference mode may share one tower. May throw c10::Error.
class Tower {
 public:
  // Checks with CheckWeights first. Convolution weights are kept channels-last.
  static absl::StatusOr<Tower> FromWeights(const GameFacts& facts, const Weights& weights, const at::Device& device = at::kCPU);

  // `planes` is [B, C, H, W], channels-last. With a 16-bit `trunk_type` the trunk computes in that type by autocast, the
  // heads in float32.
  TowerOutput Forward(const at::Tensor& planes, TowerMode mode, at::ScalarType trunk_type = at::kFloat) const;

  // Another batch norm for kTraining than LibTorch's, over the rows of several processes, say.
  void set_training_norm(TrainingNorm norm) { training_norm_ = std::move(norm); }

  const std::vector<TensorSpec>& specs() const { return specs_; }
  const NetworkConfig& config() const { return config_; }
  // In the order of specs().
  const std::vector<at::Tensor>& tensors() const { return tensors_; }
  // Adds the tensors, as float32, under prefix + name.
  void Export(const std::string& prefix, Weights& weights) const;
  // Same values in tensors of its own, without gradients.
  Tower Clone() const;

 private:
  Tower() = default;
  const at::Tensor& Get(const std::string& name) const { return tensors_[index_.at(name)]; }
  at::Tensor Convolution(const at::Tensor& x, const std::string& name) const;
  at::Tensor Norm(const at::Tensor& x, const std::string& name, TowerMode mode) const;
  at::Tensor Trunk(const at::Tensor& planes, TowerMode mode) const;
  TowerOutput Heads(const at::Tensor& features) const;

  GameFacts facts_;
  NetworkConfig config_;
  std::vector<TensorSpec> specs_;
  std::vector<at::Tensor> tensors_;
  std::map<std::string, std::size_t> index_;
  TrainingNorm training_norm_;
};

// Copies between plain memory and tensors; element order is row-major whatever the tensor's strides.
at::Tensor ToTorch(const Tensor& tensor, const at::Device& device);
Tensor FromTorch(const at::Tensor& tensor);

}  // namespace tandem
