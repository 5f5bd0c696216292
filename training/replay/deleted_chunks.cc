#include "training/replay/deleted_chunks.h"

#include <fcntl.h>
#include <unistd.h>

#include <set>

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

absl::StatusOr<DeletedChunk> ParseLine(const boost::json::object& line) {
  DeletedChunk chunk;
  TANDEM_ASSIGN_OR_RETURN(chunk.id, JsonString(line, "id"));
  TANDEM_ASSIGN_OR_RETURN(chunk.games, JsonInteger(line, "games"));
  TANDEM_ASSIGN_OR_RETURN(chunk.rows, JsonInteger(line, "rows"));
  const boost::json::value* numbers = line.if_contains("numbers");
  if (numbers == nullptr || !numbers->is_array()) return BadInput("expected an array \"numbers\"");
  for (const boost::json::value& range : numbers->get_array()) {
    if (!range.is_array() || range.get_array().size() != 2 || !range.get_array()[0].is_int64() || !range.get_array()[1].is_int64()) {
      return BadInput("expected pairs of integers in \"numbers\"");
    }
    chunk.numbers.emplace_back(range.get_array()[0].get_int64(), range.get_array()[1].get_int64());
  }
  return chunk;
}

absl::Status Flush(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool flushed = descriptor >= 0 && ::fsync(descriptor) == 0;
  if (descriptor >= 0) ::close(descriptor);
  return flushed ? absl::OkStatus() : absl::UnavailableError("cannot flush " + path.string());
}

}  // namespace

std::filesystem::path DeletedChunksPath(const std::filesystem::path& chunks) { return chunks / "deleted.jsonl"; }

absl::StatusOr<std::vector<DeletedChunk>> ReadDeletedChunks(const std::filesystem::path& chunks) {
  const std::filesystem::path path = DeletedChunksPath(chunks);
  std::vector<DeletedChunk> deleted;
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return deleted;
  TANDEM_ASSIGN_OR_RETURN(const JsonLines lines, ReadJsonLines(path));
  if (!lines.problems.empty()) return Corrupt(path.string(), ": ", lines.problems.front());
  std::set<std::string> known;
  for (const boost::json::object& line : lines.objects) {
    auto chunk = ParseLine(line);
    if (!chunk.ok()) return Corrupt(path.string(), ": ", chunk.status().message());
    if (known.insert(chunk->id).second) deleted.push_back(*std::move(chunk));
  }
  return deleted;
}

absl::Status RecordDeletedChunks(const std::filesystem::path& chunks, std::span<const DeletedChunk> deleted) {
  const std::filesystem::path path = DeletedChunksPath(chunks);
  TANDEM_RETURN_IF_ERROR(CutTornLine(path).status());
  std::string text;
  for (const DeletedChunk& chunk : deleted) {
    boost::json::array numbers;
    for (const auto& [begin, end] : chunk.numbers) numbers.push_back(boost::json::array{begin, end});
    const boost::json::object line{{"id", chunk.id}, {"games", chunk.games}, {"rows", chunk.rows}, {"numbers", std::move(numbers)}};
    text += JsonText(line) + "\n";
  }
  TANDEM_RETURN_IF_ERROR(AppendFile(path, text));
  return Flush(path);
}

}  // namespace tandem
