#include "engine/agent/network_source.h"

#include <system_error>
#include <vector>

#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/net/run_directory.h"

namespace tandem {
namespace {

// The networks that are in use, by everything that makes them differ.
class NetworkTable {
 public:
  absl::StatusOr<std::shared_ptr<SharedNetwork>> Acquire(const Game& game, const std::filesystem::path& path,
                                                         const NetworkOptions& options) {
    std::error_code error;
    const std::filesystem::path real = std::filesystem::weakly_canonical(path, error);
    const std::string key = absl::StrCat(game.facts().spec, "|", error ? path.string() : real.string(), "|",
                                         static_cast<int>(options.precision), "|", options.device, "|", options.timed, options.eager);
    const absl::MutexLock lock(&mutex_);
    if (std::shared_ptr<SharedNetwork> known = networks_[key].lock()) return known;
    TANDEM_ASSIGN_OR_RETURN(std::shared_ptr<const Network> network, LoadNetwork(game, path, options));
    auto shared = std::make_shared<SharedNetwork>(std::move(network));
    networks_[key] = shared;
    return shared;
  }

 private:
  absl::Mutex mutex_;
  std::map<std::string, std::weak_ptr<SharedNetwork>> networks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<std::filesystem::path> FindWeights(const NetworkRequest& request) {
  if (!request.weights.empty()) return std::filesystem::path(request.weights);
  const RunDirectory run{std::filesystem::path(request.run)};
  if (!run.Exists()) return absl::NotFoundError(absl::StrCat("run=", request.run, ": no run directory (config.textproto is missing)"));
  if (!request.checkpoint) return run.NewestNetwork();
  TANDEM_ASSIGN_OR_RETURN(const std::vector<CheckpointInfo> checkpoints, run.ReadCheckpoints());
  const auto found =
      std::find_if(checkpoints.rbegin(), checkpoints.rend(), [&](const CheckpointInfo& info) { return info.step == *request.checkpoint; });
  if (found != checkpoints.rend()) return run.network_path(found->net_id);
  std::vector<std::int64_t> steps;
  for (const CheckpointInfo& info : checkpoints) steps.push_back(info.step);
  return absl::NotFoundError(absl::StrCat("run=", request.run, ": checkpoint=", *request.checkpoint, ": expected one of the steps ",
                                          steps.empty() ? "(none yet)" : absl::StrJoin(steps, ", ")));
}

absl::StatusOr<SearchConfig> SearchConfigOf(const NetworkRequest& request) {
  if (request.run.empty()) return SearchConfig();
  TANDEM_ASSIGN_OR_RETURN(const RunConfig config, RunDirectory(std::filesystem::path(request.run)).ReadConfig());
  return config.search();
}

std::unique_ptr<Evaluator> SharedNetwork::NewEvaluator(const SearchConfig& config) {
  std::unique_ptr<Evaluator> evaluator = network_->NewEvaluator(static_cast<float>(config.policy_temperature()));
  if (config.cache_entries() == 0) return evaluator;
  const Game& game = network_->game();
  const absl::MutexLock lock(&mutex_);
  std::shared_ptr<EvalCache>& cache = caches_[{config.policy_temperature(), config.cache_symmetry()}];
  if (cache == nullptr) {
    cache = std::make_shared<EvalCache>(EvalCache::BytesForEntries(config.cache_entries(), game.facts().num_actions));
  }
  return NewCachingEvaluator(std::move(evaluator), cache, config.cache_symmetry() ? &game : nullptr);
}

absl::StatusOr<std::shared_ptr<SharedNetwork>> AcquireNetwork(const Game& game, const NetworkRequest& request) {
  TANDEM_ASSIGN_OR_RETURN(const std::filesystem::path path, FindWeights(request));
  static auto& table = *new NetworkTable;
  return table.Acquire(game, path, request.options);
}

}  // namespace tandem
