// The backend behind engine/net/network.h: makes the forward passes that this machine has, and takes one of them.
#include "engine/net/network.h"

#include <ATen/Context.h>
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
#include <vector>

#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "engine/net/cpu/measure.h"
#include "engine/net/cpu/processor.h"
#include "engine/net/cpu/tower.h"
#include "engine/net/initial.h"
#include "engine/net/pass_network.h"
#include "engine/net/precision.h"
#include "engine/net/torch/accelerator_pass.h"
#include "engine/net/torch/inference.h"

namespace tandem {
namespace {

// Of the positions at hand two thirds give ranges, every third is held out to judge by.
constexpr int kProbePositions = 192;
constexpr int kHeldOutEvery = 3;

using SharedPass = std::shared_ptr<const ForwardPass>;

std::atomic<int> g_threads{1};

// LibTorch's number of threads belongs to the calling thread (OpenMP), so each evaluating thread sets its own.
void ApplyThreads() {
  const int threads = g_threads.load(std::memory_order_relaxed);
  if (at::get_num_threads() != threads) at::set_num_threads(threads);
}

void RunParallel(int n, const std::function<void(int)>& function) {
  at::parallel_for(0, n, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) function(static_cast<int>(i));
  });
}

// One network on the processor, on its way.
class CpuNetworkMaker {
 public:
  CpuNetworkMaker(const Game& game, const Weights& weights, const std::string& id, const NetworkOptions& options)
      : game_(game), weights_(weights), id_(id), options_(options) {}

  absl::StatusOr<std::shared_ptr<const Network>> Make() {
    ApplyThreads();
    if (options_.eager) {
      TANDEM_ASSIGN_OR_RETURN(const SharedPass eager, MakeEagerPass(game_.facts(), weights_));
      return Finish(Precision::kFloat32, "fp32, eager as asked", eager, eager);
    }
    if (options_.precision == Precision::kFloat16) {
      return absl::FailedPreconditionError("precision fp16: only accelerators have it; expected fp32, bf16, int8 or auto on a processor");
    }
    absl::StatusOr<SharedPass> fp32 = MakePass(Precision::kFloat32);
    if (!fp32.ok()) {  // a LibTorch without the fused operators still plays, slowly
      TANDEM_ASSIGN_OR_RETURN(fp32, MakeEagerPass(game_.facts(), weights_));
      if (options_.precision == Precision::kBFloat16 || options_.precision == Precision::kInt8)
        return MakePass(options_.precision).status();
    }
    fp32_ = *fp32;
    if (options_.precision == Precision::kFloat32) return Finish(Precision::kFloat32, "fp32 as asked", fp32_, fp32_);
    if (options_.precision == Precision::kAuto) return Choose();
    TANDEM_ASSIGN_OR_RETURN(const SharedPass pass, MakePass(options_.precision));
    return Finish(options_.precision, absl::StrCat(std::string(PrecisionName(options_.precision)), " as asked", calibration_note_), pass,
                  fp32_);
  }

 private:
  std::shared_ptr<const Network> Finish(Precision precision, std::string description, const SharedPass& fast,
                                        const SharedPass& safe) const {
    return MakePassNetwork(game_, {.id = id_,
                                   .precision = precision,
                                   .description = std::move(description),
                                   .fast = fast,
                                   .safe = safe,
                                   .positions = options_.positions,
                                   .before_batch = &ApplyThreads});
  }

  // Our own convolutions where they run; oneDNN's knows AMX, which multiplies bfloat16 faster than AVX-512 does.
  absl::StatusOr<SharedPass> MakePass(Precision precision) {
    if (precision == Precision::kInt8) return MakeInt8();
    const bool ours = precision == Precision::kBFloat16 ? !Processor().amx_bf16 : HasConvolution(Dot::kFloat32);
    if (!ours) return MakeFoldedPass(game_.facts(), weights_, precision);
    return CpuTower::Make(game_.facts(), weights_, precision, nullptr, &RunParallel, g_threads);
  }

  absl::StatusOr<SharedPass> MakeInt8() {
    TANDEM_RETURN_IF_ERROR(DotFor(Precision::kInt8).status());
    CollectPositions();
    const ProbeBatch calibration(game_, calibration_);
    TANDEM_ASSIGN_OR_RETURN(const auto exact, CpuTower::Make(game_.facts(), weights_, Precision::kFloat32));
    TANDEM_ASSIGN_OR_RETURN(const ActivationRanges ranges, exact->Observe(calibration.planes(), calibration.size()));
    return CpuTower::Make(game_.facts(), weights_, Precision::kInt8, &ranges, &RunParallel, g_threads);
  }

  void CollectPositions() {
    if (!held_out_.empty()) return;
    PositionList positions;
    if (options_.positions != nullptr) positions = options_.positions->Positions();
    const bool recent = !positions.empty();
    if (!recent) positions = RandomPositions(game_, kProbePositions);
    for (std::size_t i = 0; i < positions.size(); ++i) (i % kHeldOutEvery == 0 ? held_out_ : calibration_).push_back(positions[i]);
    calibration_note_ = absl::StrCat("; calibrated on ", calibration_.size(), recent ? " recent positions" : " positions of random games");
  }

  absl::StatusOr<std::shared_ptr<const Network>> Choose() {
    CollectPositions();
    std::vector<Candidate> candidates = {{Precision::kFloat32, fp32_, ""}};
    for (Precision precision : {Precision::kBFloat16, Precision::kInt8}) {
      const absl::StatusOr<SharedPass> pass = MakePass(precision);
      candidates.push_back({precision, pass.ok() ? *pass : nullptr, std::string(pass.status().message())});
    }
    const std::string shape = absl::StrCat(game_.facts().spec, "|", g_threads.load(), "|", weights_.metadata.at("tandem.network"));
    const ProbeBatch held_out(game_, held_out_);
    TANDEM_ASSIGN_OR_RETURN(const Choice choice, ChoosePrecision(game_, candidates, held_out, shape, options_.timed));
    const Candidate& taken = candidates[choice.index];
    return Finish(taken.precision, choice.description + calibration_note_, taken.pass, fp32_);
  }

  const Game& game_;
  const Weights& weights_;
  const std::string& id_;
  const NetworkOptions& options_;
  SharedPass fp32_;
  PositionList calibration_;
  PositionList held_out_;
  std::string calibration_note_;
};

absl::StatusOr<std::shared_ptr<const Network>> MakeOnAccelerator(const Game& game, const Weights& weights, const std::string& id,
                                                                 const at::Device& device, const NetworkOptions& options) {
  if (!device.is_cuda()) return BadInput("device \"", device.str(), "\"; expected auto, cpu or cuda[:INDEX]");
  if (!at::hasCUDA()) {
    return absl::FailedPreconditionError(
        absl::StrCat("device \"", device.str(), "\": no CUDA device or a LibTorch without CUDA; expected auto or cpu"));
  }
  if (options.precision == Precision::kInt8) {
    return absl::FailedPreconditionError("precision int8: only processors have it; expected fp16, bf16, fp32 or auto on an accelerator");
  }
  const Precision precision = options.precision == Precision::kAuto ? Precision::kFloat16 : options.precision;
  TANDEM_ASSIGN_OR_RETURN(const SharedPass fast, MakeAcceleratorPass(game.facts(), weights, precision, device));
  SharedPass safe = fast;
  if (precision != Precision::kFloat32) {
    TANDEM_ASSIGN_OR_RETURN(safe, MakeAcceleratorPass(game.facts(), weights, Precision::kFloat32, device));
  }
  return MakePassNetwork(game, {.id = id,
                                .precision = precision,
                                .description = absl::StrCat(std::string(PrecisionName(precision)), " on ", device.str()),
                                .fast = fast,
                                .safe = safe,
                                .before_batch = &ApplyThreads});
}

absl::StatusOr<std::shared_ptr<const Network>> MakeTorchNetwork(const Game& game, const Weights& weights, const std::string& id,
                                                                const NetworkOptions& options) {
  const std::string name = options.device != "auto" ? options.device : at::hasCUDA() && !options.eager ? "cuda" : "cpu";
  std::optional<at::Device> device;
  const absl::Status parsed = CatchTorchErrors("device", [&] {
    device.emplace(name);
    return absl::OkStatus();
  });
  if (!parsed.ok()) return BadInput("device \"", options.device, "\"; expected auto, cpu or cuda[:INDEX]");
  if (!device->is_cpu()) return MakeOnAccelerator(game, weights, id, *device, options);
  return CpuNetworkMaker(game, weights, id, options).Make();
}

absl::StatusOr<Weights> MakeInitialWeights(const Game& game, const NetworkConfig& config, std::uint64_t seed) {
  return DrawInitialWeights(game.facts(), config, seed);
}

void SetThreads(int num_threads) { g_threads = std::max(1, num_threads); }

[[maybe_unused]] const bool registered =
    RegisterNetworkBackend({&MakeTorchNetwork, &MakeInitialWeights, &SetThreads, &MeasureOwnConvolution});

}  // namespace
}  // namespace tandem
