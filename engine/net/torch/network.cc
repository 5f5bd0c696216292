// The backend behind engine/net/network.h: chooses a forward pass, wraps it as Evaluator, and keeps NaN from getting out.
#include "engine/net/network.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "engine/net/initial.h"
#include "engine/net/spec.h"
#include "engine/net/torch/inference.h"
#include "engine/net/torch/kernels.h"

namespace tandem {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::atomic<int> g_threads{1};

// LibTorch's number of threads belongs to the calling thread (OpenMP), so each evaluating thread sets its own.
void ApplyThreads() {
  const int threads = g_threads.load(std::memory_order_relaxed);
  if (at::get_num_threads() != threads) at::set_num_threads(threads);
}

// Logits to probabilities; false when something is not finite.
bool FinishOutputs(std::span<EvalRequest> batch, std::span<const RawValues> values, float temperature) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!SoftmaxInPlace(batch[i].prior, temperature)) return false;
    std::array<float, 3> wdl = {values[i][0], values[i][1], values[i][2]};
    if (!SoftmaxInPlace(wdl, 1.0f) || !std::isfinite(values[i][3])) return false;
    const float x = values[i][3];
    const float softplus = std::max(x, 0.0f) + std::log1p(std::exp(-std::abs(x)));
    *batch[i].evaluation = {.win = wdl[0], .draw = wdl[1], .loss = wdl[2], .moves_left = softplus * kMovesLeftUnitPlies};
  }
  return true;
}

class TorchNetwork : public Network, public std::enable_shared_from_this<TorchNetwork> {
 public:
  // `safe` answers when `fast` gives NaN or infinity; may be the same.
  TorchNetwork(const Game& game, std::string id, Precision precision, std::string description, std::shared_ptr<const ForwardPass> fast,
               std::shared_ptr<const ForwardPass> safe)
      : game_(game),
        id_(std::move(id)),
        precision_(precision),
        description_(std::move(description)),
        fast_(std::move(fast)),
        safe_(std::move(safe)) {}

  const std::string& id() const override { return id_; }
  const Game& game() const override { return game_; }
  Precision precision() const override { return precision_; }
  std::string description() const override { return description_; }
  std::unique_ptr<Evaluator> NewEvaluator(float policy_temperature) const override;

  absl::Status Compute(const at::Tensor& planes, std::span<EvalRequest> batch, std::span<RawValues> values, float temperature) const {
    fast_->Run(planes, batch, values);
    if (FinishOutputs(batch, values, temperature)) return absl::OkStatus();
    if (safe_ != fast_) {
      safe_->Run(planes, batch, values);
      if (FinishOutputs(batch, values, temperature)) return absl::OkStatus();
    }
    return Corrupt("network ", id_, ": output is not finite, in fp32 too");
  }

 private:
  const Game& game_;
  const std::string id_;
  const Precision precision_;
  const std::string description_;
  const std::shared_ptr<const ForwardPass> fast_;
  const std::shared_ptr<const ForwardPass> safe_;
};

class TorchEvaluator : public Evaluator {
 public:
  TorchEvaluator(std::shared_ptr<const TorchNetwork> network, float temperature)
      : network_(std::move(network)), temperature_(temperature) {}

  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    if (batch.empty()) return absl::OkStatus();
    const auto start = SteadyClock::now();
    const absl::Status status = CatchTorchErrors("network " + network_->id(), [&] {
      ApplyThreads();
      const at::Tensor planes = WritePlanes(batch);
      values_.resize(batch.size());
      return network_->Compute(planes, batch, values_, temperature_);
    });
    counters_.requests += static_cast<std::int64_t>(batch.size());
    counters_.evaluations += static_cast<std::int64_t>(batch.size());
    counters_.batches += 1;
    counters_.network_nanoseconds += std::chrono::nanoseconds(SteadyClock::now() - start).count();
    return status;
  }
  EvalCounters counters() const override { return counters_; }
  std::string id() const override { return network_->id(); }

 private:
  // The batch as a tensor [B, H, W, C] over memory that is kept between calls.
  at::Tensor WritePlanes(std::span<EvalRequest> batch) {
    const GameFacts& facts = network_->game().facts();
    const std::size_t row = static_cast<std::size_t>(facts.cells()) * facts.num_planes;
    planes_.resize(std::max(planes_.size(), batch.size() * row));
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i].state->WritePlanes(std::span<float>(planes_.data() + i * row, row));
    return at::from_blob(planes_.data(), {static_cast<std::int64_t>(batch.size()), facts.rows, facts.cols, facts.num_planes}, at::kFloat);
  }

  const std::shared_ptr<const TorchNetwork> network_;
  const float temperature_;
  std::vector<float> planes_;
  std::vector<RawValues> values_;
  EvalCounters counters_;
};

std::unique_ptr<Evaluator> TorchNetwork::NewEvaluator(float policy_temperature) const {
  return std::make_unique<TorchEvaluator>(shared_from_this(), policy_temperature);
}

// ---- Choice of the precision -------------------------------------------------------------------------------------------------------

constexpr int kProbePositions = 32;
constexpr int kProbeRepetitions = 3;
constexpr double kMaxPolicyKl = 0.01;    // nats, mean over the probe
constexpr double kMaxValueError = 0.01;  // of win - loss, mean over the probe

// A batch of positions of random games, always the same ones, with room for outputs.
class Probe {
 public:
  explicit Probe(const Game& game) {
    Rng rng = Rng::Stream(0, "network probe");
    std::unique_ptr<State> state = game.NewState();
    while (states_.size() < kProbePositions) {
      ActionList legal;
      state->LegalActions(legal);
      if (legal.empty() || state->IsTerminal()) {
        if (state->Ply() == 0) break;  // a game without moves
        state = game.NewState();
        continue;
      }
      states_.push_back(state->Clone());
      legals_.push_back(legal);
      state->Apply(legal[rng.Below(legal.size())]);
    }
  }

  struct Outputs {
    std::vector<std::vector<float>> priors;
    std::vector<Evaluation> evaluations;
    double best_seconds = 1e30;
  };

  absl::StatusOr<Outputs> Run(const std::shared_ptr<const TorchNetwork>& network, int repetitions) const {
    Outputs outputs;
    outputs.evaluations.resize(states_.size());
    std::vector<EvalRequest> batch;
    for (const ActionList& legal : legals_) outputs.priors.emplace_back(legal.size());
    for (std::size_t i = 0; i < states_.size(); ++i) {
      batch.push_back({states_[i].get(), legals_[i].span(), outputs.priors[i], &outputs.evaluations[i]});
    }
    const std::unique_ptr<Evaluator> evaluator = network->NewEvaluator(1.0f);
    for (int i = 0; i <= repetitions; ++i) {  // the first call also prepares oneDNN's kernels
      const auto start = SteadyClock::now();
      TANDEM_RETURN_IF_ERROR(evaluator->Evaluate(batch));
      const double seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
      outputs.best_seconds = std::min(outputs.best_seconds, seconds);
    }
    return outputs;
  }

 private:
  std::vector<std::unique_ptr<State>> states_;
  std::vector<ActionList> legals_;
};

struct Agreement {
  double policy_kl = 0;    // KL(fp32, other), mean
  double value_error = 0;  // mean |difference| of win - loss
};

Agreement Compare(const Probe::Outputs& reference, const Probe::Outputs& other) {
  Agreement result;
  const double scale = 1.0 / static_cast<double>(std::max<std::size_t>(1, reference.priors.size()));
  for (std::size_t i = 0; i < reference.priors.size(); ++i) {
    for (std::size_t k = 0; k < reference.priors[i].size(); ++k) {
      const double p = reference.priors[i][k];
      if (p > 0) result.policy_kl += scale * p * std::log(p / std::max<double>(other.priors[i][k], 1e-30));
    }
    result.value_error += scale * std::abs(reference.evaluations[i].Value() - other.evaluations[i].Value());
  }
  return result;
}

// Speed depends on the shape and not on the weights, so it is measured once for each shape: the networks of one run then all compute
// alike, and loading one costs little.
class SpeedTable {
 public:
  // Seconds of a probe batch in fp32 and bf16.
  template <typename Measure>
  absl::StatusOr<std::pair<double, double>> Find(const std::string& shape, Measure&& measure) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = seconds_.find(shape);
    if (found != seconds_.end()) return found->second;
    absl::StatusOr<std::pair<double, double>> seconds = measure();
    if (seconds.ok()) seconds_[shape] = *seconds;
    return seconds;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::pair<double, double>> seconds_;
};

SpeedTable& Speeds() {
  static SpeedTable& table = *new SpeedTable;
  return table;
}

using SharedPass = std::shared_ptr<const ForwardPass>;

// bf16 where it is faster and agrees with fp32 on the probe positions, else fp32.
absl::StatusOr<std::shared_ptr<const Network>> ChoosePrecision(const Game& game, const Weights& weights, const std::string& id,
                                                               const SharedPass& fp32) {
  const auto make = [&](Precision precision, std::string description, const SharedPass& fast) {
    return std::make_shared<const TorchNetwork>(game, id, precision, std::move(description), fast, fp32);
  };
  if (!ProcessorHasBFloat16()) return make(Precision::kFloat32, "fp32: the processor has no avx512_bf16", fp32);
  absl::StatusOr<SharedPass> bf16 = MakeFoldedPass(game.facts(), weights, Precision::kBFloat16);
  if (!bf16.ok()) return make(Precision::kFloat32, "fp32: " + std::string(bf16.status().message()), fp32);

  const Probe probe(game);
  const auto slow = make(Precision::kFloat32, "", fp32);
  const auto fast = make(Precision::kBFloat16, "", *bf16);
  TANDEM_ASSIGN_OR_RETURN(const auto reference, probe.Run(slow, 0));
  TANDEM_ASSIGN_OR_RETURN(const auto outputs, probe.Run(fast, 0));
  const Agreement agreement = Compare(reference, outputs);
  const std::string shape = game.facts().spec + "|" + weights.metadata.at("tandem.network");
  TANDEM_ASSIGN_OR_RETURN(const auto seconds, Speeds().Find(shape, [&]() -> absl::StatusOr<std::pair<double, double>> {
    TANDEM_ASSIGN_OR_RETURN(const auto fp32_run, probe.Run(slow, kProbeRepetitions));
    TANDEM_ASSIGN_OR_RETURN(const auto bf16_run, probe.Run(fast, kProbeRepetitions));
    return std::pair(fp32_run.best_seconds, bf16_run.best_seconds);
  }));
  const bool agrees = agreement.policy_kl < kMaxPolicyKl && agreement.value_error < kMaxValueError;
  const bool faster = seconds.second < seconds.first;
  const Precision chosen = agrees && faster ? Precision::kBFloat16 : Precision::kFloat32;
  const std::string text = absl::StrFormat("%s: batch of %d in %.2f ms fp32, %.2f ms bf16; bf16 policy KL %.2g nats, value error %.2g",
                                           std::string(PrecisionName(chosen)), kProbePositions, 1e3 * seconds.first, 1e3 * seconds.second,
                                           agreement.policy_kl, agreement.value_error);
  return make(chosen, text, chosen == Precision::kBFloat16 ? *bf16 : fp32);
}

absl::StatusOr<std::shared_ptr<const Network>> MakeOnAccelerator(const Game& game, const Weights& weights, const std::string& id,
                                                                 const at::Device& device) {
  if (!device.is_cuda()) return BadInput("device \"", device.str(), "\"; expected cpu or cuda[:INDEX]");
  if (!at::hasCUDA()) {
    return absl::FailedPreconditionError(absl::StrCat("device \"", device.str(), "\": no CUDA device or a LibTorch without CUDA"));
  }
  TANDEM_ASSIGN_OR_RETURN(const SharedPass pass, MakeEagerPass(game.facts(), weights, device));
  return std::make_shared<const TorchNetwork>(game, id, Precision::kFloat32, "half precision on " + device.str(), pass, pass);
}

absl::StatusOr<std::shared_ptr<const Network>> MakeTorchNetwork(const Game& game, const Weights& weights, const std::string& id,
                                                                const NetworkOptions& options) {
  std::optional<at::Device> device;
  const absl::Status parsed = CatchTorchErrors("device", [&] {
    device.emplace(options.device);
    return absl::OkStatus();
  });
  if (!parsed.ok()) return BadInput("device \"", options.device, "\"; expected cpu or cuda[:INDEX]");
  if (!device->is_cpu()) return MakeOnAccelerator(game, weights, id, *device);
  if (options.precision == Precision::kInt8) return absl::UnimplementedError("precision int8; expected auto, fp32 or bf16");

  ApplyThreads();
  // A LibTorch without the fused operators still plays, slowly.
  absl::StatusOr<SharedPass> fp32 = MakeFoldedPass(game.facts(), weights, Precision::kFloat32);
  if (!fp32.ok()) {
    TANDEM_ASSIGN_OR_RETURN(const SharedPass eager, MakeEagerPass(game.facts(), weights, *device));
    return std::make_shared<const TorchNetwork>(game, id, Precision::kFloat32, "fp32, eager: " + std::string(fp32.status().message()),
                                                eager, eager);
  }
  switch (options.precision) {
    case Precision::kBFloat16: {
      TANDEM_ASSIGN_OR_RETURN(const SharedPass bf16, MakeFoldedPass(game.facts(), weights, Precision::kBFloat16));
      return std::make_shared<const TorchNetwork>(game, id, Precision::kBFloat16, "bf16 as asked", bf16, *fp32);
    }
    case Precision::kAuto:
      return ChoosePrecision(game, weights, id, *fp32);
    default:
      return std::make_shared<const TorchNetwork>(game, id, Precision::kFloat32, "fp32 as asked", *fp32, *fp32);
  }
}

absl::StatusOr<Weights> MakeInitialWeights(const Game& game, const NetworkConfig& config, std::uint64_t seed) {
  return DrawInitialWeights(game.facts(), config, seed);
}

void SetThreads(int num_threads) { g_threads = std::max(1, num_threads); }

[[maybe_unused]] const bool registered = RegisterNetworkBackend({&MakeTorchNetwork, &MakeInitialWeights, &SetThreads});

}  // namespace
}  // namespace tandem
