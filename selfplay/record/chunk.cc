// Writing and reading chunks. A reader that meets a broken record looks for the next place where a whole record lies (zstd's magic number
// eight bytes in, a length that fits, the right checksum), so one flipped bit, even in a length, costs one game.
#include "selfplay/record/chunk.h"

#include <zstd.h>

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/file.h"
#include "engine/base/status.h"
#include "selfplay/record/little_endian.h"

namespace tandem {
namespace {

constexpr std::string_view kMagic = "TNDMCHK1";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";
constexpr std::string_view kSuffix = ".chunk";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kPrefixBytes = 8;           // stored length, checksum
constexpr std::size_t kMaxRecordBytes = 1 << 24;  // stored or raw; the longest game takes far less than 1 MiB
constexpr std::size_t kMaxHeaderBytes = 1 << 16;  // of the file's head
constexpr int kCompressionLevel = 3;              // zstd's default; 19 saves 3 % more on records of this size
constexpr std::size_t kIdDigits = 32;

void AppendRecord(const std::string& raw, std::string* out) {
  std::string stored(ZSTD_compressBound(raw.size()), '\0');
  const std::size_t size = ZSTD_compress(stored.data(), stored.size(), raw.data(), raw.size(), kCompressionLevel);
  TANDEM_CHECK(!ZSTD_isError(size));  // only memory could fail: the bound was asked for
  stored.resize(size);
  AppendU32(static_cast<std::uint32_t>(stored.size()), out);
  AppendU32(Crc32c(stored), out);
  out->append(stored);
}

// The stored bytes of the record at `offset` when length and checksum are right. `work`, when given, pays for the bytes summed.
absl::StatusOr<std::string_view> StoredBytes(std::string_view bytes, std::size_t offset, std::int64_t* work = nullptr) {
  const std::size_t left = bytes.size() - offset;
  if (left < kPrefixBytes) return Corrupt("offset ", offset, ": ", left, " bytes, expected a record's prefix of ", kPrefixBytes);
  const std::size_t length = U32At(bytes, offset);
  if (length > kMaxRecordBytes || length > left - kPrefixBytes) {
    return Corrupt("offset ", offset, ": stored length ", length, ", expected at most ", std::min(kMaxRecordBytes, left - kPrefixBytes));
  }
  const std::string_view stored = bytes.substr(offset + kPrefixBytes, length);
  if (work != nullptr) *work -= static_cast<std::int64_t>(length);
  const std::uint32_t crc = Crc32c(stored);
  if (crc != U32At(bytes, offset + 4)) {
    return Corrupt("offset ", offset, ": checksum ", crc, " of ", length, " bytes, expected ", U32At(bytes, offset + 4));
  }
  return stored;
}

template <typename Message>
absl::StatusOr<Message> Decode(std::string_view stored, std::size_t offset) {
  const unsigned long long raw_bytes = ZSTD_getFrameContentSize(stored.data(), stored.size());
  if (raw_bytes == ZSTD_CONTENTSIZE_ERROR || raw_bytes == ZSTD_CONTENTSIZE_UNKNOWN || raw_bytes > kMaxRecordBytes) {
    return Corrupt("offset ", offset, ": no zstd frame with a content size of at most ", kMaxRecordBytes, " bytes");
  }
  std::string raw(static_cast<std::size_t>(raw_bytes), '\0');
  const std::size_t size = ZSTD_decompress(raw.data(), raw.size(), stored.data(), stored.size());
  if (ZSTD_isError(size)) return Corrupt("offset ", offset, ": zstd: ", ZSTD_getErrorName(size));
  Message message;
  if (size != raw.size() || !message.ParseFromString(raw)) {
    return Corrupt("offset ", offset, ": ", size, " bytes are not a serialised ", message.GetTypeName());
  }
  return message;
}

// Offset of the first whole record at or after `from`; the end of the bytes when there is none, or when hostile bytes made the search
// longer than a few passes over the file.
std::size_t FindRecord(std::string_view bytes, std::size_t from) {
  std::int64_t work = 4 * static_cast<std::int64_t>(bytes.size());
  for (std::size_t magic = from + kPrefixBytes; work > 0; ++magic) {
    magic = bytes.find(kZstdMagic, magic);
    if (magic == std::string_view::npos) break;
    if (StoredBytes(bytes, magic - kPrefixBytes, &work).ok()) return magic - kPrefixBytes;
  }
  return bytes.size();
}

// Reads magic and header; `end` gets the offset behind them.
absl::StatusOr<ChunkHeader> ParseHeader(std::string_view bytes, std::size_t* end) {
  if (bytes.substr(0, kMagic.size()) != kMagic) {
    return Corrupt("offset 0: not a chunk: expected the ", kMagic.size(), " bytes ", std::string(kMagic));
  }
  auto stored = StoredBytes(bytes, kMagic.size());
  if (!stored.ok()) return Annotate(stored.status(), "chunk header");
  auto header = Decode<ChunkHeader>(*stored, kMagic.size());
  if (!header.ok()) return Annotate(header.status(), "chunk header");
  if (header->version() != kVersion) {
    return Corrupt("chunk header: version ", header->version(), ", expected ", kVersion);
  }
  *end = kMagic.size() + kPrefixBytes + stored->size();
  return header;
}

}  // namespace

std::string SerializeChunk(const ChunkHeader& header, const std::vector<GameRecord>& games) {
  ChunkHeader full = header;
  std::uint32_t num_turns = 0, num_full_turns = 0;
  for (const GameRecord& game : games) {
    num_turns += static_cast<std::uint32_t>(game.turns_size());
    for (const Turn& turn : game.turns()) num_full_turns += turn.full_search() ? 1 : 0;
  }
  full.set_version(kVersion);
  if (!full.has_game() && !games.empty()) full.set_game(games.front().game());
  full.set_num_games(static_cast<std::uint32_t>(games.size()));
  full.set_num_turns(num_turns);
  full.set_num_full_turns(num_full_turns);
  std::string out(kMagic);
  AppendRecord(full.SerializeAsString(), &out);
  for (const GameRecord& game : games) AppendRecord(game.SerializeAsString(), &out);
  return out;
}

absl::StatusOr<Chunk> ParseChunk(std::string_view bytes) {
  Chunk chunk;
  std::size_t offset = 0;
  TANDEM_ASSIGN_OR_RETURN(chunk.header, ParseHeader(bytes, &offset));
  auto drop = [&](std::size_t until, const absl::Status& why) {
    const std::size_t dropped = until - offset;
    chunk.dropped_bytes += static_cast<std::int64_t>(dropped);
    chunk.problems.push_back(absl::StrCat(std::string(why.message()), "; ", dropped, " bytes dropped"));
    offset = until;
  };
  while (offset < bytes.size()) {
    auto stored = StoredBytes(bytes, offset);
    if (!stored.ok()) {
      drop(FindRecord(bytes, offset + 1), stored.status());
      continue;
    }
    auto game = Decode<GameRecord>(*stored, offset);
    const std::size_t next = offset + kPrefixBytes + stored->size();
    if (!game.ok()) {
      drop(next, game.status());
      continue;
    }
    chunk.games.push_back(*std::move(game));
    offset = next;
  }
  if (chunk.problems.empty() && chunk.games.size() != chunk.header.num_games()) {
    chunk.problems.push_back(
        absl::StrCat("offset ", bytes.size(), ": ", chunk.games.size(), " games, the header says ", chunk.header.num_games()));
  }
  return chunk;
}

absl::StatusOr<ChunkHeader> ReadChunkHeader(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::NotFoundError(absl::StrCat("cannot open ", path.string()));
  std::string head(kMaxHeaderBytes, '\0');
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(file.gcount()));
  std::size_t end = 0;
  auto header = ParseHeader(head, &end);
  if (!header.ok()) return Annotate(header.status(), path.string());
  return header;
}

std::string ChunkId(std::string_view bytes) { return Sha256Hex(bytes).substr(0, kIdDigits); }

absl::StatusOr<std::string> DirectorySink::Put(const ChunkHeader& header, const std::vector<GameRecord>& games) {
  const std::string bytes = SerializeChunk(header, games);
  const std::string id = ChunkId(bytes);
  const std::filesystem::path path = directory_ / (id + std::string(kSuffix));
  // The same games come again when a sender did not hear the acknowledgement; content addressing makes that harmless.
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return id;
  TANDEM_RETURN_IF_ERROR(MakeDirectories(directory_));
  TANDEM_RETURN_IF_ERROR(WriteFileAtomic(path, bytes));
  return id;
}

absl::StatusOr<std::vector<std::filesystem::path>> ListChunks(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::directory_iterator entries(directory, error);
  if (error) return absl::NotFoundError(absl::StrCat("cannot list chunks of ", directory.string(), ": ", error.message()));
  std::vector<std::pair<std::filesystem::file_time_type, std::filesystem::path>> found;
  for (const auto& entry : entries) {
    if (entry.path().extension() != kSuffix || !entry.is_regular_file(error)) continue;
    const auto time = entry.last_write_time(error);
    if (!error) found.emplace_back(time, entry.path());  // else it went away meanwhile
  }
  std::sort(found.begin(), found.end());
  std::vector<std::filesystem::path> paths;
  for (auto& [time, path] : found) paths.push_back(std::move(path));
  return paths;
}

}  // namespace tandem
