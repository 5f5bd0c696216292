#include "training/loop/run.h"

#include <filesystem>
#include <string>

#include "engine/base/file.h"
#include "engine/eval/cache.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

using testing::HasSubstr;

class RunTest : public testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
  }
  RunRequest Request(bool resume = false, std::vector<std::string> overrides = {}) const {
    return {directory_.string(), "tic_tac_toe", resume, std::move(overrides)};
  }
  std::string Failure(const RunRequest& request) {
    const auto run = Run::Open(request);
    return run.ok() ? "opened" : std::string(run.status().message());
  }
  std::filesystem::path directory_;
};

TEST_F(RunTest, BeginsARunWhoseDirectoryHoldsItsResolvedConfig) {
  const auto run = Run::Open(Request(false, {"search.simulations=33"}));
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_FALSE((*run)->resumed());
  const auto config = RunDirectory(directory_).ReadConfig();
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->search().simulations(), 33);
  EXPECT_TRUE(config->search().has_cpuct()) << "defaults are written out";
}

TEST_F(RunTest, RefusesAnExistingRunWithoutResume) {
  ASSERT_TRUE(Run::Open(Request()).ok());
  EXPECT_THAT(Failure(Request()), HasSubstr("already holds a run; add --resume"));
}

TEST_F(RunTest, ResumesWithTheSameIdAndTakesNewLimits) {
  std::string id;
  {
    const auto run = Run::Open(Request());
    ASSERT_TRUE(run.ok());
    id = (*run)->id();
  }
  const auto run = Run::Open({directory_.string(), "", true, {"loop.minutes=7"}});
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_TRUE((*run)->resumed());
  EXPECT_EQ((*run)->id(), id);
  EXPECT_EQ((*run)->config().loop().minutes(), 7);
}

TEST_F(RunTest, RefusesAnotherGameSeedOrNetworkForAnExistingRunAndLeavesItsConfig) {
  ASSERT_TRUE(Run::Open(Request()).ok());
  const std::string before = ReadFile(directory_ / "config.textproto").value();
  EXPECT_THAT(Failure({directory_.string(), "connect_four", true, {}}), HasSubstr("can not become connect_four"));
  EXPECT_THAT(Failure(Request(true, {"seed=99"})), HasSubstr("can not become 99"));
  EXPECT_THAT(Failure(Request(true, {"network.blocks=9"})), HasSubstr("the network"));
  EXPECT_EQ(ReadFile(directory_ / "config.textproto").value(), before);
}

TEST_F(RunTest, RefusesBadOverridesBeforeAnythingIsWritten) {
  EXPECT_THAT(Failure(Request(false, {"search.simulation=3"})), HasSubstr("search.simulation"));
  EXPECT_THAT(Failure(Request(false, {"search.simulations=0"})), HasSubstr("simulations"));
  EXPECT_THAT(Failure({directory_.string(), "chequers", false, {}}), HasSubstr("chequers"));
  EXPECT_THAT(Failure({directory_.string(), "", false, {}}), HasSubstr("--game is missing"));
  EXPECT_THAT(Failure(Request(false, {"rating.gate=true"})), HasSubstr("played by workers"));
  EXPECT_FALSE(std::filesystem::exists(directory_));
}

TEST_F(RunTest, RefusesACacheThatTheMachineHasNoMemoryFor) {
  if (EvalCache::CheckEntries("", 1'000'000'000, 9).ok()) GTEST_SKIP() << "this machine has the memory";
  EXPECT_THAT(Failure(Request(false, {"search.cache_entries=1000000000"})), HasSubstr("search.cache_entries 1000000000: expected at most"));
  EXPECT_FALSE(std::filesystem::exists(directory_));
}

TEST_F(RunTest, RefusesADirectoryWithForeignFiles) {
  std::filesystem::create_directories(directory_);
  ASSERT_TRUE(WriteFileAtomic(directory_ / "thesis.tex", "x").ok());
  EXPECT_THAT(Failure(Request()), HasSubstr("thesis.tex"));
}

TEST_F(RunTest, KeepsASecondProcessOut) {
  const auto first = Run::Open(Request());
  ASSERT_TRUE(first.ok());
  EXPECT_THAT(Failure(Request(true)), HasSubstr("in use by another process"));
}

TEST_F(RunTest, RefusesARunWithADamagedConfig) {
  ASSERT_TRUE(Run::Open(Request()).ok());
  ASSERT_TRUE(WriteFileAtomic(directory_ / "config.textproto", "game: \"tic_tac_toe\" nonsense {").ok());
  EXPECT_THAT(Failure(Request(true)), HasSubstr("config.textproto"));
}

}  // namespace
}  // namespace tandem
