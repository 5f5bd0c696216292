// Simulations a second of the tree alone, with a free evaluator: one thread, several threads on one tree (in real time, since helpers count
// too), UCT; and the cost of mirror images. Run with --benchmark_filter=...
#include <vector>

#include "benchmark/benchmark.h"
#include "engine/eval/mirror.h"
#include "engine/eval/uniform.h"
#include "engine/game/registry.h"
#include "engine/search/tree_planner.h"
#include "engine/search/tree_search.h"
#include "engine/search/uct.h"

namespace tandem {
namespace {

constexpr std::int64_t kSimulations = 100'000;

void TreeSpeed(benchmark::State& bench, SearchConfig::Algorithm algorithm, const char* spec) {
  const Game& game = **FindGame(spec);
  SearchConfig config;
  config.set_algorithm(algorithm);
  const std::unique_ptr<TreeSearch> search = NewTreeSearch(game, config);
  const std::unique_ptr<Evaluator> evaluator = NewUniformEvaluator();
  const std::unique_ptr<State> root = game.NewState();
  Rng rng(1);
  std::vector<EvalRequest> batch;
  SearchLimits limits;
  limits.simulations = kSimulations;
  for (auto _ : bench) {
    search->Forget();
    search->Start(*root, limits, RootExploration(), &rng);
    while (!search->Done()) {
      batch.clear();
      search->Gather(static_cast<int>(bench.range(0)), &batch);
      (void)evaluator->Evaluate(batch);
      search->Absorb();
    }
  }
  bench.SetItemsProcessed(bench.iterations() * kSimulations);
  bench.counters["depth"] = search->Result().depth;
  bench.counters["bytes/sim"] = static_cast<double>(search->MemoryBytes()) / kSimulations;
}
BENCHMARK_CAPTURE(TreeSpeed, puct_connect_four, SearchConfig::PUCT, "connect_four")->Arg(1)->Arg(8)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(TreeSpeed, gumbel_connect_four, SearchConfig::GUMBEL, "connect_four")->Arg(1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(TreeSpeed, puct_othello, SearchConfig::PUCT, "othello")->Arg(1)->Unit(benchmark::kMillisecond);

// range(0) threads, batches of range(1).
void PlannerSpeed(benchmark::State& bench, const char* spec) {
  const Game& game = **FindGame(spec);
  SearchConfig config;
  config.set_batch(static_cast<int>(bench.range(1)));
  std::vector<std::unique_ptr<Evaluator>> evaluators;
  for (int i = 0; i < bench.range(0); ++i) evaluators.push_back(NewUniformEvaluator());
  const std::unique_ptr<Planner> planner = NewTreePlanner(game, config, std::move(evaluators));
  const std::unique_ptr<State> root = game.NewState();
  Rng rng(1);
  SearchLimits limits;
  limits.simulations = kSimulations;
  for (auto _ : bench) {
    planner->NewGame();
    (void)planner->Plan(*root, limits, rng, {}, nullptr);
  }
  bench.SetItemsProcessed(bench.iterations() * kSimulations);
}
#define PLANNER_SPEED(game) \
  BENCHMARK_CAPTURE(PlannerSpeed, game, #game)->ArgsProduct({{1, 2}, {8, 32}})->Unit(benchmark::kMillisecond)->UseRealTime()
PLANNER_SPEED(connect_four);
PLANNER_SPEED(othello);
PLANNER_SPEED(chess);

// Moves of 1,000 simulations, as a player of `uct:sims=1000` thinks about them.
void UctSpeed(benchmark::State& bench, const char* spec) {
  const Game& game = **FindGame(spec);
  const std::unique_ptr<Planner> planner = NewUctPlanner(game);
  const std::unique_ptr<State> root = game.NewState();
  Rng rng(1);
  SearchLimits limits;
  limits.simulations = 1000;
  for (auto _ : bench) (void)planner->Plan(*root, limits, rng, {}, nullptr);
  bench.SetItemsProcessed(bench.iterations() * limits.simulations);
}
BENCHMARK_CAPTURE(UctSpeed, tic_tac_toe, "tic_tac_toe")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(UctSpeed, connect_four, "connect_four")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(UctSpeed, othello, "othello")->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(UctSpeed, go_9x9, "go:size=9")->Unit(benchmark::kMicrosecond);

// What search.cache_symmetry adds to the look at a cache.
void MirrorSpeed(benchmark::State& bench, const char* spec) {
  const Game& game = **FindGame(spec);
  MirrorImages images(game);
  const std::unique_ptr<State> state = game.NewState();
  ActionList legal;
  state->LegalActions(legal);
  std::vector<std::uint16_t> order;
  for (auto _ : bench) benchmark::DoNotOptimize(images.Canonical(*state, legal.span(), &order));
}
BENCHMARK_CAPTURE(MirrorSpeed, connect_four, "connect_four");
BENCHMARK_CAPTURE(MirrorSpeed, othello, "othello");

}  // namespace
}  // namespace tandem

BENCHMARK_MAIN();
