#include "selfplay/actor/actor.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/log.h"
#include "engine/base/status.h"
#include "selfplay/actor/game_in_play.h"

namespace tandem {
namespace {

// Networks check themselves; but one NaN that got into a tree would be in every record that follows, so nothing is taken on trust here.
absl::Status CheckFinite(std::span<const EvalRequest> batch) {
  for (const EvalRequest& request : batch) {
    float sum = request.evaluation->Value() + request.evaluation->draw + request.evaluation->moves_left;
    for (const float p : request.prior) sum += p;
    if (!std::isfinite(sum)) return Corrupt("the answer for ", request.state->ToText(), " is not finite");
  }
  return absl::OkStatus();
}

class BatchedActor : public Actor {
 public:
  BatchedActor(const Game& game, const RunConfig& config, NextGame next_game, GameCallback on_game)
      : settings_(game, config), next_game_(std::move(next_game)), on_game_(std::move(on_game)) {
    const int slots = std::max(config.selfplay().games_in_flight(), 1);
    for (int i = 0; i < slots; ++i) games_.push_back(std::make_unique<GameInPlay>(settings_));
  }

  void SetEvaluator(std::unique_ptr<Evaluator> evaluator) override {
    evaluator_ = std::move(evaluator);
    net_id_ = evaluator_->id();
  }

  absl::Status Step() override {
    if (evaluator_ == nullptr) return absl::FailedPreconditionError("actor: Step before SetEvaluator");
    // After an error the questions of the last round are still open, and are asked again: the games never notice.
    if (batch_.empty()) GatherBatch();
    if (batch_.empty()) return absl::OkStatus();
    absl::Status status = evaluator_->Evaluate(batch_);
    if (status.ok()) status = CheckFinite(batch_);
    if (!status.ok()) return Annotate(status, absl::StrCat("actor, batch of ", batch_.size(), " for network ", net_id_));
    batch_.clear();
    for (GameInPlay* game : waiting_) {
      game->Absorb(net_id_);
      if (game->over()) Deliver(game);
    }
    waiting_.clear();
    return absl::OkStatus();
  }

  int Resume(std::vector<GameRecord> games) override {
    int dropped = 0;
    for (GameRecord& record : games) {
      auto slot = std::find_if(games_.begin(), games_.end(), [](const auto& game) { return game->over(); });
      // More than there are slots for (they come from more threads than this process has): one more slot.
      if (slot == games_.end()) slot = games_.insert(games_.end(), std::make_unique<GameInPlay>(settings_));
      const absl::Status resumed = (*slot)->Resume(std::move(record));
      if (resumed.ok()) continue;
      ++dropped;
      Log().warn("{}", std::string(resumed.message()));
    }
    return dropped;
  }

  std::vector<GameRecord> TakeUnfinished() override {
    std::vector<GameRecord> records;
    for (const auto& game : games_) {
      if (!game->over()) records.push_back(game->TakeUnfinished());
    }
    batch_.clear();
    waiting_.clear();
    stopped_ = true;
    return records;
  }

  bool Idle() const override {
    if (!stopped_) return false;
    for (const auto& game : games_) {
      if (!game->over()) return false;
    }
    return true;
  }

  ActorCounters counters() const override {
    ActorCounters counters;
    counters.games = num_games_;
    for (const auto& game : games_) {
      counters.moves += game->moves();
      counters.full_moves += game->full_moves();
      counters.simulations += game->simulations();
    }
    return counters;
  }

  std::size_t MemoryBytes() const override {
    std::size_t bytes = 0;
    for (const auto& game : games_) bytes += game->MemoryBytes();
    return bytes;
  }

 private:
  void GatherBatch() {
    for (const auto& game : games_) {
      // A game may end without a question (all of its searches proven); the slot then goes on with the next one.
      while (!game->over() || BeginNext(game.get())) {
        if (game->Prepare(net_id_, &batch_) > 0) {
          waiting_.push_back(game.get());
          break;
        }
        Deliver(game.get());
      }
    }
  }

  bool BeginNext(GameInPlay* game) {
    if (stopped_) return false;
    const std::int64_t number = next_game_();
    stopped_ = number == kStop;
    if (!stopped_) game->Begin(number, net_id_);
    return !stopped_;
  }

  void Deliver(GameInPlay* game) {
    ++num_games_;
    on_game_(game->TakeRecord());
  }

  const GameSettings settings_;
  const NextGame next_game_;
  const GameCallback on_game_;
  std::unique_ptr<Evaluator> evaluator_;
  std::string net_id_;
  std::vector<std::unique_ptr<GameInPlay>> games_;  // slots; one whose game is over is free
  std::vector<EvalRequest> batch_;                  // asked and not yet answered
  std::vector<GameInPlay*> waiting_;                // whose requests these are, in order
  bool stopped_ = false;
  std::int64_t num_games_ = 0;
};

}  // namespace

std::unique_ptr<Actor> NewActor(const Game& game, const RunConfig& config, Actor::NextGame next_game, Actor::GameCallback on_game) {
  return std::make_unique<BatchedActor>(game, config, std::move(next_game), std::move(on_game));
}

}  // namespace tandem
