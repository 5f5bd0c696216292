// The whole loop on tic-tac-toe with a tiny network.
#include "training/loop/loop.h"

#include <filesystem>
#include <map>
#include <string>

#include "engine/base/file.h"
#include "gtest/gtest.h"
#include "tests/fresh_directory.h"

namespace tandem {
namespace {

RunRequest SmallRun(const std::filesystem::path& directory, int games) {
  return {directory.string(),
          "tic_tac_toe",
          true,
          {"threads=1", "network.blocks=1", "network.channels=8", "selfplay.games_in_flight=16", "selfplay.games_per_chunk=16",
           "selfplay.full_simulations=16", "selfplay.cheap_simulations=4", "replay.min_rows=40", "learner.batch_size=32",
           "learner.checkpoint_steps=5", "loop.games=" + std::to_string(games)}};
}

LoopSummary Train(const RunRequest& request) {
  auto run = Run::Open(request);
  EXPECT_TRUE(run.ok()) << run.status();
  auto summary = TrainLoop(**run, LoopOptions(), {}, Clock::Real());
  EXPECT_TRUE(summary.ok()) << summary.status();
  return summary.value_or(LoopSummary());
}

// Content by file name of one folder of a run.
std::map<std::string, std::string> Contents(const std::filesystem::path& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    contents[entry.path().filename().string()] = ReadFile(entry.path()).value_or("unreadable");
  }
  return contents;
}

TEST(TrainLoopTest, GivesTheSameChunksAndWeightsByteForByteForTheSameSeedOnOneThread) {
  const auto a = FreshDirectory("loop_a"), b = FreshDirectory("loop_b");
  const LoopSummary first = Train(SmallRun(a, 150));
  const LoopSummary second = Train(SmallRun(b, 150));
  EXPECT_EQ(first.games, 150);
  EXPECT_GT(first.steps, 5);
  EXPECT_EQ(first.steps, second.steps);
  EXPECT_EQ(Contents(a / "chunks"), Contents(b / "chunks"));
  EXPECT_EQ(Contents(a / "networks"), Contents(b / "networks"));
  EXPECT_GT(Contents(a / "networks").size(), 2u);
}

TEST(TrainLoopTest, ResumesWithTheGamesAndStepsItHadAndStopsAtTheRunsLimit) {
  const auto directory = FreshDirectory("loop_resume");
  const LoopSummary first = Train(SmallRun(directory, 100));
  const LoopSummary second = Train(SmallRun(directory, 160));
  EXPECT_EQ(first.games, 100);
  EXPECT_EQ(second.games, 160);
  EXPECT_GT(second.steps, first.steps);
  const LoopSummary third = Train(SmallRun(directory, 160));
  EXPECT_EQ(third.games, 160);
}

TEST(TrainLoopTest, ReportsABrokenChunkAndTrainsOnWithTheOthers) {
  const auto directory = FreshDirectory("loop_broken");
  Train(SmallRun(directory, 100));
  const auto chunk = std::filesystem::directory_iterator(directory / "chunks")->path();
  const std::string content = ReadFile(chunk).value();
  ASSERT_TRUE(WriteFileAtomic(chunk, content.substr(0, content.size() / 2)).ok());
  const LoopSummary summary = Train(SmallRun(directory, 140));
  EXPECT_EQ(summary.games, 140);
}

TEST(TrainLoopTest, FallsBackToTheCheckpointBeforeADamagedOne) {
  const auto directory = FreshDirectory("loop_damaged");
  const LoopSummary first = Train(SmallRun(directory, 100));
  for (const auto& part : std::filesystem::directory_iterator(directory / "checkpoints" / std::to_string(first.steps))) {
    ASSERT_TRUE(WriteFileAtomic(part.path(), "damaged").ok());
  }
  const LoopSummary second = Train(SmallRun(directory, 110));
  EXPECT_EQ(second.games, 110);
  EXPECT_GT(second.steps, 0);
}

TEST(TrainLoopTest, StopsSoonAndSavesWhenAskedTo) {
  const auto directory = FreshDirectory("loop_stop");
  RunRequest request = SmallRun(directory, 0);
  auto run = Run::Open(request);
  ASSERT_TRUE(run.ok());
  std::stop_source stop;
  stop.request_stop();
  const auto summary = TrainLoop(**run, LoopOptions(), stop.get_token(), Clock::Real());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_TRUE(RunDirectory(directory).NewestNetwork().ok());
}

}  // namespace
}  // namespace tandem
