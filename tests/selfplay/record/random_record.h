// Records made of random moves and random visits: right by the rules, and without a search. Also hand-made ones from move text.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "engine/game/state.h"
#include "proto/record.pb.h"
#include "selfplay/record/chunk.h"
#include "tests/game_named.h"

namespace tandem {

// A whole random game. Each turn is full with this probability.
GameRecord RandomRecord(const Game& game, std::uint64_t seed, double full_share = 0.5);

// The game with these moves (text, split by blanks), every turn a full search with all visits on the move played, value 0.
GameRecord RecordOf(const Game& game, std::string_view moves);

// Keeps what it is given.
class MemorySink : public ChunkSink {
 public:
  absl::StatusOr<std::string> Put(const ChunkHeader& header, const std::vector<GameRecord>& games) override;
  std::vector<GameRecord> games() const;

 private:
  mutable absl::Mutex mutex_;
  std::vector<GameRecord> games_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tandem
