// The two records of a run's numbers, and going on after a crash or a full disk.

#include "training/metrics/metrics.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>
#include <string>
#include <vector>

#include "engine/base/file.h"
#include "engine/base/json.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

class MetricsWriterTest : public testing::Test {
 protected:
  MetricsWriterTest() { clock_.Advance(absl::Seconds(1700000000)); }
  ~MetricsWriterTest() override { fs::remove_all(directory_); }
  std::string Lines() const { return ReadFile(directory_ / "metrics.jsonl").value(); }

  const fs::path directory_ = fs::path(testing::TempDir()) / ("metrics_test-" + std::to_string(getpid()));
  FakeClock clock_;
};

TEST_F(MetricsWriterTest, WritesOneJsonObjectALine) {
  const auto writer = MetricsWriter::Open(directory_, 0, &clock_).value();
  ASSERT_TRUE(writer->Write(300, 61.5, std::vector<Metric>{{"learner/loss", 1.5}}).ok());
  clock_.Advance(absl::Milliseconds(500));
  ASSERT_TRUE(writer->Write(301, 62, std::vector<Metric>{{"learner/loss", std::numeric_limits<double>::infinity()}}).ok());
  EXPECT_EQ(Lines(),
            "{\"step\":300,\"seconds\":61.5,\"unix_seconds\":1700000000,\"learner/loss\":1.5}\n"
            "{\"step\":301,\"seconds\":62,\"unix_seconds\":1700000000.5,\"learner/loss\":null}\n");
  EXPECT_GT(fs::file_size(writer->events_path()), 100u);
}

TEST_F(MetricsWriterTest, ATornLastLineIsCutOffOnResume) {
  fs::create_directories(directory_);
  ASSERT_TRUE(AppendFile(directory_ / "metrics.jsonl", "{\"step\":1}\n{\"step\":2,\"lo").ok());
  const auto writer = MetricsWriter::Open(directory_, 1, &clock_).value();
  ASSERT_TRUE(writer->Write(2, 1, {}).ok());
  EXPECT_EQ(Lines(), "{\"step\":1}\n{\"step\":2,\"seconds\":1,\"unix_seconds\":1700000000}\n");
}

TEST_F(MetricsWriterTest, ResumingGoesOnInTheSameLinesAndInANewEventFile) {
  const fs::path first = MetricsWriter::Open(directory_, 0, &clock_).value()->events_path();
  const auto writer = MetricsWriter::Open(directory_, 5, &clock_).value();
  EXPECT_NE(writer->events_path(), first);
}

TEST_F(MetricsWriterTest, AFullDiskLosesTheLineAndNotTheNextOne) {
  const auto writer = MetricsWriter::Open(directory_, 0, &clock_).value();
  fs::create_symlink("/dev/full", directory_ / "metrics.jsonl");
  EXPECT_TRUE(absl::IsResourceExhausted(writer->Write(1, 1, {})));
  fs::remove(directory_ / "metrics.jsonl");
  ASSERT_TRUE(AppendFile(directory_ / "metrics.jsonl", "{\"st").ok());
  ASSERT_TRUE(writer->Write(2, 2, {}).ok());
  EXPECT_EQ(Lines(), "{\"step\":2,\"seconds\":2,\"unix_seconds\":1700000000}\n");
}

TEST_F(MetricsWriterTest, ADirectoryThatCannotBeMadeIsAnError) { EXPECT_FALSE(MetricsWriter::Open("/dev/null/run", 0, &clock_).ok()); }

}  // namespace
}  // namespace tandem
