// The whole loop on tic-tac-toe with a tiny network.
#include "training/loop/loop.h"

#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "engine/base/file.h"
#include "gtest/gtest.h"
#include "tests/fresh_directory.h"
#include "tests/selfplay/record/random_record.h"
#include "training/coordinator/token_store.h"

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

std::unique_ptr<Coordinator> OpenCoordinator(const Run& run) {
  CoordinatorOptions options{.directory = run.directory(), .config = run.config(), .run_id = run.id(), .game = &run.game()};
  options.clock = &Clock::Real();
  auto coordinator = Coordinator::Open(std::move(options));
  EXPECT_TRUE(coordinator.ok()) << coordinator.status();
  return *std::move(coordinator);
}

LoopSummary TrainWith(Coordinator& coordinator, Run& run) {
  LoopOptions options;
  options.coordinator = &coordinator;
  const auto summary = TrainLoop(run, options, {}, Clock::Real());
  EXPECT_TRUE(summary.ok()) << summary.status();
  return summary.value_or(LoopSummary());
}

// Brings `count` random games as a worker does, and returns the first one's number.
std::int64_t Upload(Coordinator& coordinator, const Run& run, int count) {
  const std::string token = TokenStore(run.directory().serve(), &Clock::Real()).Create("w", absl::Hours(1)).value();
  Hello hello;
  hello.set_min_version(1);
  hello.set_max_version(2);
  hello.set_token(token);
  const Coordinator::Admission admission = coordinator.Admit(hello, "test");
  EXPECT_NE(admission.worker, 0u) << admission.reply.ShortDebugString();
  WireMessage request;
  request.mutable_get_assignment();
  const std::int64_t first = static_cast<std::int64_t>(coordinator.Answer(admission.worker, request).assignment().first_number());
  std::vector<GameRecord> games;
  for (int i = 0; i < count; ++i) {
    GameRecord record = RandomRecord(run.game(), static_cast<std::uint64_t>(first + i));
    record.set_seed(run.config().seed());
    record.set_net_id(coordinator.NewestNetwork().net_id);
    for (Turn& turn : *record.mutable_turns()) {
      turn.set_simulations(16);
      turn.clear_visits();
      for (int k = 0; k < turn.visit_actions_size(); ++k) turn.add_visits(1);
    }
    games.push_back(std::move(record));
  }
  ChunkHeader header;
  header.set_run_id(run.id());
  header.set_game(run.game().facts().spec);
  request.mutable_put_chunk()->set_data(SerializeChunk(header, games));
  request.mutable_put_chunk()->set_chunk_id(ChunkId(request.put_chunk().data()));
  const WireMessage reply = coordinator.Answer(admission.worker, request);
  EXPECT_EQ(reply.chunk_ack().verdict(), ChunkAck::STORED) << reply.ShortDebugString();
  return first;
}

std::set<std::int64_t> NumbersOnce(const Run& run) {
  std::set<std::int64_t> numbers;
  const auto chunks = ListChunks(run.directory().chunks());
  for (const auto& path : *chunks) {
    const auto chunk = ParseChunk(ReadFile(path).value());
    for (const GameRecord& game : chunk->games) {
      EXPECT_TRUE(numbers.insert(static_cast<std::int64_t>(game.index())).second) << "twice: " << game.index();
    }
  }
  return numbers;
}

TEST(TrainLoopTest, WithACoordinatorItTrainsOnItsOwnGamesAndOnThoseOfWorkersEachOnce) {
  const auto directory = FreshDirectory("loop_coordinator");
  {
    const auto run = Run::Open(SmallRun(directory, 40)).value();
    const auto coordinator = OpenCoordinator(*run);
    EXPECT_EQ(TrainWith(*coordinator, *run).games, 40);
  }
  std::int64_t given = 0;
  {
    const auto run = Run::Open(SmallRun(directory, 120)).value();
    const auto coordinator = OpenCoordinator(*run);
    const std::int64_t first = Upload(*coordinator, *run, 30);
    const LoopSummary summary = TrainWith(*coordinator, *run);
    EXPECT_EQ(summary.games, 120) << "40 of before, 30 of the worker, 50 more of its own";
    EXPECT_GT(summary.steps, 0);
    const std::set<std::int64_t> numbers = NumbersOnce(*run);
    EXPECT_EQ(numbers.size(), 120u);
    for (int i = 0; i < 30; ++i) EXPECT_EQ(numbers.count(first + i), 1u);
    given = coordinator->TakeNumbers(1).value();
  }
  // Alone again: a worker's games may still come, so their numbers stay free.
  Train(SmallRun(directory, 150));
  const auto run = Run::Open(SmallRun(directory, 150)).value();
  const std::set<std::int64_t> numbers = NumbersOnce(*run);
  EXPECT_EQ(numbers.size(), 150u);
  EXPECT_EQ(std::distance(numbers.lower_bound(given + 1), numbers.end()), 30);
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
