#include "training/learner/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <utility>

#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr double kBeta1 = 0.9;
constexpr double kBeta2 = 0.999;
constexpr double kAdamEpsilon = 1e-8;
constexpr double kMomentum = 0.9;

}  // namespace

Optimizer::Optimizer(const Tower& tower, const LearnerConfig& config) : config_(config) {
  groups_[0].weight_decay = config.weight_decay();
  for (std::size_t i = 0; i < tower.specs().size(); ++i) {
    const TensorSpec& spec = tower.specs()[i];
    if (!spec.trained()) continue;
    Group& group = groups_[spec.decays() ? 0 : 1];
    const at::Tensor& parameter = tower.tensors()[i];
    group.names.push_back(spec.name);
    group.parameters.push_back(parameter);
    group.first.push_back(at::zeros_like(parameter, at::MemoryFormat::Preserve));
    if (config.optimizer() == LearnerConfig::ADAMW) group.second.push_back(at::zeros_like(parameter, at::MemoryFormat::Preserve));
  }
}

std::vector<at::Tensor> Optimizer::Gradients() const {
  std::vector<at::Tensor> gradients;
  for (const Group& group : groups_) {
    for (const at::Tensor& parameter : group.parameters) gradients.push_back(parameter.grad());
  }
  return gradients;
}

double Optimizer::GradientNorm() const { return at::linalg_vector_norm(at::stack(at::_foreach_norm(Gradients()))).item<double>(); }

void Optimizer::ScaleGradients(double factor) { at::_foreach_mul_(Gradients(), factor); }

void Optimizer::ClearGradients() {
  for (Group& group : groups_) {
    for (at::Tensor& parameter : group.parameters) parameter.mutable_grad() = at::Tensor();
  }
}

void Optimizer::Step(double learning_rate) {
  const at::NoGradGuard no_gradients;
  ++num_steps_;
  for (Group& group : groups_) StepGroup(group, learning_rate);
}

void Optimizer::StepGroup(Group& group, double learning_rate) {
  std::vector<at::Tensor> gradients;
  // The fused kernels walk over memory: a gradient must lie as its parameter does.
  for (const at::Tensor& parameter : group.parameters) {
    at::Tensor gradient = parameter.grad();
    if (gradient.strides() != parameter.strides()) gradient = at::empty_like(parameter, at::MemoryFormat::Preserve).copy_(gradient);
    gradients.push_back(std::move(gradient));
  }
  if (config_.optimizer() == LearnerConfig::ADAMW) {
    const at::Tensor step = at::full({}, static_cast<double>(num_steps_), group.parameters[0].options());
    const std::vector<at::Tensor> steps(group.parameters.size(), step);
    at::_fused_adamw_(group.parameters, gradients, group.first, group.second, /*max_exp_avg_sqs=*/{}, steps, learning_rate, kBeta1, kBeta2,
                      group.weight_decay, kAdamEpsilon, /*amsgrad=*/false, /*maximize=*/false);
    return;
  }
  // Decoupled here too: the fused kernel's own decay would go through the momentum.
  if (group.weight_decay > 0) at::_foreach_mul_(group.parameters, 1.0 - learning_rate * group.weight_decay);
  at::_fused_sgd_(group.parameters, gradients, group.first, /*weight_decay=*/0.0, kMomentum, learning_rate, /*dampening=*/0.0,
                  /*nesterov=*/true, /*maximize=*/false, /*is_first_step=*/num_steps_ == 1);
}

void Optimizer::Export(Weights& weights) const {
  for (const Group& group : groups_) {
    for (std::size_t i = 0; i < group.names.size(); ++i) {
      weights.tensors["first/" + group.names[i]] = FromTorch(group.first[i]);
      if (!group.second.empty()) weights.tensors["second/" + group.names[i]] = FromTorch(group.second[i]);
    }
  }
}

absl::Status Optimizer::Import(const Weights& weights, std::int64_t num_steps) {
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;  // to, from
  const auto plan = [&](const std::string& name, const at::Tensor& to) -> absl::Status {
    const auto found = weights.tensors.find(name);
    if (found == weights.tensors.end()) return BadInput("learner state: no tensor ", name, "; was it saved by another optimizer?");
    if (found->second.shape != to.sizes().vec()) return BadInput("learner state: tensor ", name, " has another shape than the network's");
    copies.emplace_back(to, ToTorch(found->second, to.device()));
    return absl::OkStatus();
  };
  for (const Group& group : groups_) {
    for (std::size_t i = 0; i < group.names.size(); ++i) {
      TANDEM_RETURN_IF_ERROR(plan("first/" + group.names[i], group.first[i]));
      if (!group.second.empty()) TANDEM_RETURN_IF_ERROR(plan("second/" + group.names[i], group.second[i]));
    }
  }
  for (auto& [to, from] : copies) to.copy_(from);
  num_steps_ = num_steps;
  return absl::OkStatus();
}

std::vector<at::Tensor> Optimizer::State() const {
  std::vector<at::Tensor> state;
  for (const Group& group : groups_) {
    state.insert(state.end(), group.first.begin(), group.first.end());
    state.insert(state.end(), group.second.begin(), group.second.end());
  }
  return state;
}

}  // namespace tandem
