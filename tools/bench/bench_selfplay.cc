// Section `selfplay`: actors as a run has them, one a thread, without the learner.
#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "engine/eval/cache.h"
#include "selfplay/actor/actor.h"
#include "tools/bench/bench.h"

namespace tandem {
namespace {

constexpr double kWarmUpShare = 0.25;

// What one thread did between the end of the warming up and the end.
struct Played {
  absl::Status status;
  ActorCounters actor;
  EvalCounters evaluator;
  double seconds = 0;
  std::size_t tree_bytes = 0;
};

// `games` numbers the games of all threads.
Played PlayFor(const BenchRequest& request, const Network& network, std::atomic<std::int64_t>* games) {
  const SearchConfig& search = request.config.search();
  const Game& game = *request.game;
  const auto cache =
      std::make_shared<EvalCache>(EvalCache::BytesForEntries(search.cache_entries() / request.threads, game.facts().num_actions));
  const auto actor = NewActor(
      game, request.config, [games] { return games->fetch_add(1); }, [](GameRecord) {});
  auto caching = NewCachingEvaluator(network.NewEvaluator(static_cast<float>(search.policy_temperature())), cache,
                                     search.cache_symmetry() ? &game : nullptr);
  const Evaluator& evaluator = *caching;
  actor->SetEvaluator(std::move(caching));

  Played played;
  const Clock& clock = Clock::Real();
  const auto play = [&](double seconds) {
    const absl::Time begin = clock.Now();
    while (played.status.ok() && clock.Now() - begin < absl::Seconds(seconds)) played.status = actor->Step();
    return absl::ToDoubleSeconds(clock.Now() - begin);
  };
  play(kWarmUpShare * request.seconds);
  const ActorCounters actor_before = actor->counters();
  const EvalCounters before = evaluator.counters();
  played.seconds = play(request.seconds);
  const ActorCounters actor_after = actor->counters();
  const EvalCounters after = evaluator.counters();
  played.actor.games = actor_after.games - actor_before.games;
  played.actor.moves = actor_after.moves - actor_before.moves;
  played.actor.simulations = actor_after.simulations - actor_before.simulations;
  played.evaluator.requests = after.requests - before.requests;
  played.evaluator.evaluations = after.evaluations - before.evaluations;
  played.evaluator.batches = after.batches - before.batches;
  played.evaluator.cache_hits = after.cache_hits - before.cache_hits;
  played.evaluator.duplicates = after.duplicates - before.duplicates;
  played.evaluator.network_nanoseconds = after.network_nanoseconds - before.network_nanoseconds;
  played.tree_bytes = actor->MemoryBytes();
  return played;
}

}  // namespace

absl::StatusOr<BenchSection> BenchSelfplay(const BenchRequest& request) {
  SetNetworkThreads(1);
  const Precision precision = request.precisions.empty() ? Precision::kAuto : request.precisions[0];
  TANDEM_ASSIGN_OR_RETURN(const std::shared_ptr<const Network> network, FreshNetwork(request, {.precision = precision}));
  std::atomic<std::int64_t> games{0};
  std::vector<Played> played(static_cast<std::size_t>(request.threads));
  {
    std::vector<std::jthread> threads;
    for (Played& mine : played) threads.emplace_back([&] { mine = PlayFor(request, *network, &games); });
  }
  double seconds = 0, moves = 0, simulations = 0, tree_bytes = 0;
  EvalCounters evaluator;
  for (const Played& mine : played) {
    TANDEM_RETURN_IF_ERROR(mine.status);
    seconds += mine.seconds;
    moves += static_cast<double>(mine.actor.moves) / mine.seconds;
    simulations += static_cast<double>(mine.actor.simulations) / mine.seconds;
    tree_bytes += static_cast<double>(mine.tree_bytes);
    evaluator += mine.evaluator;
  }
  const double requests = std::max(1.0, static_cast<double>(evaluator.requests));
  const double wall = seconds / request.threads;
  BenchSection section{"selfplay",
                       absl::StrCat(request.game->facts().spec, ", fresh network of ", request.config.network().channels(), " channels x ",
                                    request.config.network().blocks(), " blocks, ", std::string(PrecisionName(network->precision())), ", ",
                                    request.config.selfplay().games_in_flight(), " games a thread"),
                       {}};
  section.rows.push_back(
      {{"threads", request.threads},
       {"positions_per_s", moves},
       {"simulations_per_s", simulations},
       {"evaluations_per_s", static_cast<double>(evaluator.evaluations) / wall},
       {"mean_batch", static_cast<double>(evaluator.evaluations) / static_cast<double>(std::max<std::int64_t>(evaluator.batches, 1))},
       {"cache_hit_share", static_cast<double>(evaluator.cache_hits) / requests},
       {"duplicate_share", static_cast<double>(evaluator.duplicates) / requests},
       {"network_time_share", static_cast<double>(evaluator.network_nanoseconds) * 1e-9 / seconds},
       {"tree_mib", tree_bytes / (1 << 20)}});
  return section;
}

}  // namespace tandem
