// Section `train`: learner steps against the same operations a second.
#include <cstddef>
#include <memory>
#include <span>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/net/spec.h"
#include "tools/bench/network_probe.h"
#include "training/learner/learner.h"

namespace tandem {
namespace {

// Rows like those of replay: planes of random positions and targets of any kind that sums to 1.
TrainingBatch MadeUpRows(const Game& game, int rows) {
  const GameFacts& facts = game.facts();
  const ProbePositions positions(game, rows);
  const auto count = static_cast<std::size_t>(rows), cells = static_cast<std::size_t>(facts.cells());
  const std::size_t plane_size = cells * static_cast<std::size_t>(facts.num_planes), actions = static_cast<std::size_t>(facts.num_actions);
  TrainingBatch batch;
  batch.rows = rows;
  batch.planes.resize(count * plane_size);
  batch.policy.resize(count * actions);
  batch.legal.resize(count * actions);
  batch.wdl.assign(count * 3, 1.0f / 3);
  batch.moves_left.assign(count, 10);
  batch.weight.assign(count, 1);
  if (facts.has_ownership) {
    batch.ownership.assign(count * cells, 0);
    batch.margin.assign(count, 0);
  }
  for (std::size_t i = 0; i < count; ++i) {
    positions.states[i]->WritePlanes(std::span<float>(&batch.planes[i * plane_size], plane_size));
    for (const Action action : positions.legal[i]) {
      batch.legal[i * actions + action] = 1;
      batch.policy[i * actions + action] = 1.0f / static_cast<float>(positions.legal[i].size());
    }
  }
  return batch;
}

absl::Status AddTrainRow(const BenchRequest& request, Precision precision, const TrainingBatch& batch, BenchSection* section) {
  LearnerOptions options;
  options.threads = request.threads;
  options.precision = precision;
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Learner> learner, NewLearner(*request.game, request.config, options));
  TANDEM_ASSIGN_OR_RETURN(const double rate, RatePerSecond(request.threads == 1 ? RateClock::kThread : RateClock::kWall, request.seconds,
                                                           [&]() -> absl::StatusOr<std::int64_t> {
                                                             TANDEM_RETURN_IF_ERROR(learner->Step(batch, -1).status());
                                                             return batch.rows;
                                                           }));
  const double flops = rate * TrainingFlops(request.game->facts(), request.config.network());
  const double peak = request.threads * PeakFlops(request, precision, 128);
  section->rows.push_back({{"precision", std::string(PrecisionName(precision))},
                           {"threads", request.threads},
                           {"batch", batch.rows},
                           {"samples_per_s", rate},
                           {"ms_per_step", 1e3 * batch.rows / rate},
                           {"gflops_per_s", flops / 1e9},
                           {"peak_gflops_per_s", peak / 1e9},
                           {"share_of_peak", peak > 0 ? flops / peak : 0.0}});
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BenchSection> BenchTrain(const BenchRequest& request) {
  BenchSection section{
      "train", absl::StrCat("learner steps, ", TowerText(request), "; peak: the tower's 3x3 convolution alone on each thread"), {}};
  const TrainingBatch batch = MadeUpRows(*request.game, request.config.learner().batch_size());
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    const absl::Status status = AddTrainRow(request, precision, batch, &section);
    if (precision == Precision::kBFloat16 && status.code() == absl::StatusCode::kFailedPrecondition) continue;  // the processor has none
    TANDEM_RETURN_IF_ERROR(status);
  }
  return section;
}

}  // namespace tandem
