// GameInPlay: one self-play game: its state, its search, its random stream and the record in the making. The actor feeds many of them:
//
//   game.Begin(number, net_id);
//   game.Prepare(net_id, &batch);   // plays on until it needs evaluations, and appends their requests
//   evaluator.Evaluate(batch);
//   game.Absorb(net_id);            // takes the answers; plays its move when the search is done
//
// Turns are full or cheap searches (playout-cap randomisation, Wu 2019, sec. 3.1). The tree is kept from move to move, for both sides.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/search/tree_search.h"
#include "proto/record.pb.h"
#include "proto/run_config.pb.h"

namespace tandem {

// What all games of an actor have in common. Immutable.
struct GameSettings {
  GameSettings(const Game& game, const RunConfig& config);

  const Game& game;
  const RunConfig config;
  SearchConfig search;          // config.search with the tree's memory cap of self-play
  RootExploration exploration;  // of full searches; cheap ones have none
  int max_leaves = 1;           // waiting leaves of one tree
  std::string config_hash;
};

// Cap of one game's tree: room for what its searches can grow, within 3/4 GiB for all games of the actor.
std::int64_t TreeMemoryBytes(const GameFacts& facts, const RunConfig& config);

// Single-threaded. Not movable: the search keeps a pointer to the random stream.
class GameInPlay {
 public:
  explicit GameInPlay(const GameSettings& settings);
  GameInPlay(const GameInPlay&) = delete;

  // Starts game `number` of the run; the last one must be over. The tree's memory is used again.
  void Begin(std::int64_t number, const std::string& net_id);
  // Goes on with a game that another process began and had to leave (TakeUnfinished), with a new tree and another random stream.
  // kInvalidArgument when the record is not the beginning of a game of these settings; the slot is free then.
  absl::Status Resume(GameRecord record);
  // Appends requests and returns their number; 0 when the game has ended without a question. Not again before Absorb.
  int Prepare(const std::string& net_id, std::vector<EvalRequest>* batch);
  // After the requests were answered by the network `net_id`. May end the game.
  void Absorb(const std::string& net_id);

  bool over() const { return phase_ == Phase::kOver; }
  // Of a game that is over. May be called once.
  GameRecord TakeRecord() { return std::move(record_); }
  // Of a game that is not over: its moves so far, without a result. It is over then.
  GameRecord TakeUnfinished() {
    phase_ = Phase::kOver;
    return TakeRecord();
  }
  std::size_t MemoryBytes() const { return search_->MemoryBytes(); }

  // Totals over all games of this slot.
  std::int64_t moves() const { return moves_; }
  std::int64_t full_moves() const { return full_moves_; }
  std::int64_t simulations() const { return simulations_; }

 private:
  enum class Phase { kOpening, kSearching, kOver };

  absl::Status Replay(const GameRecord& record);
  void PlayPriorMove();
  void StartSearch();
  void FinishTurn(const std::string& net_id);
  void RecordTurn(const SearchResult& result, const std::string& net_id);
  void ApplyMove(Action action);
  // Ends the game when the rules, a proof or the longest length say so.
  bool EndIfOver(Proven proven, int mover);

  const GameSettings& settings_;
  const std::unique_ptr<TreeSearch> search_;
  Rng rng_{0};
  Phase phase_ = Phase::kOver;
  std::unique_ptr<State> state_;
  GameRecord record_;
  std::string net_id_;        // of the last turn
  bool full_search_ = false;  // this turn's
  int opening_left_ = 0;      // raw-prior moves still to play

  // The request of a raw-prior move.
  ActionList legal_;
  std::vector<float> prior_;
  Evaluation evaluation_;

  std::int64_t moves_ = 0;
  std::int64_t full_moves_ = 0;
  std::int64_t simulations_ = 0;
};

}  // namespace tandem
