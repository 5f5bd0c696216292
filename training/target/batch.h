// A training batch in plain memory, free of torch: what replay makes and the learner eats.
#pragma once

#include <cstdint>
#include <vector>

namespace tandem {

// Shapes: B rows, A actions, H x W cells, C planes. All row-major, float32.
struct TrainingBatch {
  int rows = 0;
  std::vector<float> planes;       // [B, H, W, C], mover's view (channels last, as Evaluator's)
  std::vector<float> policy;       // [B, A], target distribution over all actions, illegal ones 0; sums to 1
  std::vector<float> legal;        // [B, A], 1 where legal else 0
  std::vector<float> wdl;          // [B, 3], win/draw/loss target, mover's view; sums to 1
  std::vector<float> moves_left;   // [B], plies to the end
  std::vector<float> ownership;    // [B, H, W], +1 mover's, -1 opponent's, 0 nobody's; empty for games without ownership
  std::vector<float> margin;       // [B], sum of ownership / cells, in [-1, 1]; empty likewise
  std::vector<float> weight;       // [B], loss weight, mean about 1
  double mean_age_rows = 0;        // how long ago the rows were made, in rows: staleness
};

}  // namespace tandem
