// Batches and configurations small enough for tests of the learner.
#pragma once

#include "engine/base/rng.h"
#include "engine/game/state.h"
#include "proto/run_config.pb.h"
#include "training/target/batch.h"

namespace tandem {

inline RunConfig SmallConfig() {
  RunConfig config;
  NetworkConfig& network = *config.mutable_network();
  network.set_blocks(2);
  network.set_channels(16);
  network.set_pool_every(2);
  network.set_head_channels(8);
  network.set_value_hidden(16);
  config.mutable_learner()->set_learning_rate(0.01);
  config.mutable_learner()->set_warmup_steps(5);
  return config;
}

// Rows that no rule connects: the network can only learn them by heart.
inline TrainingBatch RandomBatch(const GameFacts& facts, int rows, std::uint64_t seed) {
  Rng rng(seed);
  TrainingBatch batch;
  batch.rows = rows;
  for (int i = 0; i < rows * facts.cells() * facts.num_planes; ++i) batch.planes.push_back(static_cast<float>(rng.Below(2)));
  for (int row = 0; row < rows; ++row) {
    float sum = 0;
    for (int a = 0; a < facts.num_actions; ++a) {
      const bool legal = a == row % facts.num_actions || rng.Below(2) == 0;
      batch.legal.push_back(legal ? 1.0f : 0.0f);
      batch.policy.push_back(legal ? static_cast<float>(rng.Uniform()) + 0.01f : 0.0f);
      sum += batch.policy.back();
    }
    for (int a = 0; a < facts.num_actions; ++a) batch.policy[batch.policy.size() - 1 - a] /= sum;
    const std::uint32_t outcome = rng.Below(3);
    for (std::uint32_t i = 0; i < 3; ++i) batch.wdl.push_back(i == outcome ? 1.0f : 0.0f);
    batch.moves_left.push_back(static_cast<float>(rng.Below(20)));
    batch.weight.push_back(1.0f);
    if (!facts.has_ownership) continue;
    float margin = 0;
    for (int cell = 0; cell < facts.cells(); ++cell) {
      batch.ownership.push_back(static_cast<float>(rng.Below(3)) - 1.0f);
      margin += batch.ownership.back();
    }
    batch.margin.push_back(margin / static_cast<float>(facts.cells()));
  }
  return batch;
}

}  // namespace tandem
