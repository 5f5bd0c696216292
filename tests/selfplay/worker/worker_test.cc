// Workers and a coordinator in one process, over loopback: the whole way of a game but for the network's arithmetic.
#include "selfplay/worker/worker.h"

#include <atomic>
#include <boost/asio/ssl/context.hpp>
#include <set>
#include <thread>

#include "engine/base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "selfplay/wire/tls.h"
#include "selfplay/worker/canary.h"
#include "selfplay/worker/spool.h"
#include "tests/selfplay/record/random_record.h"
#include "tests/toys/scripted_evaluator.h"
#include "tests/training/coordinator/test_run.h"
#include "training/coordinator/server.h"

namespace tandem {
namespace {

using testing::HasSubstr;

// Computes hashes of positions, under the id of a weights file.
class NamedEvaluator : public Evaluator {
 public:
  NamedEvaluator(std::string id, std::uint64_t seed) : id_(std::move(id)), inner_(NewHashEvaluator(seed)) {}
  absl::Status Evaluate(std::span<EvalRequest> batch) override { return inner_->Evaluate(batch); }
  EvalCounters counters() const override { return inner_->counters(); }
  std::string id() const override { return id_; }

 private:
  const std::string id_;
  const std::unique_ptr<Evaluator> inner_;
};

class FileNetwork : public Network {
 public:
  FileNetwork(const Game& game, std::string id, std::uint64_t seed) : game_(game), id_(std::move(id)), seed_(seed) {}
  const std::string& id() const override { return id_; }
  const Game& game() const override { return game_; }
  Precision precision() const override { return Precision::kFloat32; }
  std::unique_ptr<Evaluator> NewEvaluator(float) const override { return std::make_unique<NamedEvaluator>(id_, seed_); }

 private:
  const Game& game_;
  const std::string id_;
  const std::uint64_t seed_;
};

class WorkerTest : public testing::Test {
 protected:
  WorkerTest() : run_(testing::UnitTest::GetInstance()->current_test_info()->name()) {
    run_.used_clock = &Clock::Real();
    // Enough thought that the wire keeps up with tic-tac-toe.
    run_.config.mutable_selfplay()->set_full_simulations(100);
    run_.config.mutable_selfplay()->set_cheap_simulations(60);
    run_.config.mutable_selfplay()->set_stop_when_proven(false);
    run_.config.mutable_search()->set_prove(false);
    run_.config.mutable_replay()->set_min_rows(1000000);  // nobody learns: do not wait for it
    run_.config.mutable_selfplay()->set_games_in_flight(4);
    run_.config.mutable_selfplay()->set_games_per_chunk(10);
    run_.limits.heartbeat = absl::Milliseconds(200);
    run_.limits.numbers_per_assignment = 1 << 17;
    token_ = run_.NewToken("w");
    scratch_ = run_.directory.root() / "worker";
    worker_.host = "127.0.0.1";
    worker_.token = token_;
    worker_.name = "test";
    worker_.spool = scratch_ / "spool";
    worker_.cache = scratch_ / "cache";
    worker_.games = 60;
    worker_.first_retry = absl::Milliseconds(5);
    worker_.longest_retry = absl::Milliseconds(50);
    worker_.load_network = [](const Game& game, const std::filesystem::path& path) -> absl::StatusOr<std::shared_ptr<const Network>> {
      return std::make_shared<FileNetwork>(game, path.stem().string(), 1);
    };
  }
  void Serve(std::uint16_t port = 0) {
    server_.reset();
    coordinator_ = run_.Open();
    ServerOptions options;
    options.port = port;
    options.tls = server_tls_.get();
    auto server = Server::Start(options, coordinator_.get());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    if (port == 0) worker_.port = server_->port();  // a worker that runs may be reading it otherwise
  }
  void ExpectEachGameOnce(std::size_t at_least) {
    const std::vector<std::int64_t> numbers = run_.StoredNumbers();
    EXPECT_GE(numbers.size(), at_least);
    EXPECT_EQ(std::set<std::int64_t>(numbers.begin(), numbers.end()).size(), numbers.size());
  }
  // A network's opinion depends on whether it is the run's first one.
  void LoadNetworksThatDiffer() {
    worker_.load_network = [this](const Game& game, const std::filesystem::path& path) -> absl::StatusOr<std::shared_ptr<const Network>> {
      return std::make_shared<FileNetwork>(game, path.stem().string(), path.stem().string() == run_.net_id ? 1 : 2);
    };
  }
  // A worker that gives half of its time to rating games of 20 simulations.
  void WorkUntilSixRatingGames() {
    run_.config.mutable_rating()->set_share(0.5);
    run_.config.mutable_rating()->set_simulations(20);
    Serve();
    worker_.games = 0;
    std::stop_source stop;
    std::jthread working([&] { EXPECT_TRUE(RunWorker(worker_, stop.get_token(), Clock::Real()).ok()); });
    while (coordinator_->counters().rating_games < 6) std::this_thread::yield();
    stop.request_stop();
    working.join();
  }
  absl::Status Work() { return RunWorker(worker_, {}, Clock::Real()).status(); }

  TestRun run_;
  std::string token_;
  std::filesystem::path scratch_;
  WorkerOptions worker_;
  std::unique_ptr<boost::asio::ssl::context> server_tls_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<Server> server_;
};

TEST_F(WorkerTest, PlaysItsGamesAndDeliversEachOnce) {
  Serve();
  const auto summary = RunWorker(worker_, {}, Clock::Real());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->games, 60);
  EXPECT_EQ(summary->spooled_chunks, 0);
  EXPECT_EQ(summary->refused_chunks, 0);
  EXPECT_EQ(run_.StoredNumbers().size(), 60u);
  ExpectEachGameOnce(60);
  EXPECT_EQ(ReadFile(scratch_ / "cache" / (run_.net_id + ".safetensors")).value(), "the first network");
}

TEST_F(WorkerTest, SeveralWorkersShareTheCacheAndNoNumbers) {
  Serve();
  std::vector<std::jthread> threads;
  for (int i = 0; i < 3; ++i) {
    WorkerOptions options = worker_;
    options.spool = scratch_ / ("spool" + std::to_string(i));
    threads.emplace_back([options] { EXPECT_TRUE(RunWorker(options, {}, Clock::Real()).ok()); });
  }
  threads.clear();
  EXPECT_EQ(run_.StoredNumbers().size(), 180u);
  ExpectEachGameOnce(180);
}

TEST_F(WorkerTest, WaitsForACoordinatorThatIsNotThereYet) {
  Serve();
  const std::uint16_t port = server_->port();
  server_.reset();
  worker_.port = port;
  std::jthread working([this] { EXPECT_TRUE(Work().ok()); });
  Serve(port);
  working.join();
  ExpectEachGameOnce(60);
}

TEST_F(WorkerTest, PlaysOnWhileTheCoordinatorIsAwayAndDeliversEverythingOnceLater) {
  Serve();
  const std::uint16_t port = server_->port();
  worker_.games = 0;
  std::stop_source stop;
  absl::StatusOr<WorkerSummary> summary;
  std::jthread working([&] { summary = RunWorker(worker_, stop.get_token(), Clock::Real()); });
  for (int restart = 0; restart < 2; ++restart) {
    const std::int64_t before = coordinator_->counters().games;
    while (coordinator_->counters().games < before + 30) std::this_thread::yield();
    const std::int64_t stored = coordinator_->counters().run_games;
    server_.reset();
    // Away: the spool must grow.
    const auto spooled = [&] { return ListChunks(worker_.spool / "chunks").value().size(); };
    const std::size_t waiting = spooled();
    while (spooled() < waiting + 2) std::this_thread::yield();
    Serve(port);
    EXPECT_GE(coordinator_->counters().run_games, stored) << "what was acknowledged is there after the restart";
  }
  stop.request_stop();
  working.join();
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->spooled_chunks, 0);
  EXPECT_EQ(summary->refused_chunks, 0);
  EXPECT_EQ(run_.StoredNumbers().size(), static_cast<std::size_t>(summary->games));
  ExpectEachGameOnce(60);
}

TEST_F(WorkerTest, ChangesToANewerNetworkWhilePlaying) {
  Serve();
  worker_.games = 0;
  std::atomic<bool> loaded_newer{false};
  worker_.load_network = [&, inner = worker_.load_network](const Game& game, const std::filesystem::path& path) {
    loaded_newer = path.stem().string() != run_.net_id;
    return inner(game, path);
  };
  std::stop_source stop;
  std::jthread working([&] { EXPECT_TRUE(RunWorker(worker_, stop.get_token(), Clock::Real()).ok()); });
  while (coordinator_->counters().games < 20) std::this_thread::yield();
  const std::string newer = run_.AddNetwork("the second network", 10);
  while (!loaded_newer) std::this_thread::yield();
  // Games in flight end, later ones begin with the new network.
  const std::int64_t before = coordinator_->counters().games;
  while (coordinator_->counters().games < before + 100) std::this_thread::yield();
  stop.request_stop();
  working.join();
  int with_newer = 0;
  const auto paths = ListChunks(run_.directory.chunks());
  for (const auto& path : *paths) {
    const auto chunk = ParseChunk(ReadFile(path).value());
    for (const GameRecord& game : chunk->games) with_newer += game.net_id() == newer ? 1 : 0;
  }
  EXPECT_GT(with_newer, 0);
}

TEST_F(WorkerTest, PlaysRatingGamesBetweenTheRunsNetworksAndDeliversThem) {
  const std::string newer = run_.AddNetwork("the second network", 10);
  LoadNetworksThatDiffer();
  WorkUntilSixRatingGames();
  const auto pairs = ReadRatedPairs(run_.directory);
  ASSERT_TRUE(pairs.ok()) << pairs.status();
  for (const RatedPair& pair : *pairs) {
    EXPECT_EQ((std::set<std::string>{pair.net_a, pair.net_b}), (std::set<std::string>{run_.net_id, newer}));
    EXPECT_GE(pair.a_first.size(), 5u);
  }
}

TEST_F(WorkerTest, PlaysRatingGamesAgainstAFixedOpponent) {
  run_.config.mutable_rating()->set_opponent("uct:sims=10");
  WorkUntilSixRatingGames();
  const auto pairs = ReadRatedPairs(run_.directory);
  ASSERT_TRUE(pairs.ok()) << pairs.status();
  for (const RatedPair& pair : *pairs) EXPECT_EQ(pair.net_a + " " + pair.net_b, run_.net_id + " uct:sims=10");
}

TEST_F(WorkerTest, LeavesAnOpponentThatDoesNotStartHereToOtherWorkers) {
  const std::string newer = run_.AddNetwork("the second network", 10);
  run_.config.mutable_rating()->set_opponent("gtp:cmd=/no/such/program");
  worker_.opponents = {"gtp:cmd=/no/such/program"};
  LoadNetworksThatDiffer();
  WorkUntilSixRatingGames();
  const auto rated = ReadRatedPairs(run_.directory);
  ASSERT_TRUE(rated.ok()) << rated.status();
  for (const RatedPair& pair : *rated) EXPECT_NE(pair.net_b, run_.config.rating().opponent());
}

TEST_F(WorkerTest, WorksUnderTlsWithThePinnedCertificateAndNotWithAnother) {
  const auto identity = LoadOrMakeIdentity(run_.directory.serve());
  ASSERT_TRUE(identity.ok()) << identity.status();
  server_tls_ = std::move(*MakeServerContext(*identity));
  Serve();
  const auto right = MakeClientContext({.fingerprint = identity->fingerprint, .ca_file = {}, .host = {}});
  worker_.tls = right->get();
  EXPECT_TRUE(Work().ok());
  ExpectEachGameOnce(60);
  const auto wrong = MakeClientContext({.fingerprint = std::string(64, '0'), .ca_file = {}, .host = {}});
  worker_.tls = wrong->get();
  const absl::Status refused = Work();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("fingerprint"));
  // The certificate as its own authority, for the name it was made for.
  const auto by_ca = MakeClientContext({.fingerprint = "", .ca_file = identity->certificate, .host = "127.0.0.1"});
  ASSERT_TRUE(by_ca.ok()) << by_ca.status();
  worker_.tls = by_ca->get();
  EXPECT_TRUE(Work().ok());
  const auto other_name = MakeClientContext({.fingerprint = "", .ca_file = identity->certificate, .host = "coordinator.example"});
  worker_.tls = other_name->get();
  EXPECT_EQ(Work().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(WorkerTest, EndsWithOneClearLineWhereWaitingCannotHelp) {
  Serve();
  worker_.token = "tandem_00000000_unknown";
  EXPECT_THAT(std::string(Work().message()), HasSubstr("token is unknown"));
  worker_.token = token_;
  worker_.game = "othello";
  EXPECT_THAT(std::string(Work().message()), HasSubstr("tic_tac_toe"));
  worker_.game = "";
  worker_.host = "no-such-host.invalid";
  EXPECT_EQ(Work().code(), absl::StatusCode::kNotFound);
}

TEST_F(WorkerTest, RefusesASpoolOfAnotherRunAndOneInUse) {
  Serve();
  {
    const auto spool = Spool::Open(worker_.spool, 1 << 20);
    ASSERT_TRUE(spool.ok()) << spool.status();
    EXPECT_THAT(std::string(Work().message()), HasSubstr("in use by another worker"));
    ASSERT_TRUE((*spool)->Claim("run-b", "tic_tac_toe").ok());
    ASSERT_TRUE((*spool)->Put(ChunkHeader(), {run_.Game(1)}).ok());
  }
  EXPECT_THAT(std::string(Work().message()), HasSubstr("run-b"));
}

TEST_F(WorkerTest, StopsWhenThisMachineComputesOtherwiseThanTheCoordinator) {
  CoordinatorOptions options{.directory = run_.directory, .config = run_.config, .run_id = "run-a", .game = &GameNamed("tic_tac_toe")};
  options.clock = &Clock::Real();
  options.canaries = [](const std::string& net_id) { return MakeCanaries(FileNetwork(GameNamed("tic_tac_toe"), net_id, 1)); };
  coordinator_ = *Coordinator::Open(options);
  auto server = Server::Start(ServerOptions(), coordinator_.get());
  ASSERT_TRUE(server.ok());
  worker_.port = (*server)->port();
  EXPECT_TRUE(Work().ok());
  worker_.load_network = [](const Game& game, const std::filesystem::path& path) -> absl::StatusOr<std::shared_ptr<const Network>> {
    return std::make_shared<FileNetwork>(game, path.stem().string(), 2);
  };
  const absl::Status stopped = Work();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(stopped.message()), HasSubstr("differently"));
}

TEST_F(WorkerTest, PutsARefusedChunkAsideAndGoesOn) {
  Serve();
  {
    const auto spool = Spool::Open(worker_.spool, 1 << 20);
    ASSERT_TRUE((*spool)->Claim("run-a", "tic_tac_toe").ok());
    ChunkHeader header;
    header.set_run_id("run-a");
    header.set_game("tic_tac_toe");
    GameRecord wrong = run_.Game(1);
    wrong.set_seed(77);
    ASSERT_TRUE((*spool)->Put(header, {wrong}).ok());
  }
  const auto summary = RunWorker(worker_, {}, Clock::Real());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->refused_chunks, 1);
  EXPECT_EQ(run_.StoredNumbers().size(), 60u);
  EXPECT_FALSE(std::filesystem::is_empty(worker_.spool / "refused"));
}

TEST_F(WorkerTest, StartedWhileTheCoordinatorIsAwayPlaysOnWithWhatTheLastOneLeft) {
  Serve();
  const std::uint16_t port = server_->port();
  ASSERT_TRUE(Work().ok());
  EXPECT_EQ(run_.StoredNumbers().size(), 60u);
  server_.reset();
  // Nobody listens: two workers, one after the other, each with games for the spool only.
  worker_.port = port;
  std::int64_t played = 60;
  for (int i = 0; i < 2; ++i) {
    std::stop_source stop;
    absl::StatusOr<WorkerSummary> alone;
    worker_.games = 0;
    worker_.drain_time = absl::Milliseconds(100);
    std::jthread working([&] { alone = RunWorker(worker_, stop.get_token(), Clock::Real()); });
    const auto spooled = [&] { return ListChunks(worker_.spool / "chunks").value().size(); };
    const std::size_t before = spooled();
    while (spooled() < before + 3) std::this_thread::yield();
    stop.request_stop();
    working.join();
    ASSERT_TRUE(alone.ok()) << alone.status();
    EXPECT_GE(alone->games, 30);
    EXPECT_EQ(alone->delivered_chunks, 0);
    played += alone->games;
  }
  Serve(port);
  worker_.games = 40;
  worker_.drain_time = absl::Seconds(30);
  const auto summary = RunWorker(worker_, {}, Clock::Real());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->refused_chunks, 0);
  EXPECT_EQ(summary->spooled_chunks, 0);
  played += summary->games;
  // Orderly ends waste no number, and games that were in flight are played on: nothing is missing, nothing is there twice.
  const std::vector<std::int64_t> numbers = run_.StoredNumbers();
  EXPECT_EQ(static_cast<std::int64_t>(numbers.size()), played);
  ExpectEachGameOnce(60);
  EXPECT_EQ(numbers.back() - numbers.front(), played - 1);
}

TEST_F(WorkerTest, SavesTheGamesThatItHasNoTimeToFinishAndTheNextOneFinishesThem) {
  Serve();
  worker_.games = 0;
  worker_.drain_time = absl::ZeroDuration();
  for (int i = 0; i < 3; ++i) {
    std::stop_source stop;
    std::jthread working([&] { EXPECT_TRUE(RunWorker(worker_, stop.get_token(), Clock::Real()).ok()); });
    const std::int64_t before = coordinator_->counters().games;
    while (coordinator_->counters().games < before + 20) std::this_thread::yield();
    stop.request_stop();
    working.join();
    const auto left = ParseChunk(ReadFile(worker_.spool / "unfinished").value());
    ASSERT_TRUE(left.ok()) << left.status();
    EXPECT_GE(left->games.size(), 1u);
    EXPECT_LE(left->games.size(), 4u) << "games in flight";
  }
  worker_.games = 20;
  worker_.drain_time = absl::Seconds(30);
  ASSERT_TRUE(Work().ok());
  EXPECT_FALSE(std::filesystem::exists(worker_.spool / "unfinished"));
  const std::vector<std::int64_t> numbers = run_.StoredNumbers();
  ExpectEachGameOnce(80);
  EXPECT_EQ(numbers.back() - numbers.front() + 1, static_cast<std::int64_t>(numbers.size())) << "no number is missing";
}

TEST_F(WorkerTest, KeepsNoNumbersForARunThatIsBegunAnewWithTheSameSettings) {
  Serve();
  ASSERT_TRUE(Work().ok());
  const std::uint16_t port = server_->port();
  server_.reset();
  coordinator_.reset();
  // The same settings, so the same run id; nothing of the old run is there any more.
  const auto chunks = ListChunks(run_.directory.chunks());
  for (const auto& path : *chunks) std::filesystem::remove(path);
  std::filesystem::remove(run_.directory.serve() / "numbers.json");
  Serve(port);
  const auto summary = RunWorker(worker_, {}, Clock::Real());
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->refused_chunks, 0);
  const std::vector<std::int64_t> numbers = run_.StoredNumbers();
  ASSERT_EQ(numbers.size(), 60u);
  EXPECT_EQ(numbers.front(), 0) << "numbers of this run, not those that were left";
}

}  // namespace
}  // namespace tandem
