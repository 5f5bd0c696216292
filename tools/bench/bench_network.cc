// Section `net`: floating-point operations a second against what one core reaches in the tower's own convolution.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "engine/net/spec.h"
#include "tools/bench/network_probe.h"

namespace tandem {
namespace {
constexpr double kPeakSeconds = 0.2;
}

ProbePositions::ProbePositions(const Game& game, int count) : priors(count), evaluations(count) {
  Rng rng = Rng::Stream(1, "bench positions");
  std::unique_ptr<State> state = game.NewState();
  while (static_cast<int>(states.size()) < count) {
    ActionList list;
    state->LegalActions(list);
    if (list.empty()) {
      state = game.NewState();
      continue;
    }
    priors[states.size()].resize(static_cast<std::size_t>(list.size()));
    states.push_back(state->Clone());
    legal.push_back(list);
    state->Apply(list[static_cast<int>(rng.Below(static_cast<std::uint32_t>(list.size())))]);
  }
  for (std::size_t i = 0; i < states.size(); ++i) requests.push_back({states[i].get(), legal[i].span(), priors[i], &evaluations[i]});
}

double PeakFlops(const BenchRequest& request, Precision precision, int batch) {
  const GameFacts& facts = request.game->facts();
  const ConvolutionShape shape{.batch = batch, .channels = request.config.network().channels(), .rows = facts.rows, .cols = facts.cols};
  return MeasureConvolution(shape, precision, kPeakSeconds).value_or(0);
}

std::string TowerText(const BenchRequest& request) {
  const NetworkConfig& network = request.config.network();
  return absl::StrCat(request.game->facts().spec, ", ", network.channels(), " channels x ", network.blocks(), " blocks");
}

namespace {

// `eager_rates`, by batch, are what rates are compared with; the eager rows fill them in.
absl::Status AddNetworkRows(const BenchRequest& request, const NetworkOptions& options, std::map<int, double>* eager_rates,
                            BenchSection* section) {
  TANDEM_ASSIGN_OR_RETURN(const std::shared_ptr<const Network> network, FreshNetwork(request, options));
  const std::unique_ptr<Evaluator> evaluator = network->NewEvaluator();
  const std::string precision(PrecisionName(network->precision()));
  const double flops = EvaluationFlops(request.game->facts(), request.config.network());
  for (const int batch : request.batches) {
    ProbePositions positions(*request.game, batch);
    TANDEM_ASSIGN_OR_RETURN(const double rate, RatePerSecond(RateClock::kThread, request.seconds, [&]() -> absl::StatusOr<std::int64_t> {
                              TANDEM_RETURN_IF_ERROR(evaluator->Evaluate(positions.requests));
                              return batch;
                            }));
    if (options.eager) (*eager_rates)[batch] = rate;
    const double peak = PeakFlops(request, network->precision(), std::max(batch, 32));
    section->rows.push_back({{"precision", options.eager ? absl::StrCat("eager ", precision) : precision},
                             {"batch", batch},
                             {"evaluations_per_s", rate},
                             {"ms_per_call", 1e3 * batch / rate},
                             {"gflops_per_s", rate * flops / 1e9},
                             {"peak_gflops_per_s", peak / 1e9},
                             {"share_of_peak", peak > 0 ? rate * flops / peak : 0.0},
                             {"times_eager", rate / (*eager_rates)[batch]}});
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<BenchSection> BenchNetwork(const BenchRequest& request) {
  BenchSection section{"net",
                       absl::StrCat("evaluations on one core, ", TowerText(request),
                                    "; peak: its own 3x3 convolution alone; eager: LibTorch's operators one by one"),
                       {}};
  SetNetworkThreads(1);
  std::map<int, double> eager_rates;
  TANDEM_RETURN_IF_ERROR(AddNetworkRows(request, {.precision = Precision::kFloat32, .eager = true}, &eager_rates, &section));
  std::vector<Precision> precisions = request.precisions;
  if (precisions.empty()) precisions = {Precision::kFloat32, Precision::kBFloat16, Precision::kInt8};
  for (const Precision precision : precisions) {
    const absl::Status status = AddNetworkRows(request, {.precision = precision}, &eager_rates, &section);
    // One that nobody asked for by name may be missing here.
    const bool missing = status.code() == absl::StatusCode::kFailedPrecondition || status.code() == absl::StatusCode::kUnimplemented;
    if (!status.ok() && (!request.precisions.empty() || !missing)) return status;
  }
  return section;
}

}  // namespace tandem
