#include "tests/training/coordinator/test_run.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/base/file.h"
#include "engine/net/weights.h"
#include "gtest/gtest.h"
#include "selfplay/wire/frame.h"
#include "tests/fresh_directory.h"
#include "tests/selfplay/record/random_record.h"

namespace tandem {

TestRun::TestRun(const std::string& name) : directory(FreshDirectory(name)) {
  config.set_game("tic_tac_toe");
  config.set_seed(5);
  config.mutable_selfplay()->set_full_simulations(1000);
  for (const auto& folder : {directory.chunks(), directory.networks(), directory.serve()}) TANDEM_CHECK(MakeDirectories(folder).ok());
  net_id = AddNetwork("the first network");
}

std::string TestRun::AddNetwork(const std::string& content, std::int64_t step) {
  const std::string id = WeightsId(content);
  TANDEM_CHECK(WriteFileAtomic(directory.network_path(id), content).ok());
  CheckpointInfo info;
  info.net_id = id;
  info.step = step;
  TANDEM_CHECK(directory.AppendCheckpoint(info).ok());
  return id;
}

std::unique_ptr<Coordinator> TestRun::Open() {
  CoordinatorOptions options{
      .directory = directory, .config = config, .run_id = "run-a", .game = &GameNamed("tic_tac_toe"), .limits = limits};
  options.clock = used_clock;
  auto coordinator = Coordinator::Open(options);
  EXPECT_TRUE(coordinator.ok()) << coordinator.status();
  return *std::move(coordinator);
}

std::string TestRun::NewToken(const std::string& name) {
  return TokenStore(directory.serve(), used_clock).Create(name, absl::Hours(24)).value();
}

GameRecord TestRun::Game(std::int64_t number) const {
  GameRecord record = RandomRecord(GameNamed("tic_tac_toe"), static_cast<std::uint64_t>(number));
  record.set_seed(config.seed());
  record.set_net_id(net_id);
  for (Turn& turn : *record.mutable_turns()) turn.set_simulations(1000);
  return record;
}

PutChunk TestRun::Chunk(const std::vector<GameRecord>& games) const {
  ChunkHeader header;
  header.set_run_id("run-a");
  header.set_game("tic_tac_toe");
  PutChunk put;
  put.set_data(SerializeChunk(header, games));
  put.set_chunk_id(ChunkId(put.data()));
  return put;
}

std::vector<std::int64_t> TestRun::StoredNumbers() const {
  std::vector<std::int64_t> numbers;
  const auto paths = ListChunks(directory.chunks());
  EXPECT_TRUE(paths.ok());
  for (const std::filesystem::path& path : *paths) {
    const auto bytes = ReadFile(path);
    const auto chunk = ParseChunk(*bytes);
    EXPECT_TRUE(chunk.ok());
    EXPECT_EQ(ChunkId(*bytes) + ".chunk", path.filename().string());
    for (const GameRecord& game : chunk->games) numbers.push_back(static_cast<std::int64_t>(game.index()));
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

Hello HelloWith(const std::string& token) {
  Hello hello;
  hello.set_min_version(kMinWireVersion);
  hello.set_max_version(kMaxWireVersion);
  hello.set_token(token);
  hello.set_name("test");
  return hello;
}

std::int64_t TakeNumbers(Coordinator& coordinator, std::uint64_t worker) {
  WireMessage request;
  request.mutable_get_assignment();
  const WireMessage reply = coordinator.Answer(worker, request);
  EXPECT_TRUE(reply.has_assignment()) << reply.ShortDebugString();
  return static_cast<std::int64_t>(reply.assignment().first_number());
}

ChunkAck Put(Coordinator& coordinator, std::uint64_t worker, const PutChunk& chunk) {
  WireMessage request;
  *request.mutable_put_chunk() = chunk;
  const WireMessage reply = coordinator.Answer(worker, request);
  EXPECT_TRUE(reply.has_chunk_ack()) << reply.ShortDebugString();
  return reply.chunk_ack();
}

}  // namespace tandem
