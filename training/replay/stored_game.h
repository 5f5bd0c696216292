// A game as the replay window keeps it: moves and quantised targets, no planes and no State. A row of Connect Four takes about 80 bytes, so
// a million rows stay far below a gibibyte; a State snapshot for each row would be 4 to 20 times that (chess keeps its history). The price
// is a replay of the game to the row's ply when it is drawn, a few microseconds against the network's milliseconds.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/game/state.h"
#include "proto/record.pb.h"
#include "training/target/batch.h"

namespace tandem {

// Immutable once made, so that readers need no lock.
class StoredGame {
 public:
  // From a record that VerifyRecord accepts.
  StoredGame(const Game& game, const GameRecord& record, double root_value_share);

  int num_rows() const { return static_cast<int>(rows_.size()); }
  // Sum over all rows of KL(target, prior), in ten-thousandths of a nat: integers, so that sums that come and go leave nothing behind.
  std::uint64_t surprise() const { return rows_.empty() ? 0 : rows_.back().surprise_end; }
  // The row in which the running sum of surprises passes `target` < surprise().
  int RowAtSurprise(std::uint64_t target) const;
  std::size_t MemoryBytes() const;

  // What encoding needs besides the game: one for each thread.
  struct Scratch {
    std::unique_ptr<State> state;
    ActionList legal;
    std::vector<float> planes;
  };
  // Writes row `row` under `symmetry` as row `slot` of the batch, whose vectors have their final sizes and zeros in policy, legal and
  // ownership. `initial` is the game's start.
  void Encode(const Game& game, const State& initial, int row, const Symmetry& symmetry, int slot, Scratch* scratch,
              TrainingBatch* batch) const;

 private:
  struct Row {
    std::uint32_t surprise_end;  // running sum, this row included
    std::uint32_t policy_begin;
    std::uint16_t policy_size;
    std::uint16_t ply;
    std::uint16_t win, draw;  // of 65535; loss is the rest
  };
  struct Weight {
    Action action;
    std::uint16_t weight;  // of about 65535
  };

  std::unique_ptr<const State> start_;  // null: the game's own start
  std::vector<Action> moves_;
  std::vector<Row> rows_;
  std::vector<Weight> policy_;      // of all rows
  std::vector<std::int8_t> owner_;  // of the finished game, first player's view; empty without ownership or end
  int margin_ = 0;
};

// Sizes the batch for `rows` rows of the game, all zeros.
void ResizeBatch(const GameFacts& facts, int rows, TrainingBatch* batch);

}  // namespace tandem
