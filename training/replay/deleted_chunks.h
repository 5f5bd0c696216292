// What is left of a chunk that the retention policy (training/store) deleted: its line in CHUNKS/deleted.jsonl.
//
//   {"id":"3f9a...","games":64,"rows":913,"numbers":[[128,190],[200,202]]}
//
// Whoever counts a run's games and rows, or refuses games that came before, counts these too. The line is on the disk before the file goes,
// so a crash leaves at most a file that has a line already: it counts as deleted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace tandem {

struct DeletedChunk {
  std::string id;
  std::int64_t games = 0;
  std::int64_t rows = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> numbers;  // of its games: ranges begin..end (not included), ascending
};

std::filesystem::path DeletedChunksPath(const std::filesystem::path& chunks);

// In the order of deletion; an id that stands there twice is given once. No file: none. kDataLoss when a whole line makes no sense.
absl::StatusOr<std::vector<DeletedChunk>> ReadDeletedChunks(const std::filesystem::path& chunks);
// Appends the lines and flushes them to the disk.
absl::Status RecordDeletedChunks(const std::filesystem::path& chunks, std::span<const DeletedChunk> deleted);

}  // namespace tandem
