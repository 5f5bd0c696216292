#include "training/coordinator/chunk_store.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "engine/base/file.h"
#include "gtest/gtest.h"
#include "tests/training/coordinator/test_run.h"

namespace tandem {
namespace {

class ChunkStoreTest : public testing::Test {
 protected:
  ChunkStoreTest() : run_(testing::UnitTest::GetInstance()->current_test_info()->name()) { Open(); }
  void Open() {
    auto store = ChunkStore::Open(run_.directory.chunks());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  absl::StatusOr<bool> Store(const std::vector<GameRecord>& games) {
    const PutChunk chunk = run_.Chunk(games);
    return store_->Store(chunk.chunk_id(), chunk.data(), games);
  }
  // All at the same time, each on a thread of its own. Answers in the chunks' order.
  std::vector<absl::StatusOr<bool>> StoreAtOnce(const std::vector<std::vector<GameRecord>>& chunks) {
    std::vector<absl::StatusOr<bool>> answers(chunks.size(), false);
    std::atomic<bool> go = false;
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      threads.emplace_back([&, i] {
        go.wait(false);
        answers[i] = Store(chunks[i]);
      });
    }
    go = true;
    go.notify_all();
    threads.clear();
    return answers;
  }
  static auto IsStored() {
    return [](const absl::StatusOr<bool>& answer) { return answer.ok() && *answer; };
  }

  TestRun run_;
  std::unique_ptr<ChunkStore> store_;
};

TEST_F(ChunkStoreTest, StoresManyChunksAtOnceAndFindsThemAgain) {
  std::vector<std::vector<GameRecord>> chunks;
  std::vector<std::int64_t> numbers;
  for (std::int64_t i = 0; i < 32; ++i) {
    chunks.push_back({run_.Game(2 * i), run_.Game(2 * i + 1)});
    numbers.insert(numbers.end(), {2 * i, 2 * i + 1});
  }
  const auto answers = StoreAtOnce(chunks);
  EXPECT_TRUE(std::all_of(answers.begin(), answers.end(), IsStored()));
  EXPECT_EQ(run_.StoredNumbers(), numbers);
  Open();
  EXPECT_EQ(store_->stock().games, 64);
  EXPECT_EQ(store_->stock().next_number, 64);
  EXPECT_TRUE(store_->Contains(run_.Chunk(chunks[7]).chunk_id()));
  EXPECT_EQ(Store(chunks[7]).value(), false);
}

TEST_F(ChunkStoreTest, StoresTheSameChunkOnceHoweverOftenItComesAtOnce) {
  const auto answers = StoreAtOnce(std::vector<std::vector<GameRecord>>(16, {run_.Game(3)}));
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(), IsStored()), 1);
  EXPECT_TRUE(std::all_of(answers.begin(), answers.end(), [](const auto& answer) { return answer.ok(); }));
  EXPECT_EQ(run_.StoredNumbers(), std::vector<std::int64_t>{3});
}

TEST_F(ChunkStoreTest, TakesANumberThatComesInManyChunksAtOnceInOneOfThem) {
  std::vector<std::vector<GameRecord>> chunks;
  for (std::int64_t i = 0; i < 16; ++i) chunks.push_back({run_.Game(100 + i), run_.Game(7)});
  const auto answers = StoreAtOnce(chunks);
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(), IsStored()), 1);
  EXPECT_EQ(std::count_if(answers.begin(), answers.end(), [](const auto& answer) { return absl::IsAlreadyExists(answer.status()); }), 15);
  const std::vector<std::int64_t> stored = run_.StoredNumbers();
  EXPECT_EQ(std::count(stored.begin(), stored.end(), 7), 1);
  EXPECT_EQ(stored.size(), 2u);
}

TEST_F(ChunkStoreTest, ForgetsWhatTheDiskDidNotTakeSoThatItMayComeAgain) {
  std::filesystem::remove_all(run_.directory.chunks());
  const auto answers = StoreAtOnce(std::vector<std::vector<GameRecord>>(4, {run_.Game(3)}));
  for (const auto& answer : answers) EXPECT_FALSE(answer.ok() || absl::IsAlreadyExists(answer.status())) << answer.status();
  ASSERT_TRUE(MakeDirectories(run_.directory.chunks()).ok());
  EXPECT_EQ(Store({run_.Game(3)}).value(), true);
  EXPECT_EQ(run_.StoredNumbers(), std::vector<std::int64_t>{3});
}

}  // namespace
}  // namespace tandem
