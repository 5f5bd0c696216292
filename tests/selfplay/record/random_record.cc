#include "tests/selfplay/record/random_record.h"

#include <algorithm>

#include "absl/strings/str_split.h"
#include "engine/base/rng.h"
#include "engine/game/registry.h"

namespace tandem {

GameRecord RandomRecord(const Game& game, std::uint64_t seed, double full_share) {
  Rng rng = Rng::Stream(seed, "random record");
  GameRecord record;
  record.set_game(game.facts().spec);
  record.set_seed(seed);
  record.set_index(seed);
  record.set_net_id("uniform");
  record.set_opening_plies(seed % 3);
  const auto state = game.NewState();
  ActionList legal;
  while (!state->IsTerminal()) {
    state->LegalActions(legal);
    if (state->Ply() >= static_cast<int>(seed % 3)) {
      Turn* turn = record.add_turns();
      turn->set_full_search(rng.Uniform() < full_share);
      turn->set_root_value(static_cast<float>(rng.Uniform() - 0.5));
      turn->set_root_draw(static_cast<float>(rng.Uniform() / 2));
      turn->set_prior_kl(static_cast<float>(rng.Exponential(0.3)));
      turn->set_simulations(64);
      for (const Action action : legal) {
        if (!turn->full_search() || (rng.Below(2) == 0 && action != legal[0])) continue;
        turn->add_visit_actions(action);
        turn->add_visits(1 + rng.Below(50));
      }
    }
    record.add_moves(legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))]);
    state->Apply(static_cast<Action>(record.moves(record.moves_size() - 1)));
  }
  record.set_result(static_cast<int>(state->GetOutcome()));
  return record;
}

GameRecord RecordOf(const Game& game, std::string_view moves) {
  GameRecord record;
  record.set_game(game.facts().spec);
  const auto state = game.NewState();
  for (const absl::string_view move : absl::StrSplit(absl::string_view(moves.data(), moves.size()), ' ')) {
    const Action action = state->ParseAction({move.data(), move.size()}).value();
    Turn* turn = record.add_turns();
    turn->set_full_search(true);
    turn->add_visit_actions(action);
    turn->add_visits(1);
    turn->set_root_value(0);
    record.add_moves(action);
    state->Apply(action);
  }
  record.set_result(static_cast<int>(state->GetOutcome()));
  return record;
}

absl::StatusOr<std::string> MemorySink::Put(const ChunkHeader& header, const std::vector<GameRecord>& games) {
  const std::string bytes = SerializeChunk(header, games);
  absl::MutexLock lock(&mutex_);
  games_.insert(games_.end(), games.begin(), games.end());
  return ChunkId(bytes);
}

std::vector<GameRecord> MemorySink::games() const {
  absl::MutexLock lock(&mutex_);
  return games_;
}

}  // namespace tandem
