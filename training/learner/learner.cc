#include "training/learner/learner.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "engine/base/config.h"
#include "engine/base/status.h"
#include "engine/net/initial.h"
#include "engine/net/spec.h"
#include "engine/net/torch/inference.h"
#include "engine/net/torch/tower.h"
#include "training/learner/checkpoint_files.h"
#include "training/learner/distributed_group.h"
#include "training/learner/distributed_learner.h"
#include "training/learner/distributed_norm.h"
#include "training/learner/loss.h"
#include "training/learner/optimizer.h"
#include "training/learner/schedule.h"

namespace tandem {
namespace {

constexpr int kMaxBadSteps = 3;  // in a row, before the weights roll back

constexpr char kRawPrefix[] = "raw/";
constexpr char kAveragePrefix[] = "average/";
constexpr char kOptimizerSteps[] = "tandem.optimizer_steps";
constexpr char kOptimizerName[] = "tandem.optimizer";

// The tensors whose names begin with `prefix`, without it, and all metadata.
Weights Part(const Weights& weights, const std::string& prefix) {
  Weights part;
  part.metadata = weights.metadata;
  for (auto it = weights.tensors.lower_bound(prefix); it != weights.tensors.end() && it->first.starts_with(prefix); ++it) {
    part.tensors[it->first.substr(prefix.size())] = it->second;
  }
  return part;
}

std::vector<at::Tensor> Copies(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> copies;
  for (const at::Tensor& tensor : tensors) copies.push_back(tensor.detach().clone());
  return copies;
}

// Values of `from` into the tensors `to`.
void CopyInto(const std::vector<at::Tensor>& to, const std::vector<at::Tensor>& from) {
  const at::NoGradGuard no_gradients;
  for (std::size_t i = 0; i < to.size(); ++i) to[i].copy_(from[i]);
}

double Item(const at::Tensor& scalar) { return scalar.defined() ? scalar.item<double>() : 0.0; }

class TorchLearner : public Learner {
 public:
  TorchLearner(const Game& game, const RunConfig& config, const LearnerOptions& options, at::Device device, at::ScalarType trunk_type,
               Tower raw)
      : game_(game),
        config_(config.learner()),
        threads_(std::max(1, options.threads)),
        group_(options.group),
        device_(device),
        trunk_type_(trunk_type),
        raw_(std::move(raw)),
        average_(raw_.Clone()),
        optimizer_(raw_, config_) {
    for (std::size_t i = 0; i < raw_.specs().size(); ++i) {
      if (raw_.specs()[i].trained()) {
        at::Tensor(raw_.tensors()[i]).set_requires_grad(true);
      } else {
        statistics_.push_back(raw_.tensors()[i]);
      }
    }
    if (group_ != nullptr) raw_.set_training_norm(MakeDistributedNorm(group_));
    TakeSnapshot();
  }

  absl::StatusOr<StepReport> Step(const TrainingBatch& batch, double progress) override {
    TANDEM_RETURN_IF_ERROR(CheckBatch(game_.facts(), batch));
    StepReport report;
    const auto start = std::chrono::steady_clock::now();
    const std::vector<at::Tensor> statistics = Copies(statistics_);
    const absl::Status taken = CatchTorchErrors("learner step", [&] {
      ApplyThreads();
      report = TakeStep(batch, progress, statistics);
      return absl::OkStatus();
    });
    if (taken.ok()) {
      const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
      report.samples_per_second = batch.rows / std::max(seconds.count(), 1e-9);
      report.gflops_per_second = 1e-9 * report.samples_per_second * TrainingFlops(game_.facts(), raw_.config());
      return report;
    }
    Undo(statistics);
    return group_ == nullptr || group_->status().ok() ? taken : group_->status();
  }

  std::int64_t step() const override { return step_; }

  Weights AveragedWeights() const override {
    Weights weights;
    SetWeightsMetadata(game_.facts(), raw_.config(), step_, weights);
    average_.Export("", weights);
    return weights;
  }

  LearnerState ExportState() const override {
    LearnerState state;
    state.step = step_;
    Weights& weights = state.weights;
    SetWeightsMetadata(game_.facts(), raw_.config(), step_, weights);
    weights.metadata[kOptimizerSteps] = std::to_string(optimizer_.num_steps());
    weights.metadata[kOptimizerName] = LearnerConfig::Optimizer_Name(config_.optimizer());
    raw_.Export(kRawPrefix, weights);
    average_.Export(kAveragePrefix, weights);
    optimizer_.Export(weights);
    return state;
  }

  absl::Status ImportState(const LearnerState& state) override {
    return CatchTorchErrors("learner state", [&] { return Adopt(state); });
  }

  void KeepForRollBack() const override { TakeSnapshot(); }

  absl::Status Save(const std::filesystem::path& directory) const override {
    TANDEM_RETURN_IF_ERROR(WriteLearnerState(directory, step_, ExportState().weights));
    TakeSnapshot();
    return absl::OkStatus();
  }

  absl::Status Load(const std::filesystem::path& directory) override {
    LearnerState state;
    TANDEM_ASSIGN_OR_RETURN(state, ReadLearnerState(directory));
    return Annotate(ImportState(state), directory.string());
  }

  std::int64_t num_parameters() const override {
    std::int64_t count = 0;
    for (const TensorSpec& spec : raw_.specs()) count += spec.trained() ? spec.size() : 0;
    return count;
  }

 private:
  // Everything a step changes, but for the counter.
  struct Snapshot {
    std::vector<at::Tensor> raw, average, optimizer;
    std::int64_t optimizer_steps = 0;
  };

  void ApplyThreads() const {
    if (at::get_num_threads() != threads_) at::set_num_threads(threads_);
  }

  // `statistics` are batch norm's of before.
  StepReport TakeStep(const TrainingBatch& batch, double progress, const std::vector<at::Tensor>& statistics) {
    const BatchTensors tensors = MakeBatchTensors(game_.facts(), batch, device_);
    const BatchLosses losses = ComputeLosses(raw_.Forward(tensors.planes, TowerMode::kTraining, trunk_type_), tensors, config_);
    StepReport report = Report(losses);
    report.learning_rate = LearningRate(config_, step_, progress);
    const double share = group_ == nullptr ? 1.0 : ReduceReport(batch.rows, report);
    if (std::isfinite(report.loss)) {
      (share == 1.0 ? losses.total : losses.total * share).backward();
      if (group_ != nullptr) AverageGradients();
      report.gradient_norm = optimizer_.GradientNorm();
    }
    report.skipped = !std::isfinite(report.loss) || !std::isfinite(report.gradient_norm);
    if (report.skipped) {
      Undo(statistics);
      report.rolled_back = CountBadStep();
    } else {
      bad_steps_ = 0;
      if (report.gradient_norm > config_.gradient_clip()) optimizer_.ScaleGradients(config_.gradient_clip() / report.gradient_norm);
      optimizer_.Step(report.learning_rate);
      optimizer_.ClearGradients();
      UpdateAverage();
      ++step_;
    }
    report.step = step_;
    return report;
  }

  void Undo(const std::vector<at::Tensor>& statistics) {
    CopyInto(statistics_, statistics);
    optimizer_.ClearGradients();
  }

  // Makes the losses those of all ranks' rows: one NaN anywhere is one everywhere, so that all ranks skip the same steps. Returns what this
  // rank's loss, a mean over its own rows, must be multiplied by so that the mean over ranks is the mean over all rows.
  double ReduceReport(int rows, StepReport& report) const {
    double* const losses[] = {&report.loss,           &report.policy_loss, &report.value_loss,    &report.moves_left_loss,
                              &report.ownership_loss, &report.margin_loss, &report.policy_entropy};
    std::vector<double> numbers{static_cast<double>(rows)};
    for (const double* loss : losses) numbers.push_back(*loss * rows);
    at::Tensor sums = at::tensor(numbers, at::TensorOptions().dtype(at::kDouble).device(device_));
    group_->Sum(sums);
    sums = sums.cpu();
    const double all_rows = sums[0].item<double>();
    for (std::size_t i = 0; i < std::size(losses); ++i) *losses[i] = sums[static_cast<std::int64_t>(i + 1)].item<double>() / all_rows;
    return rows * group_->world().size / all_rows;
  }

  // Mean over the ranks, in one message. Before the norm, the clipping and the guard, which so see the same at every rank.
  void AverageGradients() {
    const std::vector<at::Tensor> gradients = optimizer_.Gradients();
    std::vector<at::Tensor> flat;
    // In the order of the shape, for the strides may differ from rank to rank.
    for (const at::Tensor& gradient : gradients) flat.push_back(gradient.reshape({-1}));
    at::Tensor sum = at::cat(flat);
    group_->Sum(sum);
    sum.div_(group_->world().size);
    std::int64_t begin = 0;
    for (const at::Tensor& gradient : gradients) {
      gradient.copy_(sum.narrow(0, begin, gradient.numel()).view(gradient.sizes()));
      begin += gradient.numel();
    }
  }

  static StepReport Report(const BatchLosses& losses) {
    StepReport report;
    report.loss = Item(losses.total);
    report.policy_loss = Item(losses.policy);
    report.value_loss = Item(losses.wdl);
    report.moves_left_loss = Item(losses.moves_left);
    report.ownership_loss = Item(losses.ownership);
    report.margin_loss = Item(losses.margin);
    report.policy_entropy = Item(losses.policy_entropy);
    return report;
  }

  // Returns whether the weights rolled back.
  bool CountBadStep() {
    if (++bad_steps_ < kMaxBadSteps) return false;
    bad_steps_ = 0;
    CopyInto(raw_.tensors(), snapshot_.raw);
    CopyInto(average_.tensors(), snapshot_.average);
    CopyInto(optimizer_.State(), snapshot_.optimizer);
    optimizer_.set_num_steps(snapshot_.optimizer_steps);
    return true;
  }

  // average += (1 - decay) (raw - average), for parameters and for batch norm's statistics.
  void UpdateAverage() {
    const at::NoGradGuard no_gradients;
    at::_foreach_lerp_(average_.tensors(), raw_.tensors(), 1.0 - AverageDecay(config_, step_));
  }

  void TakeSnapshot() const {
    snapshot_ = {Copies(raw_.tensors()), Copies(average_.tensors()), Copies(optimizer_.State()), optimizer_.num_steps()};
  }

  absl::Status Adopt(const LearnerState& state) {
    const GameFacts& facts = game_.facts();
    const auto optimizer = state.weights.metadata.find(kOptimizerName);
    if (optimizer == state.weights.metadata.end() || optimizer->second != LearnerConfig::Optimizer_Name(config_.optimizer())) {
      return BadInput("saved with optimizer ", optimizer == state.weights.metadata.end() ? "unknown" : optimizer->second, "; expected ",
                      LearnerConfig::Optimizer_Name(config_.optimizer()));
    }
    const Weights raw_part = Part(state.weights, kRawPrefix);
    TANDEM_ASSIGN_OR_RETURN(const Tower raw, Tower::FromWeights(facts, raw_part, device_));
    TANDEM_ASSIGN_OR_RETURN(const Tower average, Tower::FromWeights(facts, Part(state.weights, kAveragePrefix), device_));
    for (std::size_t i = 0; i < raw_.specs().size() || i < raw.specs().size(); ++i) {
      if (i < raw_.specs().size() && i < raw.specs().size() && raw_.specs()[i].name == raw.specs()[i].name &&
          raw_.specs()[i].shape == raw.specs()[i].shape) {
        continue;
      }
      return BadInput("saved tower is another one: ", raw_part.metadata.at("tandem.network"));
    }
    std::int64_t optimizer_steps = 0;
    const auto steps = state.weights.metadata.find(kOptimizerSteps);
    if (steps == state.weights.metadata.end() || !absl::SimpleAtoi(steps->second, &optimizer_steps) || optimizer_steps < 0) {
      return Corrupt("no metadata ", kOptimizerSteps);
    }
    TANDEM_RETURN_IF_ERROR(optimizer_.Import(state.weights, optimizer_steps));
    CopyInto(raw_.tensors(), raw.tensors());
    CopyInto(average_.tensors(), average.tensors());
    step_ = state.step;
    bad_steps_ = 0;
    TakeSnapshot();
    return absl::OkStatus();
  }

  const Game& game_;
  const LearnerConfig config_;
  const int threads_;
  LearnerGroup* const group_;  // null: alone
  const at::Device device_;
  const at::ScalarType trunk_type_;
  Tower raw_;      // what is trained
  Tower average_;  // what plays
  Optimizer optimizer_;
  std::vector<at::Tensor> statistics_;  // batch norm's, of raw_
  std::int64_t step_ = 0;
  int bad_steps_ = 0;
  mutable Snapshot snapshot_;  // Save, which changes nothing else, renews it
};

absl::StatusOr<at::Device> ParseDevice(const std::string& text) {
  std::optional<at::Device> device;
  const absl::Status status = CatchTorchErrors("device", [&] {
    device.emplace(text);
    return absl::OkStatus();
  });
  if (!status.ok() || !(device->is_cpu() || device->is_cuda())) return BadInput("device \"", text, "\"; expected cpu or cuda[:INDEX]");
  if (device->is_cuda() && !at::hasCUDA()) {
    return absl::FailedPreconditionError(absl::StrCat("device \"", text, "\": no CUDA device or a LibTorch without CUDA"));
  }
  return *device;
}

absl::StatusOr<at::ScalarType> TrunkType(Precision precision, const at::Device& device) {
  const bool has_bfloat16 = !device.is_cpu() || ProcessorHasBFloat16();
  switch (precision) {
    case Precision::kAuto:
      return has_bfloat16 ? at::kBFloat16 : at::kFloat;
    case Precision::kFloat32:
      return at::kFloat;
    case Precision::kBFloat16:
      if (has_bfloat16) return at::kBFloat16;
      return absl::FailedPreconditionError("learner precision bf16: this processor has no avx512_bf16; expected fp32 or auto");
    case Precision::kFloat16:
    case Precision::kInt8:
      break;
  }
  return BadInput("learner precision ", std::string(PrecisionName(precision)), "; expected auto, fp32 or bf16");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Learner>> NewLearner(const Game& game, const RunConfig& config, const LearnerOptions& options) {
  TANDEM_RETURN_IF_ERROR(ValidateConfig(config));
  TANDEM_ASSIGN_OR_RETURN(const at::Device device, ParseDevice(options.device));
  TANDEM_ASSIGN_OR_RETURN(const at::ScalarType trunk_type, TrunkType(options.precision, device));
  const Weights weights = DrawInitialWeights(game.facts(), config.network(), config.seed());
  std::unique_ptr<Learner> learner;
  TANDEM_RETURN_IF_ERROR(CatchTorchErrors("learner", [&]() -> absl::Status {
    TANDEM_ASSIGN_OR_RETURN(Tower tower, Tower::FromWeights(game.facts(), weights, device));
    learner = std::make_unique<TorchLearner>(game, config, options, device, trunk_type, std::move(tower));
    return absl::OkStatus();
  }));
  if (options.group != nullptr && options.group->leads()) return NewLeadingLearner(game, std::move(learner), options.group);
  return learner;
}

}  // namespace tandem
