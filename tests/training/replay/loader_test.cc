// The loader: order, resumption, what it leaves unread, and broken chunks.
#include "training/replay/loader.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "engine/base/file.h"
#include "selfplay/record/chunk.h"
#include "tests/selfplay/record/random_record.h"

namespace tandem {
namespace {

class LoaderTest : public testing::Test {
 protected:
  LoaderTest() : game_(GameNamed("tic_tac_toe")) {
    directory_ = std::filesystem::path(testing::TempDir()) /
                 ("loader_test_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }

  // Puts chunk `number` of `games` random games, `number` seconds after the first; returns its path.
  std::filesystem::path PutChunk(int number, int games) {
    std::vector<GameRecord> records;
    for (int i = 0; i < games; ++i) {
      records.push_back(RandomRecord(game_, static_cast<std::uint64_t>(1000 * number + i), 1));
      rows_ += records.back().turns_size();
    }
    const auto path = directory_ / (*DirectorySink(directory_).Put(ChunkHeader(), records) + ".chunk");
    std::filesystem::last_write_time(path, first_time_ + std::chrono::seconds(number));
    return path;
  }

  std::unique_ptr<ReplayWindow> NewWindow() const { return NewReplayWindow(game_, config_, LearnerConfig()); }

  const Game& game_;
  std::filesystem::path directory_;
  const std::filesystem::file_time_type first_time_ = std::filesystem::file_time_type::clock::now() - std::chrono::hours(1);
  ReplayConfig config_;
  std::int64_t rows_ = 0;  // in all chunks
};

TEST_F(LoaderTest, LoadsEverythingThatFitsAndThenOnlyWhatIsNew) {
  for (int i = 0; i < 3; ++i) PutChunk(i, 5);
  const auto window = NewWindow();
  ChunkLoader loader(directory_, config_);
  auto report = loader.LoadNew(window.get());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->chunks, 3);
  EXPECT_EQ(report->games, 15);
  EXPECT_EQ(window->total_rows(), rows_);
  EXPECT_EQ(report->next_game_index, 2005);  // above the largest: chunk 2's fifth game is 2004
  EXPECT_TRUE(report->problems.empty());
  PutChunk(3, 2);
  report = loader.LoadNew(window.get());
  EXPECT_EQ(report->chunks, 1);
  EXPECT_EQ(report->games, 2);
  EXPECT_EQ(window->games(), 17);
  EXPECT_EQ(loader.LoadNew(window.get())->chunks, 0);
}

TEST_F(LoaderTest, LeavesUnreadWhatTheWindowWouldEvictAndCountsIt) {
  config_.set_window_rows_min(60);
  config_.set_window_slope(0);
  for (int i = 0; i < 20; ++i) PutChunk(i, 5);
  const auto resumed = NewWindow(), complete = NewWindow();
  ChunkLoader loader(directory_, config_);
  const auto report = loader.LoadNew(resumed.get());
  ASSERT_TRUE(report.ok());
  EXPECT_LE(report->chunks, 3);
  EXPECT_EQ(report->chunks + report->skipped_chunks, 20);
  // The same window as if every chunk had been read.
  const auto paths = ListChunks(directory_);
  for (const auto& path : *paths) {
    const auto chunk = ParseChunk(*ReadFile(path));
    for (const GameRecord& record : chunk->games) ASSERT_TRUE(complete->Add(record).ok());
  }
  EXPECT_EQ(resumed->total_rows(), complete->total_rows());
  EXPECT_EQ(resumed->games(), complete->games());
  EXPECT_EQ(resumed->rows(), complete->rows());
  Rng rng_a(1), rng_b(1);
  TrainingBatch a, b;
  ASSERT_TRUE(resumed->Sample(100, rng_a, &a).ok());
  ASSERT_TRUE(complete->Sample(100, rng_b, &b).ok());
  EXPECT_EQ(a.planes, b.planes);
  EXPECT_EQ(a.policy, b.policy);
  EXPECT_EQ(a.mean_age_rows, b.mean_age_rows);
}

TEST_F(LoaderTest, ReportsBrokenChunksAndGoesOn) {
  PutChunk(0, 5);
  const auto damaged = PutChunk(1, 5);
  std::string bytes = *ReadFile(damaged);
  bytes[bytes.size() - 20] = static_cast<char>(bytes[bytes.size() - 20] ^ 4);  // in the last game
  std::ofstream(damaged, std::ios::binary) << bytes;
  std::ofstream(directory_ / "rubbish.chunk") << "this is no chunk";
  std::ofstream(directory_ / "empty.chunk");
  std::ofstream(directory_ / "notes.txt") << "not looked at";
  const auto window = NewWindow();
  const auto report = ChunkLoader(directory_, config_).LoadNew(window.get());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->games, 9);
  EXPECT_EQ(report->problems.size(), 3u);
  EXPECT_GT(report->dropped_bytes, 16);
  EXPECT_EQ(window->games(), 9);
}

TEST_F(LoaderTest, RefusesGamesAgainstTheRules) {
  GameRecord lie = RandomRecord(game_, 1, 1);
  lie.set_result(lie.result() == 1 ? -1 : 1);
  ASSERT_TRUE(DirectorySink(directory_).Put(ChunkHeader(), {lie, RandomRecord(game_, 2, 1)}).ok());
  const auto window = NewWindow();
  const auto report = ChunkLoader(directory_, config_).LoadNew(window.get());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->refused_games, 1);
  EXPECT_EQ(report->games, 1);
  EXPECT_EQ(report->problems.size(), 1u);
}

TEST_F(LoaderTest, AMissingDirectoryIsAnError) {
  const auto window = NewWindow();
  EXPECT_EQ(ChunkLoader(directory_ / "nowhere", config_).LoadNew(window.get()).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace tandem
