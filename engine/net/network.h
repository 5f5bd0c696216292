// Network: weights made ready to compute. This header is free of torch; the code behind it registers itself (engine/net/torch) and is
// linked only into the binaries that want it.
//
// Tower: planes -> 3x3 convolution -> residual blocks (some with global pooling) -> heads: policy logits, win/draw/loss, moves left, and
// for games with ownership disc owner and margin (training only). Batch norm is folded for inference.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/eval/evaluator.h"
#include "engine/net/positions.h"
#include "engine/net/weights.h"
#include "proto/run_config.pb.h"

namespace tandem {

enum class Precision { kAuto, kFloat32, kBFloat16, kInt8, kFloat16 };
absl::StatusOr<Precision> ParsePrecision(std::string_view text);  // auto, fp32, bf16, int8, fp16
std::string_view PrecisionName(Precision precision);

struct NetworkOptions {
  // kAuto: the fastest of those the device has that agree with fp32. One asked for by name is taken as it is; kFailedPrecondition when
  // the device has not got it. int8 is for processors, fp16 for accelerators.
  Precision precision = Precision::kAuto;
  std::string device = "auto";  // "auto": an accelerator where there is one; "cpu", "cuda", "cuda:1"
  // kAuto may go by the clock. Without: the narrowest precision but int8 that the processor multiplies and that agrees, so that two
  // runs choose alike.
  bool timed = true;
  bool eager = false;  // the tower operator by operator in fp32: the baseline that speed is measured against
  // Where int8 takes its ranges from: recent positions of play, kept up by the evaluators of the networks that share it. Null, or too
  // few yet: positions of random games.
  std::shared_ptr<PositionSample> positions = nullptr;
};
// Precision and device of a configuration.
NetworkOptions InferenceOptions(const InferenceConfig& config);

// Immutable, thread-safe, shared by the evaluators made from it.
class Network {
 public:
  virtual ~Network() = default;
  virtual const std::string& id() const = 0;  // content id of the weights
  virtual const Game& game() const = 0;
  virtual Precision precision() const = 0;  // the one in use, never kAuto
  // One line for the log: precision and how it was chosen, with the measured numbers.
  virtual std::string description() const { return std::string(PrecisionName(precision())); }
  // One per thread. Policy is a softmax over the legal moves with this temperature.
  virtual std::unique_ptr<Evaluator> NewEvaluator(float policy_temperature = 1.0f) const = 0;
};

// Checks that the weights belong to `game` and have exactly the shapes of their NetworkConfig, then prepares them.
absl::StatusOr<std::shared_ptr<const Network>> MakeNetwork(const Game& game, const Weights& weights, const std::string& id,
                                                           const NetworkOptions& options);
absl::StatusOr<std::shared_ptr<const Network>> LoadNetwork(const Game& game, const std::filesystem::path& path,
                                                           const NetworkOptions& options);
// Fresh weights, He-initialised from the seed.
absl::StatusOr<Weights> InitialWeights(const Game& game, const NetworkConfig& config, std::uint64_t seed);
// Threads that one call of Evaluate may use inside (torch's intra-op threads); self-play wants 1.
void SetNetworkThreads(int num_threads);

// Floating-point operations a second (2 a multiply-add, padding counted) that one core reaches in the tower's own 3x3 convolution, the
// best of several measurements of about `seconds` together: what a whole network's speed is compared with (spec.h, EvaluationFlops).
// kFailedPrecondition when the processor has not got the precision.
struct ConvolutionShape {
  int batch = 128;
  int channels = 64;
  int rows = 6;
  int cols = 7;
};
absl::StatusOr<double> MeasureConvolution(const ConvolutionShape& shape, Precision precision, double seconds);

// Behind the functions above; set once by engine/net/torch at start-up.
struct NetworkBackend {
  absl::StatusOr<std::shared_ptr<const Network>> (*make)(const Game&, const Weights&, const std::string& id, const NetworkOptions&);
  absl::StatusOr<Weights> (*initial)(const Game&, const NetworkConfig&, std::uint64_t seed);
  void (*set_threads)(int);
  absl::StatusOr<double> (*measure)(const ConvolutionShape&, Precision, double seconds) = nullptr;
};
bool RegisterNetworkBackend(const NetworkBackend& backend);

}  // namespace tandem
