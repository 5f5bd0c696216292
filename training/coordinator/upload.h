// What a chunk from somebody else must be before it enters a run. The rules of the game are checked by VerifyRecord (selfplay/record); here
// the same chunk is held against the run: its numbers, seeds, networks and search budgets, and against the bounds of what may be unpacked.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/game/state.h"
#include "proto/run_config.pb.h"
#include "selfplay/record/chunk.h"

namespace tandem {

struct UploadRules {
  const Game* game = nullptr;
  const RunConfig* config = nullptr;
  std::string run_id;
  std::int64_t next_number = 0;                                // numbers below it were given away
  std::function<bool(const std::string& net_id)> has_network;  // called with content ids only
};

// Unpacks and checks a chunk. kInvalidArgument (one line: which game, what is wrong) when anything in it is not as it should be: a chunk
// is taken whole or not at all. Never unpacks more than kMaxRawBytes. Cost: one replay of each game.
absl::StatusOr<Chunk> CheckUpload(const UploadRules& rules, std::string_view bytes);

// One game against the run; VerifyRecord is part of it.
absl::Status CheckUploadedGame(const UploadRules& rules, const GameRecord& record);

inline constexpr std::uint64_t kMaxRawBytes = 64 << 20;       // of all records of an upload
inline constexpr std::uint64_t kMaxRawRecordBytes = 4 << 20;  // of one; 722 full policies of 362 moves (Go) take 1.3 MB

}  // namespace tandem
