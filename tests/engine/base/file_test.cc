// Files: atomic writes that happen or do not, errors that name the path, and published digests.

#include "engine/base/file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace tandem {
namespace {

namespace fs = std::filesystem;

class FileTest : public testing::Test {
 protected:
  FileTest() {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  ~FileTest() override { fs::remove_all(directory_); }

  int NumEntries() const { return static_cast<int>(std::distance(fs::directory_iterator(directory_), fs::directory_iterator())); }

  const fs::path directory_ = fs::path(testing::TempDir()) / ("file_test-" + std::to_string(getpid()));
};

TEST_F(FileTest, ReadsBackWhatItWroteByteForByte) {
  std::string content(300000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7);
  ASSERT_TRUE(WriteFileAtomic(directory_ / "a", content).ok());
  EXPECT_EQ(ReadFile(directory_ / "a").value(), content);
}

TEST_F(FileTest, ReplacesAFileAndLeavesNothingElseBehind) {
  ASSERT_TRUE(WriteFileAtomic(directory_ / "a", "old and longer").ok());
  ASSERT_TRUE(WriteFileAtomic(directory_ / "a", "new").ok());
  EXPECT_EQ(ReadFile(directory_ / "a").value(), "new");
  EXPECT_EQ(NumEntries(), 1);
}

TEST_F(FileTest, KeepsTheOldContentWhenTheDiskIsFull) {
  ASSERT_TRUE(WriteFileAtomic(directory_ / "a", "old").ok());
  // The temporary file's name leads to a device that is always full.
  fs::create_symlink("/dev/full", directory_ / ("a.tmp-" + std::to_string(getpid())));
  const absl::Status status = WriteFileAtomic(directory_ / "a", "new");
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_NE(status.message().find((directory_ / "a").string()), absl::string_view::npos) << status;
  EXPECT_EQ(ReadFile(directory_ / "a").value(), "old");
  EXPECT_EQ(NumEntries(), 1);
}

TEST_F(FileTest, AppendingToAFullDiskIsAnError) { EXPECT_TRUE(absl::IsResourceExhausted(AppendFile("/dev/full", "line\n"))); }

TEST_F(FileTest, AppendsAtTheEndAndMakesTheFile) {
  ASSERT_TRUE(AppendFile(directory_ / "log", "one\n").ok());
  ASSERT_TRUE(AppendFile(directory_ / "log", "two\n").ok());
  EXPECT_EQ(ReadFile(directory_ / "log").value(), "one\ntwo\n");
}

TEST_F(FileTest, NamesThePathThatIsMissing) {
  const absl::Status status = ReadFile(directory_ / "missing").status();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_NE(status.message().find("missing"), absl::string_view::npos);
}

TEST_F(FileTest, RefusesToReadADirectory) { EXPECT_FALSE(ReadFile(directory_).ok()); }

TEST_F(FileTest, RefusesAFileLongerThanTheLimit) {
  ASSERT_TRUE(WriteFileAtomic(directory_ / "a", "12345").ok());
  EXPECT_TRUE(ReadFile(directory_ / "a", 5).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(ReadFile(directory_ / "a", 4).status()));
}

TEST_F(FileTest, CannotWriteIntoAMissingDirectory) {
  EXPECT_TRUE(absl::IsNotFound(WriteFileAtomic(directory_ / "none" / "a", "x")));
  EXPECT_EQ(NumEntries(), 0);
}

TEST_F(FileTest, RemovesWhatACrashLeftAndNothingElse) {
  ASSERT_TRUE(AppendFile(directory_ / "a", "kept").ok());
  ASSERT_TRUE(AppendFile(directory_ / "a.tmp-123", "left").ok());
  ASSERT_TRUE(AppendFile(directory_ / "b.tmp-9", "left").ok());
  EXPECT_EQ(RemoveTemporaryFiles(directory_), 2);
  EXPECT_EQ(NumEntries(), 1);
  EXPECT_EQ(RemoveTemporaryFiles(directory_ / "none"), 0);
}

TEST_F(FileTest, MakesDirectoriesWithTheirParents) {
  EXPECT_TRUE(MakeDirectories(directory_ / "x" / "y").ok());
  EXPECT_TRUE(MakeDirectories(directory_ / "x" / "y").ok());
  ASSERT_TRUE(AppendFile(directory_ / "plain", "").ok());
  EXPECT_FALSE(MakeDirectories(directory_ / "plain" / "below").ok());
}

TEST(DigestTest, Sha256GivesTheVectorsOfFips180) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(DigestTest, Crc32cGivesTheVectorsOfRfc3720) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  std::string ascending;
  for (char i = 0; i < 32; ++i) ascending += i;
  EXPECT_EQ(Crc32c(ascending), 0x46dd794eu);
}

}  // namespace
}  // namespace tandem
