// What the sections about the network have in common. Internal.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/eval/evaluator.h"
#include "tools/bench/bench.h"

namespace tandem {

// Positions of random games as a batch, with room for the answers.
struct ProbePositions {
  ProbePositions(const Game& game, int count);

  std::vector<std::unique_ptr<State>> states;
  std::vector<ActionList> legal;
  std::vector<std::vector<float>> priors;
  std::vector<Evaluation> evaluations;
  std::vector<EvalRequest> requests;
};

// Operations a second that one core reaches in the tower's own convolution; 0 when it is not known.
double PeakFlops(const BenchRequest& request, Precision precision, int batch);

// "connect_four, 64 channels x 6 blocks".
std::string TowerText(const BenchRequest& request);

}  // namespace tandem
