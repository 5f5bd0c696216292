// ChunkLoader: from a chunk directory into a window, oldest chunk first. It remembers what it has read, so the same object resumes a run
// and then follows the directory while other processes write into it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/run_config.pb.h"
#include "training/replay/window.h"

namespace tandem {

struct LoadReport {
  std::int64_t chunks = 0;            // read
  std::int64_t skipped_chunks = 0;    // not read: too old to stay in the window; their rows are counted
  std::int64_t games = 0;             // added
  std::int64_t refused_games = 0;     // against the rules, or of another game
  std::int64_t dropped_bytes = 0;     // of broken records and whole broken files
  std::int64_t next_game_index = 0;   // above the index of every game read: where a resumed run goes on counting
  std::vector<std::string> problems;  // one line each, with the path
};

// Single-threaded (the window may be used meanwhile).
class ChunkLoader {
 public:
  ChunkLoader(std::filesystem::path directory, const ReplayConfig& config) : directory_(std::move(directory)), config_(config) {}
  // Adds the games of all chunks not seen before. The first call skips what the window would evict at once, by the chunks' headers. Broken
  // chunks and refused games are reported and never end the load. kNotFound when the directory cannot be listed.
  absl::StatusOr<LoadReport> LoadNew(ReplayWindow* window);

 private:
  const std::filesystem::path directory_;
  const ReplayConfig config_;
  std::set<std::string> seen_;  // file names
};

}  // namespace tandem
