#include "training/replay/loader.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "engine/base/file.h"
#include "engine/base/status.h"
#include "selfplay/record/chunk.h"
#include "training/replay/deleted_chunks.h"

namespace tandem {
namespace {

struct Found {
  std::filesystem::path path;
  std::int64_t games = 0;
  std::int64_t rows = 0;
};

void ReportBroken(const std::filesystem::path& path, const absl::Status& why, LoadReport* report) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (!error) report->dropped_bytes += static_cast<std::int64_t>(size);
  report->problems.push_back(absl::StrCat(path.string(), ": ", std::string(why.message())));
}

void LoadChunk(const std::filesystem::path& path, ReplayWindow* window, LoadReport* report) {
  auto bytes = ReadFile(path);
  if (!bytes.ok()) return ReportBroken(path, bytes.status(), report);
  auto chunk = ParseChunk(*bytes);
  if (!chunk.ok()) return ReportBroken(path, chunk.status(), report);
  ++report->chunks;
  report->dropped_bytes += chunk->dropped_bytes;
  for (const std::string& problem : chunk->problems) report->problems.push_back(absl::StrCat(path.string(), ": ", problem));
  for (const GameRecord& game : chunk->games) {
    report->next_game_index = std::max(report->next_game_index, static_cast<std::int64_t>(game.index()) + 1);
    if (auto status = window->Add(game); status.ok()) {
      ++report->games;
    } else {
      ++report->refused_games;
      report->problems.push_back(absl::StrCat(path.string(), ": ", std::string(status.message())));
    }
  }
}

}  // namespace

absl::StatusOr<LoadReport> ChunkLoader::LoadNew(ReplayWindow* window) {
  // The list of the deleted is read after the directory: what goes in between stands in both, and is passed over below.
  auto paths = ListChunks(directory_);
  if (!paths.ok()) return paths.status();
  LoadReport report;
  TANDEM_ASSIGN_OR_RETURN(const std::vector<DeletedChunk> deleted, ReadDeletedChunks(directory_));
  for (const DeletedChunk& chunk : deleted) {
    if (!seen_.insert(chunk.id + ".chunk").second) continue;
    window->CountEvicted(chunk.games, chunk.rows);
    ++report.skipped_chunks;
    for (const auto& [begin, end] : chunk.numbers) report.next_game_index = std::max(report.next_game_index, end);
  }
  std::vector<Found> found;
  std::int64_t new_rows = 0;
  for (const std::filesystem::path& path : *paths) {
    if (!seen_.insert(path.filename().string()).second) continue;
    auto header = ReadChunkHeader(path);
    if (!header.ok()) {
      ReportBroken(path, header.status(), &report);
      continue;
    }
    found.push_back({path, header->num_games(), header->num_full_turns()});
    new_rows += found.back().rows;
  }
  // The window at the end of all this bounds what can matter: go back from the newest chunk until it is full.
  std::int64_t missing = WindowRows(config_, window->total_rows() + new_rows);
  std::size_t first = found.size();
  while (first > 0 && missing > 0) missing -= found[--first].rows;
  for (std::size_t i = 0; i < first; ++i) {
    window->CountEvicted(found[i].games, found[i].rows);
    ++report.skipped_chunks;
  }
  for (std::size_t i = first; i < found.size(); ++i) LoadChunk(found[i].path, window, &report);
  return report;
}

}  // namespace tandem
