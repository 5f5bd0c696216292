// VerifyRecord: one replay of the game by the rules. What it cannot check without thinking (whether a proven result is right) is named in
// docs/chunk_format.md.
#include <cmath>

#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "selfplay/record/chunk.h"

namespace tandem {
namespace {

bool IsResult(int value) { return value >= -1 && value <= 1; }

absl::Status VerifyTurn(const Turn& turn, const ActionList& legal, int ply) {
  const auto where = [ply] { return absl::StrCat("turn at ply ", ply, ": "); };
  if (turn.visits_size() != turn.visit_actions_size()) {
    return BadInput(where(), turn.visits_size(), " visits for ", turn.visit_actions_size(), " actions");
  }
  std::uint64_t sum = 0;
  for (int i = 0; i < turn.visits_size(); ++i) {
    const std::uint32_t action = turn.visit_actions(i);
    if (i > 0 && action <= turn.visit_actions(i - 1)) {
      return BadInput(where(), "visited action ", action, " after ", turn.visit_actions(i - 1), ", expected ascending actions");
    }
    if (action >= kNoAction || legal.Find(static_cast<Action>(action)) < 0) {
      return BadInput(where(), "visited action ", action, " is not legal");
    }
    sum += turn.visits(i);
  }
  if (turn.full_search() && sum == 0) return BadInput(where(), "a full search without visits");
  const float value = turn.root_value();
  if (!turn.has_root_value() || !(std::abs(value) <= 1)) {
    return BadInput(where(), "root value ", turn.has_root_value() ? absl::StrCat(value) : "absent", ", expected -1..1");
  }
  // Both were rounded to float: a win and a draw that fill the whole may exceed it by an ulp or two.
  if (!(turn.root_draw() >= 0 && turn.root_draw() <= 1 - std::abs(value) + 1e-4f)) {
    return BadInput(where(), "draw probability ", turn.root_draw(), ", expected 0..1 - |root value ", value, "|");
  }
  if (!(turn.prior_kl() >= 0) || std::isinf(turn.prior_kl())) {
    return BadInput(where(), "prior_kl ", turn.prior_kl(), ", expected a finite number >= 0");
  }
  if (turn.has_proven() && !IsResult(turn.proven())) return BadInput(where(), "proven ", turn.proven(), ", expected -1, 0 or 1");
  return absl::OkStatus();
}

absl::Status VerifyEnd(const Game& game, const GameRecord& record, const State& last) {
  if (!record.has_result() || !IsResult(record.result())) {
    return BadInput("result ", record.has_result() ? absl::StrCat(record.result()) : "absent", ", expected -1, 0 or 1");
  }
  if (last.IsTerminal()) {
    const int outcome = static_cast<int>(last.GetOutcome());
    if (record.end() != GameRecord::PLAYED) return BadInput("end is ", record.end(), ", but the game was played to its end by the rules");
    if (record.result() != outcome) return BadInput("result ", record.result(), ", but the game ended ", outcome);
    return absl::OkStatus();
  }
  switch (record.end()) {
    case GameRecord::PLAYED:
      return BadInput("the game is not over after its last move, ply ", record.moves_size());
    case GameRecord::PROVEN:
      if (record.turns_size() == 0 || !record.turns(record.turns_size() - 1).has_proven() ||
          record.turns(record.turns_size() - 1).proven() != record.result()) {
        return BadInput("result ", record.result(), " is said to be proven, but the last turn does not prove it");
      }
      return absl::OkStatus();
    case GameRecord::MAX_PLIES:
      if (record.moves_size() < game.facts().max_plies || record.result() != 0) {
        return BadInput("cut after ", record.moves_size(), " plies with result ", record.result(), ", expected a draw after ",
                        game.facts().max_plies);
      }
      return absl::OkStatus();
    case GameRecord::IMPORTED:
      return absl::OkStatus();  // who won is the file's claim
  }
  return BadInput("end ", static_cast<int>(record.end()), " is unknown");
}

}  // namespace

absl::Status VerifyRecord(const GameRecord& record) {
  auto game = FindGame(record.game());
  if (!game.ok()) return Annotate(game.status(), "record");
  return VerifyRecord(**game, record);
}

absl::Status VerifyRecord(const Game& game, const GameRecord& record) {
  if (record.game() != game.facts().spec) return BadInput("record of game ", record.game(), ", expected ", game.facts().spec);
  std::unique_ptr<State> state;
  if (record.has_start()) {
    auto start = game.StateFromText(record.start());
    if (!start.ok()) return Annotate(start.status(), "start of the record");
    state = *std::move(start);
  } else {
    state = game.NewState();
  }
  const int num_moves = record.moves_size();
  if (num_moves > game.facts().max_plies) {
    return BadInput(num_moves, " moves, but the longest game has ", game.facts().max_plies);
  }
  if (record.opening_plies() > static_cast<std::uint32_t>(num_moves) ||
      record.turns_size() != num_moves - static_cast<int>(record.opening_plies())) {
    return BadInput(record.turns_size(), " turns and ", record.opening_plies(), " opening plies for ", num_moves, " moves");
  }
  const int opening_plies = static_cast<int>(record.opening_plies());
  ActionList legal;
  for (int ply = 0; ply < num_moves; ++ply) {
    state->LegalActions(legal);  // empty when the game is over
    if (ply >= opening_plies) TANDEM_RETURN_IF_ERROR(VerifyTurn(record.turns(ply - opening_plies), legal, ply));
    const std::uint32_t move = record.moves(ply);
    if (move >= kNoAction || legal.Find(static_cast<Action>(move)) < 0) {
      return BadInput("move ", move, " at ply ", ply, " is not legal", legal.empty() ? ": the game is over" : "");
    }
    state->Apply(static_cast<Action>(move));
  }
  return VerifyEnd(game, record, *state);
}

}  // namespace tandem
