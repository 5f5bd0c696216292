#include "training/coordinator/upload.h"

#include <zstd.h>

#include <algorithm>
#include <set>

#include "engine/base/file.h"
#include "engine/base/status.h"
#include "selfplay/record/little_endian.h"
#include "selfplay/wire/frame.h"

namespace tandem {
namespace {

constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kRecordPrefixBytes = 8;
constexpr std::uint64_t kGumbelTotal = 65536;  // improved policies are stored as integers of this sum (proto/record.proto)

// Walks over the records without unpacking them: every byte belongs to one, checksums are right, and the sizes that their frames announce
// (which the decompressor keeps to) are within bounds. So the parser finds nothing to repair and nothing that explodes.
absl::Status CheckSizes(std::string_view bytes) {
  std::uint64_t raw_total = 0;
  for (std::size_t offset = kMagicBytes; offset < bytes.size();) {
    const std::size_t left = bytes.size() - offset;
    if (left < kRecordPrefixBytes || U32At(bytes, offset) > left - kRecordPrefixBytes) {
      return BadInput("offset ", offset, ": a record that does not fit into the ", bytes.size(), " bytes");
    }
    const std::string_view stored = bytes.substr(offset + kRecordPrefixBytes, U32At(bytes, offset));
    if (Crc32c(stored) != U32At(bytes, offset + 4)) return BadInput("offset ", offset, ": wrong checksum");
    const unsigned long long raw = ZSTD_getFrameContentSize(stored.data(), stored.size());
    if (raw == ZSTD_CONTENTSIZE_ERROR || raw == ZSTD_CONTENTSIZE_UNKNOWN || raw > kMaxRawRecordBytes) {
      return BadInput("offset ", offset, ": expected a zstd frame of at most ", kMaxRawRecordBytes, " bytes");
    }
    raw_total += raw;
    if (raw_total > kMaxRawBytes) return BadInput("more than ", kMaxRawBytes, " bytes when unpacked");
    offset += kRecordPrefixBytes + stored.size();
  }
  return absl::OkStatus();
}

absl::Status CheckNetwork(const UploadRules& rules, const std::string& net_id) {
  if (IsContentId(net_id) && rules.has_network(net_id)) return absl::OkStatus();
  return BadInput("network ", IsContentId(net_id) ? net_id : "with an ill-formed id", " is not one of this run");
}

// Searches keep the tree from move to move, so a root may have the visits of all earlier searches of its game, and no more.
absl::Status CheckBudgets(const UploadRules& rules, const GameRecord& record) {
  const SelfplayConfig& config = rules.config->selfplay();
  const std::uint64_t most = static_cast<std::uint64_t>(std::max(config.full_simulations(), config.cheap_simulations()));
  const bool gumbel = rules.config->search().algorithm() == SearchConfig::GUMBEL;
  std::uint64_t simulations = 0;
  for (int i = 0; i < record.turns_size(); ++i) {
    const Turn& turn = record.turns(i);
    const auto where = [&] { return absl::StrCat("turn ", i, ": "); };
    if (turn.simulations() > most) return BadInput(where(), turn.simulations(), " simulations, the run allows ", most);
    simulations += turn.simulations();
    std::uint64_t visits = 0;
    for (const std::uint32_t count : turn.visits()) visits += count;
    // Rounding adds at most one half a move; a search decided at once has one visit's worth of policy.
    const std::uint64_t rounding = static_cast<std::uint64_t>(turn.visits_size()) + 1;
    const std::uint64_t budget = (gumbel ? kGumbelTotal : simulations) + rounding;
    if (visits > budget) return BadInput(where(), visits, " visits, at most ", budget, " are possible");
    if (turn.has_net_id()) TANDEM_RETURN_IF_ERROR(Annotate(CheckNetwork(rules, turn.net_id()), absl::StrCat("turn ", i)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckUploadedGame(const UploadRules& rules, const GameRecord& record) {
  if (record.seed() != rules.config->seed()) return BadInput("seed ", record.seed(), ", the run's is ", rules.config->seed());
  if (!record.has_index() || record.index() >= static_cast<std::uint64_t>(rules.next_number)) {
    return BadInput("its number was never given away (numbers go up to ", rules.next_number - 1, ")");
  }
  if (record.has_start()) return BadInput("it begins from a position of its own; this run's games begin at the start");
  if (record.end() == GameRecord::PROVEN && !rules.config->selfplay().stop_when_proven()) {
    return BadInput("it ends before the end of the game; this run plays to the end");
  }
  TANDEM_RETURN_IF_ERROR(CheckNetwork(rules, record.net_id()));
  TANDEM_RETURN_IF_ERROR(VerifyRecord(*rules.game, record));
  return CheckBudgets(rules, record);
}

absl::StatusOr<Chunk> CheckUpload(const UploadRules& rules, std::string_view bytes) {
  if (bytes.size() < kMagicBytes) return BadInput("a chunk of ", bytes.size(), " bytes");
  TANDEM_RETURN_IF_ERROR(CheckSizes(bytes));
  auto chunk = ParseChunk(bytes);
  if (!chunk.ok()) return BadInput(std::string(chunk.status().message()));
  if (!chunk->problems.empty()) return BadInput(chunk->problems.front());
  if (chunk->games.empty()) return BadInput("a chunk without games");
  if (chunk->header.run_id() != rules.run_id) return BadInput("a chunk of another run");
  if (chunk->header.game() != rules.game->facts().spec) return BadInput("a chunk of another game");
  std::set<std::uint64_t> numbers;
  std::uint32_t num_full_turns = 0, num_turns = 0;
  for (const GameRecord& game : chunk->games) {
    const std::string which = absl::StrCat("game ", game.index());
    TANDEM_RETURN_IF_ERROR(Annotate(CheckUploadedGame(rules, game), which));
    if (!numbers.insert(game.index()).second) return BadInput(which, ": twice in one chunk");
    num_turns += static_cast<std::uint32_t>(game.turns_size());
    for (const Turn& turn : game.turns()) num_full_turns += turn.full_search() ? 1 : 0;
  }
  // The replay window believes headers when it skips old chunks.
  if (chunk->header.num_turns() != num_turns || chunk->header.num_full_turns() != num_full_turns) {
    return BadInput("the header counts ", chunk->header.num_turns(), " turns, ", chunk->header.num_full_turns(), " full; there are ",
                    num_turns, ", ", num_full_turns, " full");
  }
  return chunk;
}

}  // namespace tandem
