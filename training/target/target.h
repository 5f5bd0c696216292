// Targets: what a finished game teaches, row by row. A row is a turn with a full search; cheap turns only moved the game on.
//
//   policy      the search's target weights, normalised
//   wdl         (1 - s) one_hot(result) + s (w, d, l) of the search's root, s = LearnerConfig.root_value_share, with
//               w = (1 - d + v) / 2, l = (1 - d - v) / 2 for root value v and draw probability d (records without d: d = 0);
//               a proven turn: one_hot(proven result), and nothing else
//   moves_left  plies to the end of the record
//   ownership   of the last position, in games that have it (training/replay adds it to the batch)
//
// Records hold values in the first player's view; rows are in the mover's, through SwitchView.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/state.h"
#include "proto/record.pb.h"

namespace tandem {

struct PolicyWeight {
  Action action = kNoAction;
  float probability = 0;
};

struct TargetRow {
  int ply = 0;                       // moves from the record's start to the row's position
  std::vector<PolicyWeight> policy;  // ascending actions, probabilities > 0 that sum to 1
  std::array<float, 3> wdl{};        // win, draw, loss, mover's view; sums to 1
  float moves_left = 0;              // plies
  float surprise = 0;                // KL(policy, raw prior) in nats
};

// Rows of a record that VerifyRecord accepts. `movers[ply]` is the side to move after `ply` moves.
std::vector<TargetRow> MakeTargets(const GameRecord& record, std::span<const std::int8_t> movers, double root_value_share);

// The value target of one turn, win/draw/loss in `mover`'s view.
std::array<float, 3> ValueTarget(const Turn& turn, int result, int mover, double root_value_share);

}  // namespace tandem
