// Evaluator: the seam between search and network. Batch first: positions go in, a prior over the legal moves and a value come out, written
// into the caller's own memory. Decorators (cache, symmetry) have the same interface and compose: Cache(Symmetry(network)).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "engine/game/state.h"

namespace tandem {

// Value of a position, mover's view. win + draw + loss = 1, each in [0, 1]; moves_left in plies, >= 0.
struct Evaluation {
  float win = 0;
  float draw = 1;
  float loss = 0;
  float moves_left = 0;

  float Value() const { return win - loss; }  // -1..1
};

// One position of a batch. `state` (not terminal) and `legal` (its LegalActions) must stay alive and unchanged during the call;
// `prior` has legal.size() elements and gets probabilities that sum to 1.
struct EvalRequest {
  const State* state = nullptr;
  std::span<const Action> legal;
  std::span<float> prior;
  Evaluation* evaluation = nullptr;
};

// Counters since construction, summed over decorators by whoever shows them.
struct EvalCounters {
  std::int64_t requests = 0;     // positions asked for
  std::int64_t evaluations = 0;  // positions the network computed
  std::int64_t batches = 0;      // network calls
  std::int64_t cache_hits = 0;   // answered from the cache
  std::int64_t duplicates = 0;   // answered by an equal position of the same batch
  std::int64_t network_nanoseconds = 0;

  EvalCounters& operator+=(const EvalCounters& other);
};

inline EvalCounters& EvalCounters::operator+=(const EvalCounters& other) {
  requests += other.requests;
  evaluations += other.evaluations;
  batches += other.batches;
  cache_hits += other.cache_hits;
  duplicates += other.duplicates;
  network_nanoseconds += other.network_nanoseconds;
  return *this;
}

// Thread-compatible: one evaluator per thread; networks share their weights underneath.
class Evaluator {
 public:
  virtual ~Evaluator() = default;
  // Fills every request. On error (kDataLoss: the network gave NaN or infinity and is to be refused) the outputs are unspecified.
  virtual absl::Status Evaluate(std::span<EvalRequest> batch) = 0;
  virtual EvalCounters counters() const = 0;
  // Names what computes the values: "uniform", "rollout", or a network's content id.
  virtual std::string id() const = 0;
};

}  // namespace tandem
