#include "selfplay/worker/player.h"

#include <utility>

namespace tandem {

Player::Player(const Game& game, const RunConfig& config, int num_players, Actor::NextGame next_game, Actor::GameCallback on_game)
    : policy_temperature_(static_cast<float>(config.search().policy_temperature())),
      mirror_(config.search().cache_symmetry() ? &game : nullptr),
      actor_(NewActor(game, config, std::move(next_game), std::move(on_game))),
      cache_(std::make_shared<EvalCache>(
          EvalCache::BytesForEntries(config.search().cache_entries() / num_players, game.facts().num_actions))) {}

void Player::UseNetwork(const std::shared_ptr<const Network>& network, int version) {
  if (network_version_ == version) return;
  network_version_ = version;
  if (evaluator_ != nullptr) retired_ += evaluator_->counters();
  cache_->Clear();
  auto evaluator = NewCachingEvaluator(network->NewEvaluator(policy_temperature_), cache_, mirror_);
  evaluator_ = evaluator.get();
  actor_->SetEvaluator(std::move(evaluator));
  network_ = network;
}

EvalCounters Player::eval_counters() const {
  EvalCounters counters = retired_;
  if (evaluator_ != nullptr) counters += evaluator_->counters();
  return counters;
}

}  // namespace tandem
