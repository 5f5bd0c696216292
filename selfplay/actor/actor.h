// Actor: many games on one thread, one network batch across all of them, no lock anywhere near a tree. Run one actor per self-play thread.
//
// Each step gathers leaves from every game's search, evaluates them as one batch (cache and duplicates inside the evaluator), absorbs the
// results, plays moves where a search is done, and hands finished games to a callback. Networks are swapped between steps.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "engine/eval/evaluator.h"
#include "proto/record.pb.h"
#include "proto/run_config.pb.h"

namespace tandem {

struct ActorCounters {
  std::int64_t games = 0;
  std::int64_t moves = 0;  // searched moves
  std::int64_t full_moves = 0;
  std::int64_t simulations = 0;
};

// Single-threaded.
class Actor {
 public:
  // Called with each finished game, in the order in which they finish.
  using GameCallback = std::function<void(GameRecord)>;
  // `next_game` gives the number of the next game to start (shared counter of all actors, or a worker's range); the game's random stream
  // is Rng::Stream(config.seed(), "selfplay", number). Returns kStop to start no more.
  static constexpr std::int64_t kStop = -1;
  using NextGame = std::function<std::int64_t()>;

  virtual ~Actor() = default;
  // Evaluates with this from the next step on. `net_id` goes into the records.
  virtual void SetEvaluator(std::unique_ptr<Evaluator> evaluator) = 0;
  // One round over all games. An evaluator's error leaves the games as they were before the round.
  virtual absl::Status Step() = 0;
  // Goes on with these games before any new one is begun; those that are no games of this run are dropped, and their number is returned.
  virtual int Resume(std::vector<GameRecord> games) = 0;
  // Ends self-play at once: the games in flight as they stand, for Resume here or in another process.
  virtual std::vector<GameRecord> TakeUnfinished() = 0;
  virtual bool Idle() const = 0;  // no game in flight: NextGame said kStop and all have ended
  virtual ActorCounters counters() const = 0;
  virtual std::size_t MemoryBytes() const = 0;  // trees of all games
};

std::unique_ptr<Actor> NewActor(const Game& game, const RunConfig& config, Actor::NextGame next_game, Actor::GameCallback on_game);

}  // namespace tandem
