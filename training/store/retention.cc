#include "training/store/retention.h"

#include <algorithm>
#include <set>

#include "engine/base/file.h"
#include "engine/base/status.h"
#include "selfplay/record/chunk.h"
#include "training/replay/deleted_chunks.h"
#include "training/replay/window.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<DeletedChunk> LineOf(const fs::path& path, const StoredChunk& stored) {
  TANDEM_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  TANDEM_ASSIGN_OR_RETURN(const Chunk chunk, ParseChunk(bytes));
  DeletedChunk line;
  line.id = stored.id;
  line.games = stored.games;
  line.rows = stored.rows;
  std::vector<std::int64_t> numbers;
  for (const GameRecord& game : chunk.games) {
    if (game.has_index()) numbers.push_back(static_cast<std::int64_t>(game.index()));
  }
  std::sort(numbers.begin(), numbers.end());
  for (const std::int64_t number : numbers) {
    if (!line.numbers.empty() && line.numbers.back().second >= number) {
      line.numbers.back().second = number + 1;
    } else {
      line.numbers.emplace_back(number, number + 1);
    }
  }
  return line;
}

}  // namespace

std::size_t PlanRetention(const std::vector<StoredChunk>& chunks, std::int64_t rows_before, const ReplayConfig& replay,
                          const StoreConfig& store) {
  if (store.keep_rows() <= 0 && store.keep_gigabytes() <= 0) return 0;
  std::int64_t total = rows_before;
  for (const StoredChunk& chunk : chunks) total += chunk.rows;
  std::int64_t missing = WindowRows(replay, total);
  std::size_t first = chunks.size();
  while (first > 0 && missing > 0) missing -= chunks[--first].rows;
  std::int64_t rows = 0;
  double bytes = 0;
  for (; first > 0; --first) {
    rows += chunks[first - 1].rows;
    bytes += static_cast<double>(chunks[first - 1].bytes);
    if (store.keep_rows() > 0 && rows > store.keep_rows()) break;
    if (store.keep_gigabytes() > 0 && bytes > store.keep_gigabytes() * 1e9) break;
  }
  return first;
}

absl::StatusOr<RetentionReport> Retention::Pass() {
  RetentionReport report;
  if (!enabled()) return report;
  TANDEM_ASSIGN_OR_RETURN(const std::vector<DeletedChunk> before, ReadDeletedChunks(directory_.chunks()));
  std::set<std::string> gone;
  std::int64_t rows_before = 0;
  for (const DeletedChunk& chunk : before) {
    gone.insert(chunk.id);
    rows_before += chunk.rows;
  }
  TANDEM_ASSIGN_OR_RETURN(const std::vector<fs::path> paths, ListChunks(directory_.chunks()));
  std::vector<StoredChunk> chunks;
  std::error_code error;
  for (const fs::path& path : paths) {
    const std::string id = path.stem().string();
    if (gone.count(id) > 0) {
      fs::remove(path, error);  // its line was written, then somebody was killed
      continue;
    }
    auto known = known_.find(id);
    if (known == known_.end()) {
      const auto header = ReadChunkHeader(path);
      const auto bytes = fs::file_size(path, error);
      if (!header.ok() || error) continue;
      known = known_.emplace(id, StoredChunk{id, header->num_games(), header->num_full_turns(), static_cast<std::int64_t>(bytes)}).first;
    }
    chunks.push_back(known->second);
  }
  std::vector<DeletedChunk> lines;
  const std::size_t count = PlanRetention(chunks, rows_before, replay_, store_);
  for (std::size_t i = 0; i < count; ++i) {
    const StoredChunk& chunk = chunks[i];
    auto line = LineOf(directory_.chunks() / (chunk.id + ".chunk"), chunk);
    if (!line.ok() || (may_go_ && !may_go_(chunk.id))) {
      ++report.held;
      continue;
    }
    lines.push_back(*std::move(line));
    ++report.chunks;
    report.games += chunk.games;
    report.rows += chunk.rows;
    report.bytes += chunk.bytes;
  }
  if (lines.empty()) return report;
  TANDEM_RETURN_IF_ERROR(RecordDeletedChunks(directory_.chunks(), lines));
  for (const DeletedChunk& line : lines) {
    fs::remove(directory_.chunks() / (line.id + ".chunk"), error);
    known_.erase(line.id);
  }
  return report;
}

}  // namespace tandem
