// Chunks: what is written is read; whatever is broken is reported, costs what it must and no more, and never crashes.
#include "selfplay/record/chunk.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "engine/base/file.h"
#include "engine/base/rng.h"
#include "tests/selfplay/record/random_record.h"

namespace tandem {
namespace {

std::vector<GameRecord> SomeGames(int count) {
  std::vector<GameRecord> games;
  for (int i = 0; i < count; ++i) games.push_back(RandomRecord(GameNamed("tic_tac_toe"), static_cast<std::uint64_t>(i)));
  return games;
}

std::string SomeChunk(const std::vector<GameRecord>& games) {
  ChunkHeader header;
  header.set_run_id("test");
  return SerializeChunk(header, games);
}

// Offset behind magic and header record (shorter than 256 bytes).
std::size_t HeaderEnd(const std::string& bytes) { return 16 + static_cast<unsigned char>(bytes[8]); }

std::set<std::string> Serialised(const std::vector<GameRecord>& games) {
  std::set<std::string> all;
  for (const GameRecord& game : games) all.insert(game.SerializeAsString());
  return all;
}

std::filesystem::path FreshDirectory(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / ("chunk_test_" + name);
  std::filesystem::remove_all(path);
  return path;
}

TEST(ChunkTest, ReadsWhatWasWritten) {
  const std::vector<GameRecord> games = SomeGames(5);
  const auto chunk = ParseChunk(SomeChunk(games));
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  EXPECT_EQ(chunk->header.run_id(), "test");
  EXPECT_EQ(chunk->header.game(), "tic_tac_toe");
  EXPECT_EQ(chunk->header.num_games(), 5u);
  EXPECT_EQ(chunk->dropped_bytes, 0);
  EXPECT_TRUE(chunk->problems.empty());
  ASSERT_EQ(chunk->games.size(), games.size());
  std::uint32_t turns = 0;
  for (std::size_t i = 0; i < games.size(); ++i) {
    EXPECT_EQ(chunk->games[i].SerializeAsString(), games[i].SerializeAsString());
    turns += static_cast<std::uint32_t>(games[i].turns_size());
  }
  EXPECT_EQ(chunk->header.num_turns(), turns);
}

TEST(ChunkTest, TheExampleOfTheFormatsPageIsAChunk) {
  // docs/chunk_format.md explains these bytes.
  const std::string hex =
      "544e444d43484b31240000005ee356a728b52ffd201bd900000801120b7469635f7461635f746f651a0464656d6f200128013001"
      "34000000f871adce28b52ffd202b5901000a0b7469635f7461635f746f6532050003010402380442110801120202081a023c0425"
      "0000803f30024802";
  std::string bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) bytes.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  EXPECT_EQ(ChunkId(bytes), "d1dd50b6f85161f924603a5da81ce18f");
  const auto chunk = ParseChunk(bytes);
  ASSERT_TRUE(chunk.ok()) << chunk.status();
  ASSERT_EQ(chunk->games.size(), 1u);
  EXPECT_TRUE(chunk->problems.empty());
  EXPECT_TRUE(VerifyRecord(chunk->games[0]).ok()) << VerifyRecord(chunk->games[0]);
  EXPECT_EQ(chunk->games[0].turns(0).visits(0), 60u);
  EXPECT_EQ(chunk->games[0].turns(0).proven(), 1);
}

TEST(ChunkTest, IsNamedByItsContent) {
  const std::string bytes = SomeChunk(SomeGames(2));
  EXPECT_EQ(ChunkId(bytes).size(), 32u);
  EXPECT_EQ(ChunkId(bytes), ChunkId(SomeChunk(SomeGames(2))));
  EXPECT_NE(ChunkId(bytes), ChunkId(SomeChunk(SomeGames(3))));
}

TEST(ChunkTest, FieldsOfALaterVersionSurvive) {
  GameRecord game = SomeGames(1)[0];
  game.mutable_unknown_fields()->AddVarint(1000, 7);
  const auto chunk = ParseChunk(SomeChunk({game}));
  ASSERT_TRUE(chunk.ok());
  ASSERT_EQ(chunk->games.size(), 1u);
  EXPECT_EQ(chunk->games[0].SerializeAsString(), game.SerializeAsString());
}

TEST(ChunkTest, TruncationAtEveryByteKeepsTheWholeGamesAndCountsTheRest) {
  const std::vector<GameRecord> games = SomeGames(4);
  const std::string bytes = SomeChunk(games);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto chunk = ParseChunk(bytes.substr(0, size));
    if (!chunk.ok()) {
      EXPECT_EQ(chunk.status().code(), absl::StatusCode::kDataLoss) << size;
      EXPECT_LT(size, HeaderEnd(bytes)) << chunk.status();
      continue;
    }
    EXPECT_LT(chunk->games.size(), games.size());
    EXPECT_FALSE(chunk->problems.empty()) << size;
    for (std::size_t i = 0; i < chunk->games.size(); ++i) {
      EXPECT_EQ(chunk->games[i].SerializeAsString(), games[i].SerializeAsString());
    }
    EXPECT_LT(chunk->dropped_bytes, 1000);
  }
}

TEST(ChunkTest, ABitFlipCostsOneGameAtMostAndIsReported) {
  const std::vector<GameRecord> games = SomeGames(8);
  const std::set<std::string> originals = Serialised(games);
  const std::string bytes = SomeChunk(games);
  Rng rng(1);
  for (int trial = 0; trial < 1000; ++trial) {
    std::string broken = bytes;
    const std::size_t bit = rng.Below(static_cast<std::uint32_t>(8 * bytes.size()));
    broken[bit / 8] = static_cast<char>(broken[bit / 8] ^ (1 << (bit % 8)));
    const auto chunk = ParseChunk(broken);
    if (!chunk.ok()) {
      EXPECT_LT(bit / 8, HeaderEnd(bytes)) << "only magic and header may cost the file: " << chunk.status();
      continue;
    }
    EXPECT_EQ(chunk->games.size(), games.size() - 1) << "bit " << bit;
    EXPECT_GT(chunk->dropped_bytes, 0) << "bit " << bit;
    EXPECT_EQ(chunk->problems.size(), 1u);
    for (const GameRecord& game : chunk->games) EXPECT_TRUE(originals.count(game.SerializeAsString()));
  }
}

TEST(ChunkTest, AStretchOfRubbishBetweenRecordsIsSkipped) {
  const std::vector<GameRecord> games = SomeGames(2);
  const std::string both = SomeChunk(games);
  // The header of a chunk with two games, then the records with rubbish between them that even begins like a record.
  const auto second = both.rfind("\x28\xb5\x2f\xfd") - 8;
  const std::string rubbish = both.substr(second, 20) + std::string(1000, '\x28');
  const auto chunk = ParseChunk(both.substr(0, second) + rubbish + both.substr(second));
  ASSERT_TRUE(chunk.ok());
  EXPECT_EQ(chunk->games.size(), 2u);
  EXPECT_EQ(chunk->dropped_bytes, static_cast<std::int64_t>(rubbish.size()));
  EXPECT_EQ(chunk->problems.size(), 1u);
}

TEST(ChunkTest, HostileBytesEndSoon) {
  // Every offset looks like a record with a huge stored length; without a bound on the search this would take hours.
  std::string bytes = SomeChunk({});
  const std::string frame("\x00\x00\x40\x00\x00\x00\x00\x00\x28\xb5\x2f\xfd", 12);
  while (bytes.size() < (2u << 20)) bytes += frame;
  const auto chunk = ParseChunk(bytes);
  ASSERT_TRUE(chunk.ok());
  EXPECT_TRUE(chunk->games.empty());
  EXPECT_GT(chunk->dropped_bytes, 1 << 20);
}

TEST(ChunkTest, OtherFilesAreRefused) {
  EXPECT_EQ(ParseChunk("").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ParseChunk("PNG and more than eight bytes").status().code(), absl::StatusCode::kDataLoss);
}

TEST(DirectorySinkTest, WritesEachChunkOnceAndListsOldestFirst) {
  const std::filesystem::path directory = FreshDirectory("sink");
  DirectorySink sink(directory);
  const std::vector<GameRecord> games = SomeGames(3);
  std::vector<std::string> ids;
  for (const GameRecord& game : games) {
    const auto id = sink.Put(ChunkHeader(), {game});
    ASSERT_TRUE(id.ok()) << id.status();
    ids.push_back(*id);
  }
  EXPECT_EQ(*sink.Put(ChunkHeader(), {games[0]}), ids[0]);
  std::ofstream(directory / "notes.txt") << "not a chunk";
  // Times as a run would leave them, the last one put first.
  const auto now = std::filesystem::file_time_type::clock::now();
  for (int i = 0; i < 3; ++i) {
    std::filesystem::last_write_time(directory / (ids[i] + ".chunk"), now - std::chrono::seconds(10 * (i + 1)));
  }
  const auto paths = ListChunks(directory);
  ASSERT_TRUE(paths.ok());
  ASSERT_EQ(paths->size(), 3u);
  EXPECT_EQ(paths->front().stem(), ids[2]);
  EXPECT_EQ(paths->back().stem(), ids[0]);
  const auto header = ReadChunkHeader(paths->front());
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->num_games(), 1u);
  const auto bytes = ReadFile(paths->front());
  EXPECT_EQ(ChunkId(*bytes), ids[2]);
}

TEST(DirectorySinkTest, SaysWhereWritingFailed) {
  const std::filesystem::path directory = FreshDirectory("file");
  std::ofstream(directory) << "a file where the directory should be";
  DirectorySink sink(directory / "chunks");
  const auto id = sink.Put(ChunkHeader(), SomeGames(1));
  ASSERT_FALSE(id.ok());
  EXPECT_NE(id.status().message().find(directory.string()), absl::string_view::npos) << id.status();
  EXPECT_FALSE(ListChunks(directory / "chunks").ok());
}

}  // namespace
}  // namespace tandem
