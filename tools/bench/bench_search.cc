// Sections `search`, `rollouts` and the node signature.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "engine/eval/cache.h"
#include "engine/eval/uniform.h"
#include "engine/game/registry.h"
#include "engine/search/tree_planner.h"
#include "engine/search/tree_search.h"
#include "engine/search/uct.h"
#include "tools/bench/bench.h"

namespace tandem {
namespace {

constexpr std::int64_t kFreeSimulations = 100'000;
constexpr std::int64_t kNetworkSimulations = 2'000;
constexpr std::int64_t kUctSimulations = 1'000;

using Evaluators = std::vector<std::unique_ptr<Evaluator>>;

// One row: searches of the start position by a new tree each, so that all do the same work.
absl::Status AddSearchRow(const BenchRequest& request, const std::string& evaluator_name, Evaluators evaluators, std::int64_t simulations,
                          BenchSection* section) {
  const int threads = static_cast<int>(evaluators.size());
  const std::unique_ptr<Planner> planner = NewTreePlanner(*request.game, request.config.search(), std::move(evaluators));
  const std::unique_ptr<State> root = request.game->NewState();
  SearchLimits limits;
  limits.simulations = simulations;
  limits.stop_when_decided = false;
  SearchResult result;
  TANDEM_ASSIGN_OR_RETURN(const double rate, RatePerSecond(RateClock::kWall, request.seconds, [&]() -> absl::StatusOr<std::int64_t> {
                            Rng rng(1);
                            planner->NewGame();
                            TANDEM_ASSIGN_OR_RETURN(result, planner->Plan(*root, limits, rng, {}, nullptr));
                            return result.simulations;
                          }));
  const double bytes = result.memory_share * static_cast<double>(request.config.search().memory_bytes());
  section->rows.push_back({{"evaluator", evaluator_name},
                           {"threads", threads},
                           {"batch", request.config.search().batch()},
                           {"simulations_per_s", rate},
                           {"bytes_per_simulation", bytes / static_cast<double>(result.simulations)},
                           {"mean_depth", result.depth}});
  return absl::OkStatus();
}

Evaluators FreeEvaluators(int count) {
  Evaluators evaluators;
  for (int i = 0; i < count; ++i) evaluators.push_back(NewUniformEvaluator());
  return evaluators;
}

// Opinions made of the position's key by arithmetic that every processor rounds alike.
class KeyEvaluator final : public Evaluator {
 public:
  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    for (const EvalRequest& request : batch) {
      const std::uint64_t hash = request.state->Hash();
      float sum = 0;  // of whole numbers: exact
      for (std::size_t i = 0; i < request.prior.size(); ++i) {
        request.prior[i] = static_cast<float>(1 + (Mix64(hash + request.legal[i]) >> 56));
        sum += request.prior[i];
      }
      for (float& p : request.prior) p /= sum;
      const float value = static_cast<float>(Mix64(hash) >> 56) / 512;
      *request.evaluation = {.win = value, .draw = 0.5f, .loss = 0.5f - value, .moves_left = 0};
    }
    counters_.evaluations += static_cast<std::int64_t>(batch.size());
    return absl::OkStatus();
  }
  EvalCounters counters() const override { return counters_; }
  std::string id() const override { return "key"; }

 private:
  EvalCounters counters_;
};

struct SignatureCase {
  const char* game;
  SearchConfig::Algorithm algorithm;
  int batch;
  std::int64_t simulations;
};

}  // namespace

absl::StatusOr<BenchSection> BenchSearch(const BenchRequest& request) {
  BenchSection section{"search", absl::StrCat("one tree of ", request.game->facts().spec, "; free: an evaluator that costs nothing"), {}};
  TANDEM_RETURN_IF_ERROR(AddSearchRow(request, "free", FreeEvaluators(1), kFreeSimulations, &section));
  if (request.threads > 1) {
    TANDEM_RETURN_IF_ERROR(AddSearchRow(request, "free", FreeEvaluators(request.threads), kFreeSimulations, &section));
  }
  SetNetworkThreads(1);
  const Precision precision = request.precisions.empty() ? Precision::kAuto : request.precisions[0];
  TANDEM_ASSIGN_OR_RETURN(const auto network, FreshNetwork(request, {.precision = precision}));
  for (int threads = 1; threads <= request.threads; threads += std::max(request.threads - 1, 1)) {
    Evaluators evaluators;
    for (int i = 0; i < threads; ++i) evaluators.push_back(network->NewEvaluator());
    const std::string name = absl::StrCat("network ", std::string(PrecisionName(network->precision())));
    TANDEM_RETURN_IF_ERROR(AddSearchRow(request, name, std::move(evaluators), kNetworkSimulations, &section));
  }
  return section;
}

absl::StatusOr<BenchSection> BenchRollouts(const BenchRequest& request) {
  BenchSection section{"rollouts", "random games, and UCT at 1,000 simulations a move, on one thread", {}};
  std::vector<const Game*> games = {request.game};
  if (request.all_games) {
    games.clear();
    for (const RegisteredGame& registered : RegisteredGames()) {
      TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(registered.name));
      games.push_back(game);
    }
  }
  for (const Game* game : games) {
    const std::unique_ptr<State> root = game->NewState();
    Rng rng = Rng::Stream(1, "bench rollouts");
    TANDEM_ASSIGN_OR_RETURN(const double playouts,
                            RatePerSecond(RateClock::kThread, request.seconds, [&]() -> absl::StatusOr<std::int64_t> {
                              constexpr int kGames = 10;
                              for (int i = 0; i < kGames; ++i) root->Rollout(rng);
                              return kGames;
                            }));
    const std::unique_ptr<Planner> planner = NewUctPlanner(*game);
    SearchLimits limits;
    limits.simulations = kUctSimulations;
    TANDEM_ASSIGN_OR_RETURN(const double simulations,
                            RatePerSecond(RateClock::kThread, request.seconds, [&]() -> absl::StatusOr<std::int64_t> {
                              TANDEM_ASSIGN_OR_RETURN(const SearchResult result, planner->Plan(*root, limits, rng, {}, nullptr));
                              return result.simulations;
                            }));
    section.rows.push_back({{"game", game->facts().spec}, {"games_per_s", playouts}, {"uct_simulations_per_s", simulations}});
  }
  return section;
}

absl::StatusOr<BenchSection> NodeSignature() {
  constexpr SignatureCase kCases[] = {
      {"tic_tac_toe", SearchConfig::PUCT, 1, 3000},   {"connect_four", SearchConfig::PUCT, 1, 10000},
      {"connect_four", SearchConfig::PUCT, 8, 10000}, {"connect_four", SearchConfig::GUMBEL, 1, 5000},
      {"othello", SearchConfig::PUCT, 8, 10000},      {"othello:size=6", SearchConfig::GUMBEL, 4, 5000},
  };
  BenchSection section{"signature", "fixed searches; another total is another behaviour", {}};
  std::uint64_t total = 0;
  for (const SignatureCase& test : kCases) {
    TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(test.game));
    SearchConfig config;
    config.set_algorithm(test.algorithm);
    config.set_batch(test.batch);
    auto evaluator = std::make_unique<KeyEvaluator>();
    const KeyEvaluator& counted = *evaluator;
    const std::unique_ptr<Planner> planner = NewTreePlanner(*game, config, std::move(evaluator));
    const std::unique_ptr<State> state = game->NewState();
    Rng rng(1);
    SearchLimits limits;
    limits.simulations = test.simulations;
    limits.stop_when_decided = false;
    std::uint64_t signature = 0;
    for (int ply = 0; ply < 3 && !state->IsTerminal(); ++ply) {  // the second and third search reuse what the first has built
      TANDEM_ASSIGN_OR_RETURN(const SearchResult result, planner->Plan(*state, limits, rng, {}, nullptr));
      for (const MoveStats& move : result.moves) signature = Mix64(signature ^ static_cast<std::uint64_t>(move.visits));
      state->Apply(result.action);
    }
    total = Mix64(total ^ signature);
    section.rows.push_back({{"game", test.game},
                            {"search", SearchConfig::Algorithm_Name(test.algorithm)},
                            {"batch", test.batch},
                            {"evaluations", counted.counters().evaluations},
                            {"signature", absl::StrFormat("%016x", signature)}});
  }
  std::int64_t evaluations = 0;
  for (const boost::json::object& row : section.rows) evaluations += row.at("evaluations").as_int64();
  section.rows.push_back(
      {{"game", "total"}, {"search", ""}, {"batch", 0}, {"evaluations", evaluations}, {"signature", absl::StrFormat("%016x", total)}});
  return section;
}

}  // namespace tandem
