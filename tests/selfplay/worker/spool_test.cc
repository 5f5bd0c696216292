#include "selfplay/worker/spool.h"

#include <zstd.h>

#include "engine/base/file.h"
#include "engine/net/weights.h"
#include "gtest/gtest.h"
#include "selfplay/worker/network_cache.h"
#include "tests/fresh_directory.h"
#include "tests/selfplay/record/random_record.h"

namespace tandem {
namespace {

std::vector<GameRecord> Games(std::uint64_t seed) { return {RandomRecord(GameNamed("tic_tac_toe"), seed)}; }

TEST(SpoolTest, KeepsChunksInOrderUntilTheyAreRemovedAlsoThroughARestart) {
  const auto directory = FreshDirectory("spool_order");
  std::vector<std::string> ids;
  {
    auto spool = *Spool::Open(directory, 1 << 20);
    ASSERT_TRUE(spool->Claim("run", "tic_tac_toe").ok());
    for (std::uint64_t i = 0; i < 5; ++i) ids.push_back(*spool->Put(ChunkHeader(), Games(i)));
  }
  auto spool = *Spool::Open(directory, 1 << 20);
  EXPECT_EQ(spool->run_id(), "run");
  EXPECT_EQ(spool->num_chunks(), 5);
  for (int left = 5; left > 0; --left) {
    const std::string id = spool->OldestId();
    EXPECT_EQ(ChunkId(*spool->Read(id)), id);
    spool->Remove(id);
    EXPECT_EQ(spool->num_chunks(), left - 1);
  }
  EXPECT_EQ(spool->bytes(), 0u);
  EXPECT_EQ(spool->run_id(), "") << "an empty spool belongs to nobody";
}

TEST(SpoolTest, TakesNoMoreThanItsBound) {
  auto spool = *Spool::Open(FreshDirectory("spool_bound"), 500);
  absl::Status status;
  std::uint64_t i = 0;
  for (; status.ok() && i < 100; ++i) status = spool->Put(ChunkHeader(), Games(i)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_LE(spool->bytes(), 500u);
  spool->Remove(spool->OldestId());
  EXPECT_TRUE(spool->Put(ChunkHeader(), Games(i)).ok());
}

TEST(SpoolTest, ReportsAChunkThatWasDamagedOnDisk) {
  const auto directory = FreshDirectory("spool_damage");
  auto spool = *Spool::Open(directory, 1 << 20);
  const std::string id = *spool->Put(ChunkHeader(), Games(1));
  ASSERT_TRUE(WriteFileAtomic(directory / "chunks" / (id + ".chunk"), "damaged").ok());
  EXPECT_EQ(spool->Read(id).status().code(), absl::StatusCode::kDataLoss);
}

TEST(SpoolTest, BelongsToOneRunAndItsNumberingWhileChunksWait) {
  const auto directory = FreshDirectory("spool_claim");
  ChunkHeader header;
  header.set_run_id("run");
  {
    auto spool = *Spool::Open(directory, 1 << 20);
    ASSERT_TRUE(spool->Claim("run", "tic_tac_toe", "n1").ok());
    ASSERT_TRUE(spool->Put(header, Games(1)).ok());
  }
  auto spool = *Spool::Open(directory, 1 << 20);
  EXPECT_TRUE(spool->Claim("run", "tic_tac_toe", "n1").ok());
  EXPECT_TRUE(spool->Claim("run", "tic_tac_toe", "").ok()) << "a coordinator that does not say";
  const absl::Status anew = spool->Claim("run", "tic_tac_toe", "n2");
  EXPECT_EQ(anew.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(anew.message()).find("an earlier run with the same settings"), std::string::npos);
  EXPECT_EQ(spool->Claim("run-b", "tic_tac_toe", "n1").code(), absl::StatusCode::kFailedPrecondition);
  spool->Remove(spool->OldestId());
  EXPECT_TRUE(spool->Claim("run-b", "tic_tac_toe", "n2").ok()) << "an empty spool belongs to nobody";
  EXPECT_EQ(spool->Put(header, Games(2)).status().code(), absl::StatusCode::kFailedPrecondition) << "games of the run before";
}

TEST(SpoolTest, GivesUnfinishedGamesBackOnceAndOnlyToTheirRun) {
  const auto directory = FreshDirectory("spool_unfinished");
  ChunkHeader header;
  header.set_run_id("run");
  const auto save = [&](Spool& spool) {
    ASSERT_TRUE(spool.Claim("run", "tic_tac_toe", "n1").ok());
    ASSERT_TRUE(spool.SaveUnfinished(header, Games(7)).ok());
  };
  {
    auto spool = *Spool::Open(directory, 1 << 20);
    save(*spool);
  }
  auto spool = *Spool::Open(directory, 1 << 20);
  const std::vector<GameRecord> games = spool->TakeUnfinished("run");
  ASSERT_EQ(games.size(), 1u);
  EXPECT_EQ(games[0].SerializeAsString(), Games(7)[0].SerializeAsString());
  EXPECT_TRUE(spool->TakeUnfinished("run").empty()) << "once";
  save(*spool);
  EXPECT_TRUE(spool->TakeUnfinished("run-b").empty());
  save(*spool);
  ASSERT_TRUE(spool->Claim("run", "tic_tac_toe", "n2").ok());
  EXPECT_TRUE(spool->TakeUnfinished("run").empty()) << "their numbers are others' now";
  save(*spool);
  ASSERT_TRUE(WriteFileAtomic(directory / "unfinished", "damaged").ok());
  EXPECT_TRUE(spool->TakeUnfinished("run").empty());
}

// A network of a few parts as the coordinator would send it.
struct Source {
  explicit Source(std::string raw_bytes, int level = 1) : raw(std::move(raw_bytes)), id(WeightsId(raw)) {
    stored.resize(ZSTD_compressBound(raw.size()));
    stored.resize(ZSTD_compress(stored.data(), stored.size(), raw.data(), raw.size(), level));
    stored_id = Sha256Hex(stored).substr(0, 32);
  }
  NetworkPart Part(std::uint64_t offset, std::size_t size) const {
    NetworkPart part;
    part.set_net_id(id);
    part.set_stored_id(stored_id);
    part.set_stored_bytes(stored.size());
    part.set_raw_bytes(raw.size());
    part.set_offset(offset);
    part.set_data(stored.substr(offset, size));
    return part;
  }
  std::string raw, id, stored, stored_id;
};

std::string Noise(std::size_t size) {
  Rng rng(size);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(rng.Below(16));
  return bytes;
}

TEST(NetworkCacheTest, GoesOnWhereABrokenTransferEndedAndVerifiesTheWhole) {
  const NetworkCache cache(FreshDirectory("cache_resume"));
  const Source source(Noise(5000));
  {
    auto fetch = *cache.Begin(source.id);
    ASSERT_NE(fetch, nullptr);
    ASSERT_TRUE(fetch->Add(source.Part(0, 1000)).ok());
    EXPECT_EQ(*cache.Begin(source.id), nullptr) << "one at a time";
  }
  auto fetch = *cache.Begin(source.id);
  EXPECT_EQ(fetch->offset(), 1000u);
  while (!fetch->done()) ASSERT_TRUE(fetch->Add(source.Part(fetch->offset(), 700)).ok());
  EXPECT_TRUE(cache.Has(source.id));
  EXPECT_EQ(*ReadFile(cache.Path(source.id)), source.raw);
}

TEST(NetworkCacheTest, BeginsAnewWhenTheCoordinatorCompressedItAnew) {
  const NetworkCache cache(FreshDirectory("cache_anew"));
  const Source before(Noise(5000), 1), after(Noise(5000), 19);
  ASSERT_EQ(before.id, after.id);
  ASSERT_NE(before.stored_id, after.stored_id);
  auto fetch = *cache.Begin(before.id);
  ASSERT_TRUE(fetch->Add(before.Part(0, 1000)).ok());
  ASSERT_TRUE(fetch->Add(after.Part(1000, 1000)).ok());
  EXPECT_EQ(fetch->offset(), 0u);
  while (!fetch->done()) ASSERT_TRUE(fetch->Add(after.Part(fetch->offset(), 1000)).ok());
  EXPECT_EQ(*ReadFile(cache.Path(after.id)), after.raw);
}

TEST(NetworkCacheTest, RefusesANetworkThatIsNotWhatItsNameSays) {
  const NetworkCache cache(FreshDirectory("cache_wrong"));
  Source source(Noise(3000));
  source.stored[100] = static_cast<char>(source.stored[100] ^ 1);
  auto fetch = *cache.Begin(source.id);
  EXPECT_EQ(fetch->Add(source.Part(0, 1 << 20)).code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(cache.Has(source.id));
  EXPECT_EQ(fetch->offset(), 0u);
}

TEST(NetworkCacheTest, RefusesPartsThatLieAboutWhereTheyBelong) {
  const NetworkCache cache(FreshDirectory("cache_lies"));
  const Source source(Noise(3000));
  auto fetch = *cache.Begin(source.id);
  EXPECT_FALSE(fetch->Add(source.Part(5, 100)).ok());
  NetworkPart part = source.Part(0, 100);
  part.set_stored_bytes(50);
  EXPECT_FALSE(fetch->Add(part).ok());
  part = source.Part(0, 100);
  part.set_raw_bytes(std::uint64_t{1} << 50);
  EXPECT_FALSE(fetch->Add(part).ok());
  part = source.Part(0, 100);
  part.set_stored_id("../../x");
  EXPECT_FALSE(fetch->Add(part).ok());
}

}  // namespace
}  // namespace tandem
