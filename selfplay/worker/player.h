// Player: one thread's share of self-play: an actor with its games, the evaluator it asks, and the cache between them. `tandem train` runs
// one on each of its threads, a remote worker likewise; both give it the newest network before every round.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/eval/cache.h"
#include "engine/net/network.h"
#include "selfplay/actor/actor.h"

namespace tandem {

// Single-threaded.
class Player {
 public:
  // `num_players` share config.search.cache_entries. The callbacks are the actor's.
  Player(const Game& game, const RunConfig& config, int num_players, Actor::NextGame next_game, Actor::GameCallback on_game);

  // Evaluates with `network` from the next round on; nothing happens while `version` stays the same. Rounds need a network.
  void UseNetwork(const std::shared_ptr<const Network>& network, int version);
  // One round over all games. An evaluator's error leaves the games as they were.
  absl::Status Round() { return actor_->Step(); }
  bool Idle() const { return actor_->Idle(); }
  // As the actor's.
  int Resume(std::vector<GameRecord> games) { return actor_->Resume(std::move(games)); }
  std::vector<GameRecord> TakeUnfinished() { return actor_->TakeUnfinished(); }

  ActorCounters counters() const { return actor_->counters(); }
  EvalCounters eval_counters() const;  // over all networks

 private:
  const float policy_temperature_;
  const Game* const mirror_;  // of search.cache_symmetry, else null
  const std::unique_ptr<Actor> actor_;
  const std::shared_ptr<EvalCache> cache_;
  std::shared_ptr<const Network> network_;  // kept alive for the evaluator
  const Evaluator* evaluator_ = nullptr;    // owned by the actor
  EvalCounters retired_;                    // of evaluators that were replaced
  int network_version_ = -1;
};

}  // namespace tandem
