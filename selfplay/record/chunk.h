// A chunk: finished games in one immutable file, named by content (first 32 hex digits of the SHA-256 of its bytes, ".chunk").
//
//   "TNDMCHK1" | header record | game record ...      record = u32 stored length | u32 crc32c of the stored bytes | stored bytes
//
// Integers are little-endian. Stored bytes are a zstd frame of a serialised ChunkHeader or GameRecord; lengths are bounded before anything
// is allocated. A reader skips a broken record, says how many bytes it dropped, and goes on. Grammar, example, evolution:
// docs/chunk_format.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/state.h"
#include "proto/record.pb.h"

namespace tandem {

struct Chunk {
  ChunkHeader header;
  std::vector<GameRecord> games;
  std::int64_t dropped_bytes = 0;    // what a reader could not use
  std::vector<std::string> problems; // one line for each dropped stretch: offset, what was wrong
};

std::string SerializeChunk(const ChunkHeader& header, const std::vector<GameRecord>& games);
// kDataLoss only when not even the magic and the header can be read.
absl::StatusOr<Chunk> ParseChunk(std::string_view bytes);
// Only the head of the file is read; same errors, and ReadFile's.
absl::StatusOr<ChunkHeader> ReadChunkHeader(const std::filesystem::path& path);
std::string ChunkId(std::string_view bytes);

// Where self-play puts finished games. Thread-safe. OK means acknowledged: the games are on stable storage (directory, wire) or held by
// the test (memory), and will never be lost or doubled.
class ChunkSink {
 public:
  virtual ~ChunkSink() = default;
  virtual absl::StatusOr<std::string> Put(const ChunkHeader& header, const std::vector<GameRecord>& games) = 0;  // the chunk's id
};

class DirectorySink : public ChunkSink {
 public:
  explicit DirectorySink(std::filesystem::path directory) : directory_(std::move(directory)) {}
  absl::StatusOr<std::string> Put(const ChunkHeader& header, const std::vector<GameRecord>& games) override;

 private:
  const std::filesystem::path directory_;
};

// Chunks of a directory, oldest first (by modification time, then name); other files are ignored.
absl::StatusOr<std::vector<std::filesystem::path>> ListChunks(const std::filesystem::path& directory);

// Checks a record against the rules: moves legal from `start`, result right, every turn's actions legal where they were played, visit sums
// positive on full searches, values finite and in [-1, 1]. Nothing enters a window unchecked.
// kInvalidArgument names the ply and the value.
absl::Status VerifyRecord(const GameRecord& record);
// The same for a caller that holds the game; a record of another game is refused.
absl::Status VerifyRecord(const Game& game, const GameRecord& record);

}  // namespace tandem
