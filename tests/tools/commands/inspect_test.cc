// What `tandem inspect` says of sound and of damaged chunks, weights, checkpoints and runs.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "engine/base/config.h"
#include "engine/base/file.h"
#include "engine/net/run_directory.h"
#include "engine/net/weights.h"
#include "selfplay/record/chunk.h"
#include "tools/commands/inspect_report.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class InspectTest : public testing::Test {
 protected:
  InspectTest() {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  ~InspectTest() override { fs::remove_all(directory_); }

  // First player wins on the top row: actions 0 3 1 4 2, cell numbers of a 3x3 board.
  static GameRecord WonGame(std::uint64_t index) {
    GameRecord record;
    record.set_game("tic_tac_toe");
    record.set_index(index);
    record.set_net_id("0123456789abcdef");
    for (const int action : {0, 3, 1, 4, 2}) record.add_moves(static_cast<std::uint32_t>(action));
    record.set_opening_plies(5);
    record.set_result(1);
    return record;
  }

  fs::path WriteChunk(const fs::path& directory) {
    ChunkHeader header;
    header.set_version(1);
    header.set_game("tic_tac_toe");
    header.set_run_id("run");
    return directory / (DirectorySink(directory).Put(header, {WonGame(0), WonGame(1)}).value() + ".chunk");
  }

  static Weights ExampleWeights() {
    Weights weights;
    weights.metadata = {{"tandem.format", "1"}, {"tandem.game", "tic_tac_toe"}, {"tandem.network", "blocks: 3 channels: 32"}};
    weights.tensors["a"] = {{2, 3}, {1, -2, 3, -4, 5, -6}};
    weights.tensors["b"] = {{1}, {0.5f}};
    return weights;
  }

  static std::string Text(const boost::json::value& value) { return std::string(value.as_string()); }

  static std::int64_t Integer(const InspectReport& report, std::string_view key) { return report.facts.at(key).to_number<std::int64_t>(); }

  const fs::path directory_ = fs::path(testing::TempDir()) / ("inspect_test-" + std::to_string(getpid()));
};

TEST_F(InspectTest, CountsTheGamesOfAChunkAndTellsTheirMoves) {
  const fs::path path = WriteChunk(directory_);
  const InspectReport report = Inspect(path, {.games = true}).value();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(Text(report.facts.at("kind")), "chunk");
  EXPECT_EQ(Text(report.facts.at("id")), path.stem().string());
  EXPECT_EQ(Integer(report, "games"), 2);
  EXPECT_EQ(Integer(report, "plies"), 10);
  EXPECT_EQ(Integer(report, "first_player_wins"), 2);
  ASSERT_EQ(report.facts.at("game_list").as_array().size(), 2u);
  const std::string moves = Text(report.facts.at("game_list").at(0).at("moves"));
  EXPECT_EQ(std::count(moves.begin(), moves.end(), ' '), 4);
  EXPECT_EQ(moves.find("actions"), std::string::npos) << moves;
}

TEST_F(InspectTest, FindsTheDamageOfAChunk) {
  const fs::path path = WriteChunk(directory_);
  std::string bytes = ReadFile(path).value();
  bytes[bytes.size() - 3] ^= 1;
  ASSERT_TRUE(WriteFileAtomic(path, bytes).ok());
  const InspectReport report = Inspect(path, {}).value();
  EXPECT_EQ(Integer(report, "games"), 1);
  EXPECT_GT(Integer(report, "dropped_bytes"), 0);
  EXPECT_THAT(report.problems, testing::Contains(HasSubstr("the name says otherwise")));
  EXPECT_THAT(InspectText(report), HasSubstr("\nproblem: "));
}

TEST_F(InspectTest, FindsAGameThatBreaksTheRules) {
  GameRecord record = WonGame(7);
  record.set_result(-1);
  const std::string bytes = SerializeChunk(ChunkHeader(), {record});
  const fs::path path = directory_ / (ChunkId(bytes) + ".chunk");
  ASSERT_TRUE(WriteFileAtomic(path, bytes).ok());
  EXPECT_THAT(Inspect(path, {}).value().problems, testing::Contains(HasSubstr("game 7")));
}

TEST_F(InspectTest, ListsTheTensorsAndTheTowerOfWeights) {
  const std::string id = WriteWeights(directory_, ExampleWeights()).value();
  const InspectReport report = Inspect(directory_ / (id + ".safetensors"), {.tensors = true}).value();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(Integer(report, "elements"), 7);
  EXPECT_EQ(Text(report.facts.at("network").at("channels")), "32");
  const auto& first = report.facts.at("tensor_list").at(0);
  EXPECT_EQ(Text(first.at("shape")), "[2, 3]");
  EXPECT_EQ(first.at("largest").as_double(), 6);
}

TEST_F(InspectTest, SeesThatWeightsHaveAnothersName) {
  const std::string id = WriteWeights(directory_, ExampleWeights()).value();
  const fs::path other = directory_ / (std::string(32, '0') + ".safetensors");
  fs::rename(directory_ / (id + ".safetensors"), other);
  EXPECT_THAT(Inspect(other, {}).value().problems, SizeIs(1));
}

TEST_F(InspectTest, ChecksThePartsOfACheckpointAgainstItsManifest) {
  ASSERT_TRUE(WriteFileAtomic(directory_ / "good", "abc").ok());
  ASSERT_TRUE(WriteFileAtomic(directory_ / "bad", "abd").ok());
  const std::string part = R"({"bytes":3,"sha256":")" + Sha256Hex("abc") + "\"}";
  ASSERT_TRUE(WriteFileAtomic(directory_ / "manifest.json",
                              R"({"format":1,"step":1200,"parts":{"good":)" + part + R"(,"bad":)" + part + R"(,"gone":)" + part + "}}")
                  .ok());
  const InspectReport report = Inspect(directory_, {}).value();
  EXPECT_EQ(Integer(report, "step"), 1200);
  EXPECT_TRUE(report.facts.at("part_list").at(0).at("whole").as_bool());
  EXPECT_THAT(report.problems, testing::ElementsAre(HasSubstr("/bad: the content differs"), HasSubstr("/gone")));
}

TEST_F(InspectTest, SumsUpARun) {
  const RunDirectory run(directory_);
  RunConfig config;
  config.set_game("tic_tac_toe");
  config.mutable_search()->set_simulations(17);
  ASSERT_TRUE(WriteFileAtomic(run.config_path(), ConfigText(config)).ok());
  ASSERT_TRUE(WriteFileAtomic(run.run_path(), R"({"id":"0123"})").ok());
  for (const fs::path& folder : {run.chunks(), run.networks()}) ASSERT_TRUE(MakeDirectories(folder).ok());
  WriteChunk(run.chunks());
  const std::string net = WriteWeights(run.networks(), ExampleWeights()).value();
  CheckpointInfo info;
  info.step = 100;
  info.net_id = net;
  ASSERT_TRUE(run.AppendCheckpoint(info).ok());

  const InspectReport report = Inspect(directory_, {}).value();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.facts.at("options_changed"), (boost::json::object{{"game", "tic_tac_toe"}, {"search.simulations", "17"}}));
  EXPECT_EQ(report.facts.at("selfplay").at("games").to_number<int>(), 2);
  EXPECT_EQ(Text(report.facts.at("checkpoint_list").at(0).at("net_id")), net);
  EXPECT_FALSE(report.facts.at("checkpoint_list").at(0).at("learner_state").as_bool());
  const auto& bytes = report.facts.at("bytes");
  EXPECT_GT(bytes.at("all").to_number<int>(), bytes.at("chunks").to_number<int>());
  EXPECT_THAT(InspectText(report), testing::AllOf(HasSubstr("options_changed:\n"), HasSubstr(net)));
}

TEST_F(InspectTest, BuildsTheIndexOfARunAndComparesItWithTheFiles) {
  const RunDirectory run(directory_);
  RunConfig config;
  config.set_game("tic_tac_toe");
  ASSERT_TRUE(WriteFileAtomic(run.config_path(), ConfigText(config)).ok());
  ASSERT_TRUE(WriteFileAtomic(run.run_path(), R"({"id":"0123"})").ok());
  const fs::path chunk = WriteChunk(run.chunks());
  const auto index = [&](bool rebuild) { return Inspect(directory_, {.rebuild = rebuild}).value().facts.at("index").as_object(); };
  EXPECT_EQ(index(false).at("state"), "none");
  EXPECT_EQ(index(true).at("state"), "agrees with the files");
  EXPECT_EQ(index(false).at("games"), 2);
  fs::remove(chunk);
  const InspectReport report = Inspect(directory_, {}).value();
  ASSERT_THAT(report.problems, SizeIs(1));
  EXPECT_THAT(report.problems[0], HasSubstr("its file is gone"));
  EXPECT_THAT(Inspect(directory_, {.rebuild = true})->problems, IsEmpty());
  EXPECT_FALSE(Inspect(run.config_path(), {.rebuild = true}).ok());
}

TEST_F(InspectTest, ShowsRatingsAndVerdictsOfARun) {
  const RunDirectory run(directory_);
  RunConfig config;
  config.set_game("tic_tac_toe");
  config.mutable_rating()->set_opponent("uct:sims=9");
  ASSERT_TRUE(WriteFileAtomic(run.config_path(), ConfigText(config)).ok());
  ASSERT_TRUE(MakeDirectories(run.networks()).ok());
  for (const std::string net : {"one", "two"}) {
    ASSERT_TRUE(WriteFileAtomic(run.network_path(net), net).ok());
    ASSERT_TRUE(run.AppendCheckpoint({.net_id = net}).ok());
  }
  ASSERT_TRUE(AppendRatedPair(run, {.net_a = "two", .net_b = "one", .result = 4}).ok());
  ASSERT_TRUE(AppendGateVerdict(run, {.net_id = "two", .against = "one", .passed = true}).ok());
  const InspectReport report = Inspect(directory_, {}).value();
  EXPECT_EQ(report.facts.at("rating_list").as_array().size(), 2u);
  EXPECT_FALSE(report.facts.contains("rating_opponent")) << "nobody has met it";
  ASSERT_TRUE(AppendRatedPair(run, {.net_a = "two", .net_b = "uct:sims=9", .result = 0}).ok());
  const InspectReport met = Inspect(directory_, {}).value();
  EXPECT_EQ(met.facts.at("rating_list").as_array().size(), 2u);
  EXPECT_EQ(met.facts.at("rating_opponent").as_object().at("games"), 2);
  EXPECT_THAT(InspectText(met), HasSubstr("uct:sims=9"));
  EXPECT_THAT(InspectText(report), HasSubstr("gate_list"));
}

TEST_F(InspectTest, SaysWhatItExpectedOfAnythingElse) {
  EXPECT_TRUE(absl::IsNotFound(Inspect(directory_ / "none", {}).status()));
  EXPECT_THAT(std::string(Inspect(directory_, {}).status().message()), HasSubstr("config.textproto"));
  ASSERT_TRUE(WriteFileAtomic(directory_ / "text", "hello").ok());
  EXPECT_THAT(std::string(Inspect(directory_ / "text", {}).status().message()), HasSubstr("neither a chunk"));
  ASSERT_TRUE(WriteFileAtomic(directory_ / "a.safetensors", "hello").ok());
  EXPECT_THAT(std::string(Inspect(directory_ / "a.safetensors", {}).status().message()), HasSubstr("a.safetensors"));
}

TEST_F(InspectTest, ANumberOfARunIsPlottedOverItsMinutes) {
  ASSERT_TRUE(WriteFileAtomic(directory_ / "metrics.jsonl",
                                  "{\"seconds\":60,\"process/resident_bytes\":1048576}\n"
                                  "{\"seconds\":120,\"process/resident_bytes\":null}\n"
                                  "{\"seconds\":180,\"process/resident_bytes\":2097152}\n")
                  .ok());
  const auto svg = MetricPlot({directory_.string()}, "process/resident_bytes");
  ASSERT_TRUE(svg.ok()) << svg.status();
  EXPECT_THAT(*svg, HasSubstr("<svg"));
  EXPECT_THAT(*svg, HasSubstr("MiB"));

  const auto unknown = MetricPlot({directory_.string()}, "loss");
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(unknown.status().message(), HasSubstr("it has process/resident_bytes, seconds"));
  EXPECT_EQ(MetricPlot({(directory_ / "nowhere").string()}, "loss").status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace tandem
