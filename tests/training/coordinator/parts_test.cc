// The coordinator's parts by themselves: number sets, tokens, and uploads made to hurt.
#include <zstd.h>

#include <set>

#include "engine/base/file.h"
#include "engine/base/rng.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/selfplay/record/random_record.h"
#include "tests/training/coordinator/test_run.h"
#include "training/coordinator/game_numbers.h"
#include "training/coordinator/upload.h"

namespace tandem {
namespace {

using testing::HasSubstr;

TEST(NumberSetTest, AgreesWithASetOfIntegersInAnyOrder) {
  Rng rng(11);
  NumberSet numbers;
  std::set<std::int64_t> oracle;
  for (int i = 0; i < 20000; ++i) {
    const std::int64_t number = static_cast<std::int64_t>(rng.Below(5000)) - 100;
    EXPECT_EQ(numbers.Contains(number), oracle.count(number) > 0);
    EXPECT_EQ(numbers.Insert(number), oracle.insert(number).second);
  }
  EXPECT_EQ(numbers.size(), static_cast<std::int64_t>(oracle.size()));
}

TEST(NumberSetTest, KeepsNumbersThatComeInOrderInOneRange) {
  NumberSet numbers;
  for (std::int64_t i = 0; i < 1000; ++i) numbers.Insert(i);
  EXPECT_EQ(numbers.num_ranges(), 1u);
}

TEST(TokenStoreTest, ShowsATokenOnceAndKeepsOnlyItsHash) {
  TestRun run("tokens_hash");
  TokenStore store(run.directory.serve(), &run.clock);
  const std::string token = store.Create("alice", absl::InfiniteDuration()).value();
  EXPECT_EQ(store.Check(token)->name, "alice");
  const std::string file = ReadFile(run.directory.serve() / "tokens.json").value();
  EXPECT_EQ(file.find(token), std::string::npos);
  EXPECT_EQ(file.find(token.substr(16)), std::string::npos);
  EXPECT_EQ(store.Create("alice", absl::Hours(1)).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_FALSE(store.Create("two words", absl::Hours(1)).ok());
  EXPECT_FALSE(store.Create("", absl::Hours(1)).ok());
}

TEST(TokenStoreTest, ForgetsNothingOfARevocationAndFreesTheName) {
  TestRun run("tokens_revoke");
  TokenStore store(run.directory.serve(), &run.clock);
  const std::string old_token = store.Create("bob", absl::InfiniteDuration()).value();
  EXPECT_TRUE(store.Revoke("bob").ok());
  EXPECT_EQ(store.Revoke("bob").code(), absl::StatusCode::kNotFound);
  const std::string new_token = store.Create("bob", absl::InfiniteDuration()).value();
  EXPECT_FALSE(store.Check(old_token).ok());
  EXPECT_TRUE(store.Check(new_token).ok());
}

TEST(TokenStoreTest, SeesAtOnceWhatAnotherProcessChanges) {
  TestRun run("tokens_others");
  TokenStore store(run.directory.serve(), &run.clock), other(run.directory.serve(), &run.clock);
  for (int i = 0; i < 20; ++i) {  // files of equal length, one soon after the other
    const std::string token = other.Create("dave", absl::InfiniteDuration()).value();
    const auto found = store.Check(token);
    ASSERT_TRUE(found.ok()) << i << ": " << found.status();
    EXPECT_TRUE(store.CheckStill(found->id).ok());
    ASSERT_TRUE(other.Revoke(found->id).ok());
    EXPECT_TRUE(absl::IsUnauthenticated(store.CheckStill(found->id))) << i;
  }
  std::filesystem::remove(run.directory.serve() / "tokens.json");
  EXPECT_FALSE(store.CheckStill("01234567").ok());
}

TEST(TokenStoreTest, SaysWhichFileIsBrokenAndLetsNobodyIn) {
  TestRun run("tokens_broken");
  TokenStore store(run.directory.serve(), &run.clock);
  const std::string token = store.Create("carol", absl::InfiniteDuration()).value();
  ASSERT_TRUE(WriteFileAtomic(run.directory.serve() / "tokens.json", "[{\"id\": 3}]").ok());
  EXPECT_THAT(std::string(store.Check(token).status().message()), HasSubstr("tokens.json"));
}

class UploadTest : public testing::Test {
 protected:
  UploadTest() : run_(testing::UnitTest::GetInstance()->current_test_info()->name()) {
    rules_ = {&GameNamed("tic_tac_toe"), &run_.config, "run-a", 1000, [this](const std::string& id) { return id == run_.net_id; }};
  }
  TestRun run_;
  UploadRules rules_;
};

TEST_F(UploadTest, RefusesAChunkThatWasCutOrHasAFlippedBitAnywhere) {
  const std::string bytes = run_.Chunk({run_.Game(1), run_.Game(2)}).data();
  ASSERT_TRUE(CheckUpload(rules_, bytes).ok()) << CheckUpload(rules_, bytes).status();
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(CheckUpload(rules_, bytes.substr(0, size)).ok()) << size;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(CheckUpload(rules_, flipped).ok()) << "bit " << bit;
  }
}

TEST_F(UploadTest, RefusesWhatWouldUnpackToTooMuchWithoutUnpackingIt) {
  const std::string zeros(std::size_t{32} << 20, '\0');
  std::string stored(ZSTD_compressBound(zeros.size()), '\0');
  stored.resize(ZSTD_compress(stored.data(), stored.size(), zeros.data(), zeros.size(), 3));
  const auto append = [](std::uint32_t value, std::string* out) {
    for (int shift = 0; shift < 32; shift += 8) out->push_back(static_cast<char>(value >> shift));
  };
  std::string bomb = run_.Chunk({run_.Game(1)}).data();
  append(static_cast<std::uint32_t>(stored.size()), &bomb);
  append(Crc32c(stored), &bomb);
  bomb += stored;
  EXPECT_THAT(std::string(CheckUpload(rules_, bomb).status().message()), HasSubstr("zstd frame of at most"));
}

TEST_F(UploadTest, RefusesAHeaderThatLiesAndAGameThatOccursTwice) {
  EXPECT_FALSE(CheckUpload(rules_, run_.Chunk({run_.Game(1), run_.Game(1)}).data()).ok());
  EXPECT_FALSE(CheckUpload(rules_, run_.Chunk({}).data()).ok());
}

TEST_F(UploadTest, NeverCrashesOnRandomlyChangedRecordsUnderRightChecksums) {
  Rng rng = Rng::Stream(1, "upload fuzz");
  int taken = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = run_.Game(static_cast<std::int64_t>(rng.Below(900))).SerializeAsString();
    for (std::uint32_t k = rng.Below(4); k > 0; --k) bytes[rng.Below(static_cast<std::uint32_t>(bytes.size()))] = static_cast<char>(rng());
    GameRecord record;
    if (!record.ParseFromString(bytes)) continue;
    taken += CheckUpload(rules_, run_.Chunk({record}).data()).ok() ? 1 : 0;
  }
  EXPECT_GT(taken, 0);
  EXPECT_LT(taken, 3000);
}

}  // namespace
}  // namespace tandem
