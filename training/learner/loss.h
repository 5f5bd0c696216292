// Losses of one batch, on the tower's LibTorch tensors: only for the sources of this folder and their tests.
//
//   loss = policy + value_weight * wdl + moves_left_weight * moves_left + ownership_weight * ownership + margin_weight * margin
//
// policy and wdl are cross entropies in nats, the policy's over legal moves only; moves_left is a Huber loss in units of
// kMovesLeftUnitPlies with delta 1/2; ownership and margin are squared errors. Each is the mean over rows of weight times loss.
#pragma once

#include "absl/status/status.h"
#include "engine/net/torch/tower.h"
#include "proto/run_config.pb.h"
#include "training/target/batch.h"

namespace tandem {

// A TrainingBatch as tensors on one device.
struct BatchTensors {
  at::Tensor planes;                                                     // [B, C, H, W], channels-last
  at::Tensor policy, legal, wdl, moves_left, ownership, margin, weight;  // as in TrainingBatch; ownership and margin may be undefined
};

// Scalars; undefined where the game has no such target.
struct BatchLosses {
  at::Tensor total, policy, wdl, moves_left, ownership, margin;
  at::Tensor policy_entropy;  // of the targets
};

// kInvalidArgument names the member whose size does not fit the game.
absl::Status CheckBatch(const GameFacts& facts, const TrainingBatch& batch);
// The tensors alias `batch` on the processor: it must outlive them.
BatchTensors MakeBatchTensors(const GameFacts& facts, const TrainingBatch& batch, const at::Device& device);
BatchLosses ComputeLosses(const TowerOutput& output, const BatchTensors& batch, const LearnerConfig& config);

}  // namespace tandem
