// The store: index, retention, mirror and keeper on runs of random games, with whatever can be missing, broken, locked or killed.
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "engine/base/config.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/selfplay/record/random_record.h"
#include "tests/training/coordinator/test_run.h"
#include "training/gate/rating_results.h"
#include "training/replay/deleted_chunks.h"
#include "training/replay/loader.h"
#include "training/store/keeper.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::SizeIs;

class StoreTest : public testing::Test {
 protected:
  StoreTest() : run_(testing::UnitTest::GetInstance()->current_test_info()->name()), mirror_(run_.directory.root().string() + ".mirror") {
    fs::remove_all(mirror_);
    EXPECT_TRUE(WriteFileAtomic(run_.directory.config_path(), ConfigText(run_.config)).ok());
  }
  // A chunk of the games first..first+count-1, later than the ones before. Returns its id.
  std::string AddChunk(std::int64_t first, int count = 4) {
    std::vector<GameRecord> games;
    for (int i = 0; i < count; ++i) games.push_back(run_.Game(first + i));
    const PutChunk chunk = run_.Chunk(games);
    const fs::path path = Path(chunk.chunk_id());
    EXPECT_TRUE(WriteFileAtomic(path, chunk.data()).ok());
    fs::last_write_time(path, fs::file_time_type(std::chrono::seconds(1'000'000 + first)));
    return chunk.chunk_id();
  }
  fs::path Path(const std::string& id) const { return run_.directory.chunks() / (id + ".chunk"); }
  std::int64_t Rows(const std::string& id) const { return ReadChunkHeader(Path(id))->num_full_turns(); }
  KeeperOptions Options() {
    KeeperOptions options{.directory = run_.directory, .config = run_.config, .mirror = {}, .clock = &run_.clock};
    options.patience = absl::ZeroDuration();
    return options;
  }
  IndexCounts Counts() {
    const auto index = RunIndex::Open(IndexPath(run_.directory), RunIndex::Mode::kRead);
    EXPECT_TRUE(index.ok()) << index.status();
    return index.ok() ? (*index)->Counts().value() : IndexCounts();
  }
  std::string Dump() { return (*RunIndex::Open(IndexPath(run_.directory), RunIndex::Mode::kRead))->Dump().value(); }
  // Rows of all of the run, as a loader counts them.
  std::int64_t LoadedRows(std::int64_t* games = nullptr) {
    const auto window = NewReplayWindow(GameNamed("tic_tac_toe"), run_.config.replay(), run_.config.learner());
    ChunkLoader loader(run_.directory.chunks(), run_.config.replay());
    EXPECT_TRUE(loader.LoadNew(window.get()).ok());
    if (games != nullptr) *games = window->games();
    return window->total_rows();
  }
  void KeepLittle() {
    run_.config.mutable_replay()->set_window_rows_min(20);
    run_.config.mutable_replay()->set_window_slope(0);
    run_.config.mutable_store()->set_keep_rows(1);
  }

  TestRun run_;
  const fs::path mirror_;
};

TEST_F(StoreTest, IndexesGamesChunksNetworksTokensAndRatings) {
  const std::string id = AddChunk(0, 5);
  AddChunk(5, 3);
  const std::string newer = run_.AddNetwork("newer", 10);
  ASSERT_TRUE(AppendFile(UploadsPath(run_.directory),
                         JsonText(boost::json::object{{"chunk", id}, {"token", "t1"}, {"name", "ann"}, {"games", 5}}) + "\n")
                  .ok());
  ASSERT_TRUE(AppendRatedPair(run_.directory, {.net_a = newer, .net_b = run_.net_id, .result = 4, .token_id = "t1"}).ok());
  StoreUpkeep upkeep(Options());
  EXPECT_TRUE(upkeep.Pass().index.ok());
  const IndexCounts counts = Counts();
  EXPECT_EQ(counts.chunks, 2);
  EXPECT_EQ(counts.games, 8);
  EXPECT_EQ(counts.networks, 2);
  EXPECT_EQ(counts.tokens, 1);
  EXPECT_EQ(counts.ratings, 2);
  const auto tokens = (*RunIndex::Open(IndexPath(run_.directory), RunIndex::Mode::kRead))->Tokens().value();
  ASSERT_THAT(tokens, SizeIs(1));
  EXPECT_EQ(tokens[0].games, 5);
}

TEST_F(StoreTest, FollowsTheFilesChunkByChunkAndEqualsAnIndexBuiltAnew) {
  StoreUpkeep upkeep(Options());
  for (int i = 0; i < 5; ++i) {
    AddChunk(10 * i);
    EXPECT_EQ(upkeep.Pass().sync.added_chunks, 1);
  }
  EXPECT_EQ(upkeep.Pass().sync.added_chunks, 0);
  const std::string followed = Dump();
  ASSERT_TRUE(RebuildIndex(run_.directory).ok());
  EXPECT_EQ(Dump(), followed);
  AddChunk(100);
  EXPECT_EQ(upkeep.Pass().sync.added_chunks, 1) << "a rebuilt index is taken up while the run goes on";
}

TEST_F(StoreTest, BuildsAMissingIndexFromTheFiles) {
  AddChunk(0);
  StoreUpkeep upkeep(Options());
  upkeep.Pass();
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(IndexPath(run_.directory).string() + suffix);
  EXPECT_TRUE(upkeep.Pass().index.ok());
  EXPECT_EQ(Counts().games, 4);
}

TEST_F(StoreTest, BuildsADamagedIndexAnewWhereverItIsDamaged) {
  for (int i = 0; i < 60; ++i) AddChunk(10 * i);
  StoreUpkeep(Options()).Pass();
  const std::string good = Dump();
  const std::string bytes = ReadFile(IndexPath(run_.directory)).value();
  for (const std::size_t at : {std::size_t{0}, std::size_t{100}, bytes.size() / 3, bytes.size() / 2}) {
    std::string damaged = bytes;
    for (std::size_t i = at; i < std::min(bytes.size(), at + 4096); ++i) damaged[i] = static_cast<char>(damaged[i] ^ 0x5a);
    ASSERT_TRUE(WriteFileAtomic(IndexPath(run_.directory), damaged).ok());
    StoreUpkeep upkeep(Options());
    AddChunk(1000 + static_cast<std::int64_t>(at), 1);
    upkeep.Pass();
    // Where SQLite does not notice, the user can always ask for a new one.
    ASSERT_TRUE(RebuildIndex(run_.directory).ok());
    EXPECT_EQ(Counts().chunks, static_cast<std::int64_t>(ListChunks(run_.directory.chunks())->size()));
  }
  ASSERT_TRUE(WriteFileAtomic(IndexPath(run_.directory), "this is no database").ok());
  EXPECT_TRUE(StoreUpkeep(Options()).Pass().rebuilt);
  EXPECT_EQ(Counts().games, 60 * 4 + 4);
}

TEST_F(StoreTest, GoesOnWithoutALockedIndexAndFollowsLater) {
  AddChunk(0);
  StoreUpkeep upkeep(Options());
  EXPECT_TRUE(upkeep.Pass().index.ok());
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(IndexPath(run_.directory).c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  AddChunk(10);
  EXPECT_TRUE(absl::IsUnavailable(upkeep.Pass().index));
  sqlite3_exec(other, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(other);
  EXPECT_EQ(upkeep.Pass().sync.added_chunks, 1);
  EXPECT_EQ(Counts().chunks, 2);
}

TEST_F(StoreTest, FindsFilesWithoutRowAndRowsWithoutFile) {
  const std::string first = AddChunk(0);
  StoreUpkeep upkeep(Options());
  upkeep.Pass();
  fs::remove(Path(first));
  AddChunk(10);
  AddChunk(20);
  const auto index = RunIndex::Open(IndexPath(run_.directory), RunIndex::Mode::kRead);
  const IndexCheck check = CheckIndex(run_.directory, index->get()).value();
  EXPECT_EQ(check.files_without_row, 2);
  EXPECT_THAT(check.rows_without_file, testing::ElementsAre(first));
  const KeeperReport report = upkeep.Pass();
  EXPECT_THAT(report.sync.lost, testing::ElementsAre(first));
  EXPECT_EQ(Counts().chunks, 2);
  EXPECT_EQ(Counts().games, 8);
}

TEST_F(StoreTest, PassesOverAChunkThatCannotBeReadAndSaysWhich) {
  AddChunk(0);
  ASSERT_TRUE(WriteFileAtomic(Path("broken"), "no chunk").ok());
  const KeeperReport report = StoreUpkeep(Options()).Pass();
  ASSERT_THAT(report.sync.problems, SizeIs(1));
  EXPECT_THAT(report.sync.problems[0], HasSubstr("broken.chunk"));
  EXPECT_EQ(Counts().chunks, 1);
}

TEST_F(StoreTest, LosesNothingWhenItIsKilledBetweenAChunkAndItsRow) {
  int channel[2];
  ASSERT_EQ(::pipe(channel), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {  // stores and indexes until it is killed, wherever that is
    StoreUpkeep upkeep(Options());
    for (int i = 0;; ++i) {
      AddChunk(10 * i);
      if (::write(channel[1], "c", 1) != 1) ::_exit(1);
      if (i % 3 == 0) upkeep.Pass();
    }
  }
  char byte = 0;
  for (int i = 0; i < 30; ++i) ASSERT_EQ(::read(channel[0], &byte, 1), 1);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(channel[0]);
  ::close(channel[1]);
  StoreUpkeep upkeep(Options());
  EXPECT_TRUE(upkeep.Pass().index.ok());
  const std::int64_t files = static_cast<std::int64_t>(ListChunks(run_.directory.chunks())->size());
  EXPECT_GE(files, 30);
  EXPECT_EQ(Counts().chunks, files);
  EXPECT_EQ(Counts().games, 4 * files);
  const std::string followed = Dump();
  ASSERT_TRUE(RebuildIndex(run_.directory).ok());
  EXPECT_EQ(Dump(), followed);
}

TEST_F(StoreTest, KeepsEverythingUnlessToldOtherwise) {
  for (int i = 0; i < 30; ++i) AddChunk(10 * i);
  EXPECT_EQ(StoreUpkeep(Options()).Pass().retention.chunks, 0);
  EXPECT_EQ(Counts().chunks, 30);
}

TEST_F(StoreTest, NeverDeletesWhatTheWindowNeeds) {
  Rng rng(3);
  for (int trial = 0; trial < 2000; ++trial) {
    ReplayConfig replay;
    replay.set_window_rows_min(1 + rng.Below(500));
    replay.set_window_slope(rng.Uniform());
    replay.set_window_exponent(0.01 + 0.99 * rng.Uniform());
    StoreConfig store;
    store.set_keep_rows(rng.Below(2) == 0 ? 0 : 1 + rng.Below(300));
    store.set_keep_gigabytes(rng.Below(2) == 0 ? 0 : 1e-7 * (1 + rng.Below(300)));
    std::vector<StoredChunk> chunks;
    const std::int64_t before = rng.Below(1000);
    std::int64_t total = before;
    for (std::uint32_t i = rng.Below(40); i > 0; --i) {
      chunks.push_back({"c", 1, static_cast<std::int64_t>(rng.Below(60)), static_cast<std::int64_t>(rng.Below(6000))});
      total += chunks.back().rows;
    }
    const std::size_t gone = PlanRetention(chunks, before, replay, store);
    std::int64_t left = 0;
    const std::int64_t window = WindowRows(replay, total);
    for (std::size_t i = gone; i < chunks.size(); ++i) left += chunks[i].rows;
    EXPECT_TRUE(gone == 0 || left >= window);
    const bool bounded = store.keep_rows() > 0 || store.keep_gigabytes() > 0;
    EXPECT_TRUE(bounded || gone == 0);
    const bool too_many = store.keep_rows() > 0 && left > window + store.keep_rows() + 2 * 60;
    EXPECT_FALSE(too_many) << left << " rows for a window of " << window << " and " << store.keep_rows();
  }
}

TEST_F(StoreTest, DeletesTheOldestBeyondTheWindowSaysWhatAndCountsItOn) {
  KeepLittle();
  std::vector<std::string> ids;
  for (int i = 0; i < 30; ++i) ids.push_back(AddChunk(10 * i));
  std::int64_t games_before = 0, games_after = 0;
  const std::int64_t rows_before = LoadedRows(&games_before);
  StoreUpkeep upkeep(Options());
  const RetentionReport gone = upkeep.Pass().retention;
  EXPECT_GT(gone.chunks, 10);
  EXPECT_EQ(gone.games, 4 * gone.chunks);
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(fs::exists(Path(ids[i])), i >= static_cast<std::size_t>(gone.chunks));
  EXPECT_EQ(LoadedRows(&games_after), rows_before) << "the learner's counts must not go back";
  EXPECT_EQ(games_after, games_before);
  EXPECT_EQ(Counts().deleted_chunks, gone.chunks);
  EXPECT_EQ(upkeep.Pass().retention.chunks, 0);
  EXPECT_THAT(upkeep.Pass().sync.lost, SizeIs(0)) << "what was deleted is not lost";
  ASSERT_TRUE(RebuildIndex(run_.directory).ok());
  EXPECT_EQ(Counts().deleted_chunks, gone.chunks);
}

TEST_F(StoreTest, FinishesADeletionThatWasInterrupted) {
  KeepLittle();
  std::vector<std::string> ids;
  for (int i = 0; i < 30; ++i) ids.push_back(AddChunk(10 * i));
  const std::int64_t rows = LoadedRows();
  const DeletedChunk line{ids[0], 4, Rows(ids[0]), {{0, 4}}};
  ASSERT_TRUE(RecordDeletedChunks(run_.directory.chunks(), {&line, 1}).ok());
  EXPECT_EQ(LoadedRows(), rows) << "with line and file it counts once";
  StoreUpkeep(Options()).Pass();
  EXPECT_FALSE(fs::exists(Path(ids[0])));
  EXPECT_EQ(LoadedRows(), rows);
}

TEST_F(StoreTest, StillRefusesAGameWhoseChunkWasDeleted) {
  KeepLittle();
  auto coordinator = run_.Open();
  const std::string token = run_.NewToken("w");
  std::uint64_t worker = coordinator->Admit(HelloWith(token), "test").worker;
  const std::int64_t first = TakeNumbers(*coordinator, worker);
  for (int i = 0; i < 30; ++i) AddChunk(first + 10 * i);
  ASSERT_GT(StoreUpkeep(Options()).Pass().retention.chunks, 0);
  coordinator = run_.Open();
  worker = coordinator->Admit(HelloWith(token), "test").worker;
  EXPECT_EQ(coordinator->counters().run_games, 120);
  std::vector<GameRecord> games;
  for (int i = 0; i < 4; ++i) games.push_back(run_.Game(first + i));
  EXPECT_EQ(Put(*coordinator, worker, run_.Chunk(games)).verdict(), ChunkAck::ALREADY);
  games.pop_back();
  EXPECT_EQ(Put(*coordinator, worker, run_.Chunk(games)).verdict(), ChunkAck::REFUSED);
}

TEST_F(StoreTest, CopiesChunksNetworksAndLineFilesIntoTheMirror) {
  const std::string id = AddChunk(0);
  KeeperOptions options = Options();
  options.mirror = mirror_;
  StoreUpkeep upkeep(options);
  EXPECT_TRUE(upkeep.Pass().mirror.failure.ok());
  EXPECT_EQ(ReadFile(mirror_ / "chunks" / (id + ".chunk")).value(), ReadFile(Path(id)).value());
  EXPECT_EQ(ReadFile(RunDirectory(mirror_).network_path(run_.net_id)).value(), "the first network");
  EXPECT_TRUE(RunDirectory(mirror_).ReadConfig().ok()) << "the mirror is a run directory";
  EXPECT_EQ(fs::last_write_time(mirror_ / "chunks" / (id + ".chunk")), fs::last_write_time(Path(id)));
  EXPECT_FALSE(fs::exists(mirror_ / "serve/tokens.json"));
  EXPECT_EQ(upkeep.Pass().mirror.copied_files, 0);
}

TEST_F(StoreTest, GoesOnWithACopyThatWasInterrupted) {
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) ids.push_back(AddChunk(10 * i));
  KeeperOptions options = Options();
  options.mirror = mirror_;
  fs::create_directories(mirror_ / "chunks");
  fs::copy(Path(ids[0]), mirror_ / "chunks");
  const std::string bytes = ReadFile(Path(ids[1])).value();
  ASSERT_TRUE(WriteFileAtomic(mirror_ / "chunks" / (ids[1] + ".chunk"), bytes.substr(0, bytes.size() / 2)).ok());  // torn
  const MirrorReport report = Mirror(run_.directory, mirror_, &run_.clock, 1).Pass();
  EXPECT_TRUE(report.failure.ok());
  EXPECT_EQ(report.waiting_files, 0);
  for (const std::string& id : ids) EXPECT_EQ(ChunkId(ReadFile(mirror_ / "chunks" / (id + ".chunk")).value()), id);
}

TEST_F(StoreTest, TriesAFailedCopyAgainAfterAWaitThatGrows) {
  AddChunk(0);
  ASSERT_TRUE(WriteFileAtomic(mirror_, "a file where the mirror should be").ok());
  Mirror mirror(run_.directory, mirror_, &run_.clock, 1);
  EXPECT_FALSE(mirror.Pass().failure.ok());
  fs::remove(mirror_);
  EXPECT_EQ(mirror.Pass().copied_files, 0) << "it waits";
  run_.clock.Advance(Mirror::kFirstRetry);
  EXPECT_GT(mirror.Pass().copied_files, 0);
}

TEST_F(StoreTest, NeverCopiesAFileThatIsNotWhatItsNameSays) {
  const std::string id = AddChunk(0);
  std::string bytes = ReadFile(Path(id)).value();
  bytes.back() ^= 1;
  ASSERT_TRUE(WriteFileAtomic(Path(id), bytes).ok());
  Mirror mirror(run_.directory, mirror_, &run_.clock, 1);
  EXPECT_THAT(mirror.Pass().problems, SizeIs(1));
  EXPECT_THAT(mirror.Pass().problems, SizeIs(0)) << "told once";
  EXPECT_FALSE(fs::exists(mirror_ / "chunks" / (id + ".chunk")));
  EXPECT_FALSE(mirror.HasChunk(id));
}

TEST_F(StoreTest, DeletesNothingThatTheMirrorLacks) {
  KeepLittle();
  for (int i = 0; i < 30; ++i) AddChunk(10 * i);
  KeeperOptions options = Options();
  options.mirror = mirror_;
  ASSERT_TRUE(WriteFileAtomic(mirror_, "a file where the mirror should be").ok());
  StoreUpkeep upkeep(options);
  KeeperReport report = upkeep.Pass();
  EXPECT_EQ(report.retention.chunks, 0);
  EXPECT_GT(report.retention.held, 0);
  fs::remove(mirror_);
  run_.clock.Advance(Mirror::kFirstRetry);
  report = upkeep.Pass();
  EXPECT_GT(report.retention.chunks, 0);
  EXPECT_EQ(ListChunks(mirror_ / "chunks")->size(), 30u);
  upkeep.Pass();
  EXPECT_THAT(ReadDeletedChunks(mirror_ / "chunks").value(), SizeIs(0)) << "there they are not deleted";
}

TEST_F(StoreTest, TellsAMirrorThatCameLateWhatWasDeletedBefore) {
  KeepLittle();
  for (int i = 0; i < 30; ++i) AddChunk(10 * i);
  const std::int64_t rows = LoadedRows();
  const std::int64_t gone = StoreUpkeep(Options()).Pass().retention.chunks;
  EXPECT_TRUE(Mirror(run_.directory, mirror_, &run_.clock, 1).Pass().failure.ok());
  EXPECT_EQ(static_cast<std::int64_t>(ReadDeletedChunks(mirror_ / "chunks")->size()), gone);
  const auto window = NewReplayWindow(GameNamed("tic_tac_toe"), run_.config.replay(), run_.config.learner());
  ChunkLoader loader(mirror_ / "chunks", run_.config.replay());
  ASSERT_TRUE(loader.LoadNew(window.get()).ok());
  EXPECT_EQ(window->total_rows(), rows);
}

TEST_F(StoreTest, ItsThreadMakesALastPassWhenItEnds) {
  {
    const StoreKeeper keeper(Options());
    AddChunk(0);
  }
  EXPECT_EQ(Counts().chunks, 1);
}

TEST_F(StoreTest, RefusesAMirrorInsideTheRunAndTheRunInsideAMirror) {
  EXPECT_TRUE(CheckMirror(run_.directory, mirror_).ok());
  EXPECT_FALSE(CheckMirror(run_.directory, run_.directory.root() / "mirror").ok());
  EXPECT_FALSE(CheckMirror(run_.directory, run_.directory.root().parent_path()).ok());
}

TEST_F(StoreTest, KeepsTheOrderAndIdsOfDeletedChunksAndSurvivesATornLine) {
  const std::vector<DeletedChunk> lines{{"a", 2, 3, {{0, 1}, {5, 6}}}, {"b", 1, 0, {}}};
  ASSERT_TRUE(RecordDeletedChunks(run_.directory.chunks(), lines).ok());
  ASSERT_TRUE(AppendFile(DeletedChunksPath(run_.directory.chunks()), "{\"id\":\"c\",\"ga").ok());
  ASSERT_THAT(ReadDeletedChunks(run_.directory.chunks()).value(), SizeIs(2));
  ASSERT_TRUE(RecordDeletedChunks(run_.directory.chunks(), {&lines[0], 1}).ok());
  const auto read = ReadDeletedChunks(run_.directory.chunks()).value();
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[0].numbers, lines[0].numbers);
  ASSERT_TRUE(AppendFile(DeletedChunksPath(run_.directory.chunks()), "nonsense\n").ok());
  EXPECT_TRUE(absl::IsDataLoss(ReadDeletedChunks(run_.directory.chunks()).status()));
}

}  // namespace
}  // namespace tandem
