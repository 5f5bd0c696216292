#include "engine/game/solution_table.h"

#include <gtest/gtest.h>

namespace tandem {
namespace {

PositionKey KeyOf(std::uint64_t i) { return {.low = Mix64(i), .high = i}; }

TEST(SolutionTableTest, KnowsNothingAtFirst) {
  const SolutionTable table(1 << 16);
  EXPECT_EQ(table.Find(PositionKey{}, 0), SolutionTable::kUnknown);
  EXPECT_EQ(table.Find(KeyOf(1), 1), SolutionTable::kUnknown);
}

TEST(SolutionTableTest, ConcludesFromOneAnswerToTheOther) {
  SolutionTable table(1 << 16);
  table.Store(KeyOf(1), 1, true, 5);
  EXPECT_EQ(table.Find(KeyOf(1), 0), SolutionTable::kYes);
  table.Store(KeyOf(2), 0, false, 5);
  EXPECT_EQ(table.Find(KeyOf(2), 1), SolutionTable::kNo);
  table.Store(KeyOf(3), 1, false, 5);
  EXPECT_EQ(table.Find(KeyOf(3), 0), SolutionTable::kUnknown);
}

TEST(SolutionTableTest, NeverGivesAnotherPositionsAnswer) {
  SolutionTable table(1 << 12);
  const auto truth = [](std::uint64_t i) { return Mix64(i + 99) % 2 == 0; };
  for (std::uint64_t i = 0; i < 100000; ++i) {
    table.Store(KeyOf(i), 1, truth(i), i % 50);
    const std::uint64_t other = Mix64(i) % (i + 1);
    const SolutionTable::Answer answer = table.Find(KeyOf(other), 1);
    if (answer == SolutionTable::kUnknown) continue;
    ASSERT_EQ(answer == SolutionTable::kYes, truth(other));
  }
}

TEST(SolutionTableTest, StaysWithinItsBytesAndKeepsAnswersWhileItGrows) {
  constexpr std::size_t kBytes = 4 << 20;
  SolutionTable table(kBytes);
  const std::size_t first_bytes = table.bytes();
  table.Store(KeyOf(1), 1, true, 1000000000);
  for (std::uint64_t i = 2; i < 2000000; ++i) table.Store(KeyOf(i), 1, false, 1);
  EXPECT_GT(table.bytes(), first_bytes);
  EXPECT_LE(table.bytes(), kBytes);
  EXPECT_EQ(table.Find(KeyOf(1), 1), SolutionTable::kYes);
}

TEST(SolutionTableTest, WorksWithASingleBucket) {
  SolutionTable table(0);
  table.Store(KeyOf(1), 0, true, 9);
  table.Store(KeyOf(2), 0, false, 1);
  EXPECT_EQ(table.Find(KeyOf(1), 0), SolutionTable::kYes);
  EXPECT_EQ(table.Find(KeyOf(2), 0), SolutionTable::kNo);
}

}  // namespace
}  // namespace tandem
