// Games kept apart from training, and how well a network alone predicts them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/eval/evaluator.h"
#include "engine/net/run_directory.h"
#include "proto/record.pb.h"

namespace tandem {

// RUN/holdout: chunks like the run's own, which no learner reads.
inline std::filesystem::path HoldoutDirectory(const RunDirectory& run) { return run.root() / "holdout"; }

// kNotFound when nothing was kept apart.
absl::StatusOr<std::vector<GameRecord>> ReadHoldout(const Game& game, const RunDirectory& run);

struct HoldoutReport {
  std::int64_t games = 0, positions = 0;
  double top1 = 0;             // share of positions where the most likely move is the one that was played
  double random_top1 = 0;      // the same for a uniformly random legal move, expected
  double policy_nats = 0;      // mean of -ln(prior of the move played)
  double result_accuracy = 0;  // share of positions where the likeliest of win, draw, loss is the game's result
  double value_mse = 0;        // mean of (value - result)^2, both -1..1
};

// Over the target turns of games that VerifyRecord accepts.
absl::StatusOr<HoldoutReport> MeasureHoldout(const Game& game, const std::vector<GameRecord>& games, Evaluator& evaluator);

}  // namespace tandem
