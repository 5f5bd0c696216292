#include "engine/net/network.h"

#include <atomic>

#include "engine/base/config.h"
#include "engine/base/status.h"
#include "engine/net/spec.h"

namespace tandem {
namespace {

std::atomic<const NetworkBackend*> g_backend{nullptr};

absl::StatusOr<const NetworkBackend*> Backend() {
  const NetworkBackend* backend = g_backend.load();
  if (backend == nullptr) return absl::FailedPreconditionError("networks: no backend linked; expected //engine/net/torch");
  return backend;
}

}  // namespace

absl::StatusOr<Precision> ParsePrecision(std::string_view text) {
  for (Precision precision : {Precision::kAuto, Precision::kFloat32, Precision::kBFloat16, Precision::kInt8, Precision::kFloat16}) {
    if (text == PrecisionName(precision)) return precision;
  }
  return BadInput("precision \"", std::string(text), "\"; expected auto, fp32, bf16, int8 or fp16");
}

std::string_view PrecisionName(Precision precision) {
  switch (precision) {
    case Precision::kAuto:
      return "auto";
    case Precision::kFloat32:
      return "fp32";
    case Precision::kBFloat16:
      return "bf16";
    case Precision::kInt8:
      return "int8";
    case Precision::kFloat16:
      return "fp16";
  }
  return "unknown";
}

NetworkOptions InferenceOptions(const InferenceConfig& config) {
  NetworkOptions options;
  options.device = config.device();
  switch (config.precision()) {
    case InferenceConfig::AUTO:
      options.precision = Precision::kAuto;
      break;
    case InferenceConfig::FP32:
      options.precision = Precision::kFloat32;
      break;
    case InferenceConfig::BF16:
      options.precision = Precision::kBFloat16;
      break;
    case InferenceConfig::INT8:
      options.precision = Precision::kInt8;
      break;
    case InferenceConfig::FP16:
      options.precision = Precision::kFloat16;
      break;
  }
  return options;
}

absl::StatusOr<std::shared_ptr<const Network>> MakeNetwork(const Game& game, const Weights& weights, const std::string& id,
                                                           const NetworkOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const NetworkBackend* backend, Backend());
  const absl::Status status = CheckWeights(game.facts(), weights);
  if (!status.ok()) return Annotate(status, absl::StrCat("network ", id));
  return backend->make(game, weights, id, options);
}

absl::StatusOr<std::shared_ptr<const Network>> LoadNetwork(const Game& game, const std::filesystem::path& path,
                                                           const NetworkOptions& options) {
  std::string id;
  TANDEM_ASSIGN_OR_RETURN(const Weights weights, ReadWeights(path, &id));
  return MakeNetwork(game, weights, id, options);
}

absl::StatusOr<Weights> InitialWeights(const Game& game, const NetworkConfig& config, std::uint64_t seed) {
  TANDEM_RETURN_IF_ERROR(ValidateConfig(config));
  TANDEM_ASSIGN_OR_RETURN(const NetworkBackend* backend, Backend());
  return backend->initial(game, config, seed);
}

void SetNetworkThreads(int num_threads) {
  const NetworkBackend* backend = g_backend.load();
  if (backend != nullptr) backend->set_threads(num_threads);
}

absl::StatusOr<double> MeasureConvolution(const ConvolutionShape& shape, Precision precision, double seconds) {
  TANDEM_ASSIGN_OR_RETURN(const NetworkBackend* backend, Backend());
  if (backend->measure == nullptr) return absl::UnimplementedError("networks: this backend measures no convolutions");
  return backend->measure(shape, precision, seconds);
}

bool RegisterNetworkBackend(const NetworkBackend& backend) {
  g_backend = new NetworkBackend(backend);  // lives as long as the program
  return true;
}

}  // namespace tandem
