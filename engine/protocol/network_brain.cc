#include <algorithm>
#include <filesystem>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/eval/cache.h"
#include "engine/eval/rollout.h"
#include "engine/net/network.h"
#include "engine/net/run_directory.h"
#include "engine/protocol/brain.h"
#include "engine/search/raw.h"
#include "engine/search/tree_planner.h"

namespace tandem {
namespace {

// One random game a position: more of them buy less than more simulations do.
constexpr int kNumRollouts = 1;
constexpr std::uint64_t kRolloutSeed = 1;

class NetworkBrain : public Brain {
 public:
  absl::Status Load(const Settings& settings) override {
    if (settings.weights.empty() && settings.run.empty()) {
      Forget();
      return absl::OkStatus();
    }
    SetNetworkThreads(1);  // a search takes its threads for itself
    const absl::Status status = LoadNamed(settings);
    if (!status.ok()) Forget();
    return Annotate(status, "no network");
  }

  void FallBack() override { Forget(); }

  std::string description() const override {
    if (network_ == nullptr) return "random rollouts, no network";
    return absl::StrCat("network ", network_->id(), " ", std::string(PrecisionName(network_->precision())));
  }

  void Clear() override {
    if (cache_ != nullptr) cache_->Clear();
  }

  std::unique_ptr<Planner> NewPlanner(const Settings& settings) override {
    if (settings.network_only) return NewPriorPlanner(*settings.game, NewEvaluator(settings));
    std::vector<std::unique_ptr<Evaluator>> evaluators;
    for (int i = 0; i < settings.search.threads(); ++i) evaluators.push_back(NewSearchEvaluator(settings, i));
    return NewTreePlanner(*settings.game, settings.search, std::move(evaluators));
  }

  std::unique_ptr<Evaluator> NewEvaluator(const Settings& settings) override {
    if (network_ == nullptr) return NewRolloutEvaluator(kNumRollouts, kRolloutSeed);
    return network_->NewEvaluator(static_cast<float>(settings.search.policy_temperature()));
  }

 private:
  // Of the searching thread `number`.
  std::unique_ptr<Evaluator> NewSearchEvaluator(const Settings& settings, int number) {
    if (network_ == nullptr) return NewRolloutEvaluator(kNumRollouts, kRolloutSeed + static_cast<std::uint64_t>(number));
    std::unique_ptr<Evaluator> evaluator = NewEvaluator(settings);
    if (settings.search.cache_entries() == 0) return evaluator;
    return NewCachingEvaluator(std::move(evaluator), CacheFor(settings), settings.search.cache_symmetry() ? settings.game : nullptr);
  }

  absl::Status LoadNamed(const Settings& settings) {
    std::filesystem::path path = settings.weights;
    if (path.empty()) {
      TANDEM_ASSIGN_OR_RETURN(path, RunDirectory(settings.run).NewestNetwork());
    }
    // Weights never change under a name that is their content; others are read again.
    if (network_ != nullptr && &network_->game() == settings.game && requested_ == settings.precision && path.stem() == network_->id()) {
      return absl::OkStatus();
    }
    NetworkOptions options;
    options.precision = settings.precision;
    TANDEM_ASSIGN_OR_RETURN(network_, LoadNetwork(*settings.game, path, options));
    requested_ = settings.precision;
    cache_.reset();
    return absl::OkStatus();
  }

  void Forget() {
    network_.reset();
    cache_.reset();
  }

  // The prior that is kept depends on its temperature, the size on the settings: other ones start an empty cache.
  std::shared_ptr<EvalCache> CacheFor(const Settings& settings) {
    const auto key = std::tuple(settings.search.cache_entries(), settings.search.policy_temperature(), settings.search.cache_symmetry());
    if (cache_ == nullptr || cache_key_ != key) {
      const int num_actions = settings.game->facts().num_actions;
      cache_ = std::make_shared<EvalCache>(EvalCache::BytesForEntries(settings.search.cache_entries(), num_actions));
      cache_key_ = key;
    }
    return cache_;
  }

  std::shared_ptr<const Network> network_;
  Precision requested_ = Precision::kAuto;
  std::shared_ptr<EvalCache> cache_;
  std::tuple<std::int64_t, double, bool> cache_key_;
};

}  // namespace

std::unique_ptr<Brain> NewNetworkBrain() { return std::make_unique<NetworkBrain>(); }

}  // namespace tandem
