#include "training/learner/loss.h"

#include <ATen/ATen.h>

#include <limits>
#include <string_view>
#include <utility>

#include "engine/base/status.h"
#include "engine/net/spec.h"

namespace tandem {
namespace {

constexpr double kHuberDelta = 0.5;  // 10 plies

absl::Status CheckSize(std::string_view name, std::size_t size, std::size_t expected) {
  if (size == expected) return absl::OkStatus();
  return BadInput("training batch: ", std::string(name), " has ", size, " elements; expected ", expected);
}

at::Tensor ToDevice(const std::vector<float>& data, at::IntArrayRef shape, const at::Device& device) {
  // from_blob wants a mutable pointer; nothing writes through it.
  return at::from_blob(const_cast<float*>(data.data()), shape, at::kFloat).to(device);
}

// Mean over rows of weight * -sum(target * log_probability).
at::Tensor CrossEntropy(const at::Tensor& target, const at::Tensor& log_probability, const at::Tensor& weight) {
  return -((target * log_probability).sum(1) * weight).mean();
}

}  // namespace

absl::Status CheckBatch(const GameFacts& facts, const TrainingBatch& batch) {
  if (batch.rows <= 0) return BadInput("training batch: ", batch.rows, " rows; expected at least 1");
  const std::size_t rows = batch.rows;
  const std::size_t cells = facts.cells();
  TANDEM_RETURN_IF_ERROR(CheckSize("planes", batch.planes.size(), rows * cells * facts.num_planes));
  TANDEM_RETURN_IF_ERROR(CheckSize("policy", batch.policy.size(), rows * facts.num_actions));
  TANDEM_RETURN_IF_ERROR(CheckSize("legal", batch.legal.size(), rows * facts.num_actions));
  TANDEM_RETURN_IF_ERROR(CheckSize("wdl", batch.wdl.size(), rows * 3));
  TANDEM_RETURN_IF_ERROR(CheckSize("moves_left", batch.moves_left.size(), rows));
  TANDEM_RETURN_IF_ERROR(CheckSize("weight", batch.weight.size(), rows));
  if (!facts.has_ownership) return absl::OkStatus();
  TANDEM_RETURN_IF_ERROR(CheckSize("ownership", batch.ownership.size(), rows * cells));
  return CheckSize("margin", batch.margin.size(), rows);
}

BatchTensors MakeBatchTensors(const GameFacts& facts, const TrainingBatch& batch, const at::Device& device) {
  const std::int64_t rows = batch.rows;
  BatchTensors tensors;
  tensors.planes = ToDevice(batch.planes, {rows, facts.rows, facts.cols, facts.num_planes}, device).permute({0, 3, 1, 2});
  tensors.policy = ToDevice(batch.policy, {rows, facts.num_actions}, device);
  tensors.legal = ToDevice(batch.legal, {rows, facts.num_actions}, device);
  tensors.wdl = ToDevice(batch.wdl, {rows, 3}, device);
  tensors.moves_left = ToDevice(batch.moves_left, {rows}, device);
  tensors.weight = ToDevice(batch.weight, {rows}, device);
  if (facts.has_ownership) {
    tensors.ownership = ToDevice(batch.ownership, {rows, facts.rows, facts.cols}, device);
    tensors.margin = ToDevice(batch.margin, {rows}, device);
  }
  return tensors;
}

BatchLosses ComputeLosses(const TowerOutput& output, const BatchTensors& batch, const LearnerConfig& config) {
  BatchLosses losses;
  // Illegal moves get no probability; their log, minus infinity, must not meet the target's 0.
  const at::Tensor illegal = batch.legal == 0;
  const at::Tensor log_policy =
      at::log_softmax(output.policy.masked_fill(illegal, -std::numeric_limits<double>::infinity()), 1).masked_fill(illegal, 0);
  losses.policy = CrossEntropy(batch.policy, log_policy, batch.weight);
  losses.policy_entropy = -(at::xlogy(batch.policy, batch.policy).sum(1) * batch.weight).mean();
  losses.wdl = CrossEntropy(batch.wdl, at::log_softmax(output.wdl, 1), batch.weight);
  const at::Tensor huber =
      at::huber_loss(output.moves_left / kMovesLeftUnitPlies, batch.moves_left / kMovesLeftUnitPlies, at::Reduction::None, kHuberDelta);
  losses.moves_left = (huber * batch.weight).mean();
  losses.total = losses.policy + config.value_weight() * losses.wdl + config.moves_left_weight() * losses.moves_left;
  if (batch.ownership.defined()) {
    losses.ownership = ((output.ownership - batch.ownership).square().mean({1, 2}) * batch.weight).mean();
    losses.margin = ((output.margin - batch.margin).square() * batch.weight).mean();
    losses.total = losses.total + config.ownership_weight() * losses.ownership + config.margin_weight() * losses.margin;
  }
  return losses;
}

}  // namespace tandem
