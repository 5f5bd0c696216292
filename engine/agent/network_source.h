// Networks for agents: found by run directory or weights file, loaded once per process and shared by every agent that names the same one,
// together with the cache of its evaluations.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/eval/cache.h"
#include "engine/eval/evaluator.h"
#include "engine/net/network.h"
#include "proto/run_config.pb.h"

namespace tandem {

// Exactly one of `run` and `weights` is set.
struct NetworkRequest {
  std::string run;                         // run directory
  std::optional<std::int64_t> checkpoint;  // learner step; absent = the newest
  std::string weights;                     // safetensors file
  NetworkOptions options;
};

// The weights file that a request names. kNotFound lists the steps that exist.
absl::StatusOr<std::filesystem::path> FindWeights(const NetworkRequest& request);
// SearchConfig of the request's run; the defaults for a weights file.
absl::StatusOr<SearchConfig> SearchConfigOf(const NetworkRequest& request);

// A network in memory with its caches. Thread-safe.
class SharedNetwork {
 public:
  explicit SharedNetwork(std::shared_ptr<const Network> network) : network_(std::move(network)) {}
  const Network& network() const { return *network_; }
  // One per searching thread, with the policy temperature and the cache that `config` asks for. All evaluators with one temperature, and
  // one opinion about mirror images, share a cache of about config.cache_entries positions (the first caller's number holds; 0: none).
  std::unique_ptr<Evaluator> NewEvaluator(const SearchConfig& config);

 private:
  const std::shared_ptr<const Network> network_;
  absl::Mutex mutex_;
  std::map<std::pair<double, bool>, std::shared_ptr<EvalCache>> caches_ ABSL_GUARDED_BY(mutex_);
};

// Loads the network, or hands out the one that some agent still holds. Thread-safe.
absl::StatusOr<std::shared_ptr<SharedNetwork>> AcquireNetwork(const Game& game, const NetworkRequest& request);

}  // namespace tandem
