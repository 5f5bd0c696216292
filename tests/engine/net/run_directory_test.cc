#include "engine/net/run_directory.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "engine/base/config.h"
#include "engine/base/file.h"

namespace tandem {
namespace {

class RunDirectoryTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(run_.root());
    ASSERT_TRUE(MakeDirectories(run_.networks()).ok());
  }
  void WriteConfig(const std::string& text) { ASSERT_TRUE(WriteFileAtomic(run_.config_path(), text).ok()); }
  void Append(std::int64_t step, const std::string& net_id, bool with_network) {
    if (with_network) {
      ASSERT_TRUE(WriteFileAtomic(run_.network_path(net_id), "weights").ok());
    }
    ASSERT_TRUE(run_.AppendCheckpoint({step, net_id, 10 * step, 100 * step, 1.5, step == 2}).ok());
  }

  const RunDirectory run_{std::filesystem::path(testing::TempDir()) /
                          (std::string("run_") + testing::UnitTest::GetInstance()->current_test_info()->name())};
};

TEST_F(RunDirectoryTest, SaysThatAFolderWithoutConfigIsNoRun) {
  EXPECT_FALSE(run_.Exists());
  EXPECT_EQ(run_.ReadConfig().status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(run_.NewestNetwork().status().code(), absl::StatusCode::kNotFound);
}

TEST_F(RunDirectoryTest, ReadsTheConfigBack) {
  RunConfig config;
  config.set_game("othello:size=6");
  config.mutable_network()->set_blocks(9);
  WriteConfig(ConfigText(config));
  const absl::StatusOr<RunConfig> read = run_.ReadConfig();
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->game(), "othello:size=6");
  EXPECT_EQ(read->network().blocks(), 9);
}

TEST_F(RunDirectoryTest, CallsAnIllFormedConfigCorrupt) {
  WriteConfig("game: \"x\"\nnonsense: 3\n");
  EXPECT_EQ(run_.ReadConfig().status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(RunDirectoryTest, ListsCheckpointsWhoseNetworkExists) {
  WriteConfig("");
  Append(1, "one", true);
  Append(2, "two", true);
  Append(3, "three", false);
  const auto checkpoints = run_.ReadCheckpoints();
  ASSERT_TRUE(checkpoints.ok()) << checkpoints.status();
  ASSERT_EQ(checkpoints->size(), 2u);
  EXPECT_EQ((*checkpoints)[1].step, 2);
  EXPECT_EQ((*checkpoints)[1].net_id, "two");
  EXPECT_EQ((*checkpoints)[1].games, 20);
  EXPECT_EQ((*checkpoints)[1].rows, 200);
  EXPECT_EQ((*checkpoints)[1].seconds, 1.5);
  EXPECT_TRUE((*checkpoints)[1].snapshot);
  EXPECT_EQ(*run_.NewestNetwork(), run_.network_path("two"));
}

TEST_F(RunDirectoryTest, GoesOnAfterATornOrIllFormedLine) {
  WriteConfig("");
  Append(1, "one", true);
  ASSERT_TRUE(AppendFile(run_.checkpoints_path(), "{\"step\": \"three\"}\n{\"step\": 4, \"net").ok());
  Append(2, "two", true);
  const auto checkpoints = run_.ReadCheckpoints();
  ASSERT_TRUE(checkpoints.ok()) << checkpoints.status();
  ASSERT_EQ(checkpoints->size(), 2u);
  EXPECT_EQ(checkpoints->back().net_id, "two");
}

}  // namespace
}  // namespace tandem
