// Agents that lean on a network: `net` and `value` without search, `puct` and `gumbel` with it. The two searching ones take every field of
// SearchConfig as a key, by reflection; the run's own search section is the default that the keys change.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "engine/agent/network_source.h"
#include "engine/agent/planner_agent.h"
#include "engine/agent/registry.h"
#include "engine/base/config.h"
#include "engine/base/status.h"
#include "engine/eval/rollout.h"
#include "engine/eval/uniform.h"
#include "engine/search/raw.h"
#include "engine/search/tree_planner.h"

namespace tandem {
namespace {

constexpr std::int64_t kMaxSimulations = 1'000'000'000;
constexpr double kMaxSeconds = 1e6;
constexpr std::uint64_t kRolloutSeed = 1;

// run=, weights=, checkpoint=, precision=, device=. With `required` one of run and weights must be there.
absl::StatusOr<NetworkRequest> ReadNetworkRequest(OptionReader& options, bool required) {
  NetworkRequest request;
  TANDEM_ASSIGN_OR_RETURN(request.run, options.Text("run", ""));
  TANDEM_ASSIGN_OR_RETURN(request.weights, options.Text("weights", ""));
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t checkpoint, options.Integer("checkpoint", -1, 0, std::int64_t{1} << 60));
  if (options.Has("checkpoint")) request.checkpoint = checkpoint;
  TANDEM_ASSIGN_OR_RETURN(const std::string precision, options.Text("precision", "auto"));
  TANDEM_ASSIGN_OR_RETURN(request.options.precision, ParsePrecision(precision));
  TANDEM_ASSIGN_OR_RETURN(request.options.device, options.Text("device", request.options.device));
  const std::string& name = options.spec().name;
  if (required && request.run.empty() == request.weights.empty()) {
    return BadInput("agent ", name, ": expected either run=DIR or weights=FILE, e.g. ", name, ":run=runs/first");
  }
  if (request.checkpoint && request.run.empty()) return BadInput("agent ", name, ": checkpoint= goes with run=DIR");
  return request;
}

std::string DetailsOf(const Network& network) {
  return absl::StrCat("net ", network.id(), " ", std::string(PrecisionName(network.precision())));
}

// `net` and `value`.
absl::StatusOr<std::unique_ptr<Agent>> MakeRawAgent(const Game& game, const AgentSpec& spec,
                                                    std::unique_ptr<Planner> (*new_planner)(const Game&, std::unique_ptr<Evaluator>)) {
  OptionReader options(spec);
  TANDEM_ASSIGN_OR_RETURN(const NetworkRequest request, ReadNetworkRequest(options, true));
  TANDEM_RETURN_IF_ERROR(options.Finish());
  TANDEM_ASSIGN_OR_RETURN(const std::shared_ptr<SharedNetwork> network, AcquireNetwork(game, request));
  std::unique_ptr<Planner> planner = new_planner(game, network->NewEvaluator(SearchConfig()));
  return std::make_unique<PlannerAgent>(options.Canonical(), DetailsOf(network->network()), std::move(planner), SearchLimits(), network);
}

absl::StatusOr<std::unique_ptr<Agent>> MakeNetAgent(const Game& game, const AgentSpec& spec) {
  return MakeRawAgent(game, spec, NewPriorPlanner);
}
absl::StatusOr<std::unique_ptr<Agent>> MakeValueAgent(const Game& game, const AgentSpec& spec) {
  return MakeRawAgent(game, spec, NewValuePlanner);
}

// Takes the keys that are fields of SearchConfig. `algorithm` is the agent's name and no key.
absl::Status ReadSearchFields(OptionReader& options, SearchConfig& config) {
  const google::protobuf::Descriptor& fields = *SearchConfig::descriptor();
  for (int i = 0; i < fields.field_count(); ++i) {
    const std::string key = fields.field(i)->name();
    if (key == "algorithm" || key == "simulations") continue;
    options.Declare(key);
    const auto found = options.spec().options.find(key);
    if (found == options.spec().options.end()) continue;
    TANDEM_ASSIGN_OR_RETURN(const std::string before, GetConfigValue(config, key));
    const absl::Status set = SetConfigValue(config, key, found->second);
    if (!set.ok()) return Annotate(set, absl::StrCat("agent ", options.spec().name));
    TANDEM_ASSIGN_OR_RETURN(const std::string after, GetConfigValue(config, key));
    if (after != before) options.PutCanonical(key, after);
  }
  return absl::OkStatus();
}

// sims= and time=: with a time alone, only the time counts.
absl::StatusOr<SearchLimits> ReadLimits(OptionReader& options, std::int64_t default_simulations) {
  SearchLimits limits;
  TANDEM_ASSIGN_OR_RETURN(limits.simulations, options.Integer("sims", default_simulations, 1, kMaxSimulations));
  TANDEM_ASSIGN_OR_RETURN(const double seconds, options.Number("time", 0, 0, kMaxSeconds));
  if (seconds > 0) {
    limits.time = absl::Seconds(seconds);
    if (!options.Has("sims")) limits.simulations = 0;
  }
  return limits;
}

absl::StatusOr<std::unique_ptr<Agent>> MakeTreeAgent(const Game& game, const AgentSpec& spec, SearchConfig::Algorithm algorithm) {
  OptionReader options(spec);
  TANDEM_ASSIGN_OR_RETURN(const std::string kind, options.Text("evaluator", "network"));
  if (kind != "network" && kind != "uniform" && kind != "rollout") {
    return BadInput("agent ", spec.name, ": evaluator=", kind, ": expected network, uniform or rollout");
  }
  TANDEM_ASSIGN_OR_RETURN(const NetworkRequest request, ReadNetworkRequest(options, kind == "network"));
  TANDEM_ASSIGN_OR_RETURN(SearchConfig config, SearchConfigOf(request));
  config.set_algorithm(algorithm);
  TANDEM_RETURN_IF_ERROR(ReadSearchFields(options, config));
  TANDEM_ASSIGN_OR_RETURN(SearchLimits limits, ReadLimits(options, config.simulations()));
  TANDEM_RETURN_IF_ERROR(options.Finish());
  if (limits.simulations > 0) config.set_simulations(limits.simulations);

  std::shared_ptr<SharedNetwork> network;
  std::string details;
  if (kind == "network") {
    TANDEM_ASSIGN_OR_RETURN(network, AcquireNetwork(game, request));
    details = DetailsOf(network->network());
  }
  std::vector<std::unique_ptr<Evaluator>> evaluators;
  for (int i = 0; i < config.threads(); ++i) {
    evaluators.push_back(kind == "network"   ? network->NewEvaluator(config)
                         : kind == "uniform" ? NewUniformEvaluator()
                                             : NewRolloutEvaluator(1, kRolloutSeed + static_cast<std::uint64_t>(i)));
  }
  std::unique_ptr<Planner> planner = NewTreePlanner(game, config, std::move(evaluators));
  return std::make_unique<PlannerAgent>(options.Canonical(), std::move(details), std::move(planner), std::move(limits), network);
}

absl::StatusOr<std::unique_ptr<Agent>> MakePuctAgent(const Game& game, const AgentSpec& spec) {
  return MakeTreeAgent(game, spec, SearchConfig::PUCT);
}
absl::StatusOr<std::unique_ptr<Agent>> MakeGumbelAgent(const Game& game, const AgentSpec& spec) {
  return MakeTreeAgent(game, spec, SearchConfig::GUMBEL);
}

[[maybe_unused]] const bool tandem_registered_agents =
    RegisterAgent(
        {"net", "net:run=DIR", "argmax of the network's prior; weights=FILE too, checkpoint=STEP picks an older one", MakeNetAgent}) &&
    RegisterAgent({"value", "value:run=DIR", "the move with the network's best value one ply ahead", MakeValueAgent}) &&
    RegisterAgent({"puct", "puct:run=DIR,sims=400", "network-guided tree search; time=SECONDS, cpuct=, batch=, ... as SearchConfig",
                   MakePuctAgent}) &&
    RegisterAgent({"gumbel", "gumbel:run=DIR,sims=16", "Gumbel search by sequential halving; keys as puct", MakeGumbelAgent});

}  // namespace
}  // namespace tandem
