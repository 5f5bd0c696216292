// Event files: the record framing against published bytes, content by the message, and what a full disk or a second session does.

#include "training/metrics/tensorboard.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "engine/base/file.h"
#include "proto/tensorboard_event.pb.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

const absl::Time kBegin = absl::FromUnixSeconds(1700000000);

class EventFileTest : public testing::Test {
 protected:
  EventFileTest() { fs::create_directories(directory_); }
  ~EventFileTest() override { fs::remove_all(directory_); }
  const fs::path directory_ = fs::path(testing::TempDir()) / ("tensorboard_test-" + std::to_string(getpid()));
};

template <typename Number>
Number Take(std::string_view& bytes) {
  Number number;
  std::memcpy(&number, bytes.data(), sizeof(number));
  bytes.remove_prefix(sizeof(number));
  return number;
}

// Takes a file of records apart, checking both checksums of each.
std::vector<tensorboard::Event> Events(const fs::path& path) {
  const std::string content = ReadFile(path).value();
  std::vector<tensorboard::Event> events;
  for (std::string_view rest = content; !rest.empty();) {
    const std::string_view length_bytes = rest.substr(0, 8);
    const auto length = Take<std::uint64_t>(rest);
    EXPECT_EQ(Take<std::uint32_t>(rest), MaskedCrc32c(length_bytes));
    const std::string_view payload = rest.substr(0, length);
    rest.remove_prefix(length);
    EXPECT_EQ(Take<std::uint32_t>(rest), MaskedCrc32c(payload));
    EXPECT_TRUE(events.emplace_back().ParseFromString(std::string(payload)));
  }
  return events;
}

TEST_F(EventFileTest, FramesARecordWithBothMaskedChecksums) {
  // mask(crc32c("123456789")) by hand: crc = 0xe3069283, rotated right by 15 = 0x2507c60d, plus 0xa282ead8 = 0xc78ab0e5.
  EXPECT_EQ(MaskedCrc32c("123456789"), 0xc78ab0e5u);
  EXPECT_EQ(FrameRecord("123456789").size(), 8u + 4 + 9 + 4);
  EXPECT_EQ(FrameRecord("123456789").substr(12, 9), "123456789");
}

TEST_F(EventFileTest, BeginsWithTheVersionAndTheStartOfTheSession) {
  const auto file = EventFile::Create(directory_, kBegin, 42).value();
  EXPECT_EQ(file->path().filename().string().rfind("events.out.tfevents.1700000000.", 0), 0u) << file->path();
  const auto events = Events(file->path());
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].file_version(), "brain.Event:2");
  EXPECT_EQ(events[1].session_log().status(), tensorboard::SessionLog::START);
  EXPECT_EQ(events[1].step(), 42);
}

TEST_F(EventFileTest, WritesScalarsWithStepAndTime) {
  const auto file = EventFile::Create(directory_, kBegin, 0).value();
  const std::vector<Metric> metrics = {{"a/x", 1.5}, {"a/nan", std::numeric_limits<double>::quiet_NaN()}};
  ASSERT_TRUE(file->Write(kBegin + absl::Milliseconds(2500), 7, metrics).ok());
  const tensorboard::Event event = Events(file->path()).back();
  EXPECT_EQ(event.step(), 7);
  EXPECT_EQ(event.wall_time(), 1700000002.5);
  ASSERT_EQ(event.summary().value_size(), 2);
  EXPECT_EQ(event.summary().value(0).tag(), "a/x");
  EXPECT_EQ(event.summary().value(0).simple_value(), 1.5f);
  EXPECT_TRUE(std::isnan(event.summary().value(1).simple_value()));
}

TEST_F(EventFileTest, TwoSessionsInOneSecondGetFilesOfTheirOwn) {
  const auto first = EventFile::Create(directory_, kBegin, 0).value();
  const auto second = EventFile::Create(directory_, kBegin, 0).value();
  EXPECT_NE(first->path(), second->path());
}

TEST_F(EventFileTest, AFailedWriteLeavesNoPartOfARecordBehind) {
  const auto file = EventFile::Create(directory_, kBegin, 0).value();
  const std::vector<Metric> metrics = {{"x", 1}};
  ASSERT_TRUE(file->Write(kBegin, 1, metrics).ok());
  const std::string good = ReadFile(file->path()).value();
  // The disk is full, then there is room again and some bytes of the refused record stand in the file.
  fs::remove(file->path());
  fs::create_symlink("/dev/full", file->path());
  EXPECT_TRUE(absl::IsResourceExhausted(file->Write(kBegin, 2, metrics)));
  fs::remove(file->path());
  ASSERT_TRUE(AppendFile(file->path(), good + "torn").ok());
  ASSERT_TRUE(file->Write(kBegin, 3, metrics).ok());
  const auto events = Events(file->path());
  EXPECT_EQ(events.size(), 4u);
  EXPECT_EQ(events.back().step(), 3);
}

TEST_F(EventFileTest, ADirectoryThatCannotBeWrittenIsAnError) { EXPECT_FALSE(EventFile::Create(directory_ / "missing", kBegin, 0).ok()); }

}  // namespace
}  // namespace tandem
