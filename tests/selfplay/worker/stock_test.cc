#include "selfplay/worker/stock.h"

#include <set>

#include "engine/base/file.h"
#include "gtest/gtest.h"
#include "tests/fresh_directory.h"

namespace tandem {
namespace {

std::filesystem::path MadeDirectory(const std::string& name) {
  const std::filesystem::path directory = FreshDirectory(name);
  EXPECT_TRUE(MakeDirectories(directory).ok());
  return directory;
}

KeptAssignment Assignment(const std::string& run_id = "run", const std::string& numbering = "n1") {
  return {run_id, numbering, "tic_tac_toe", "hash", "seed: 5"};
}

TEST(StockTest, GivesEachNumberOnceWhateverIsRestartedAndWhenever) {
  const auto path = MadeDirectory("stock_kill") / "assignment.json";
  std::set<std::int64_t> taken;
  {
    Stock stock(path);
    EXPECT_EQ(stock.Load().code(), absl::StatusCode::kNotFound);
    stock.SetAssignment(Assignment());
    stock.AddNumbers(100, 5000);
    stock.AddNumbers(9000, 2000);
    stock.SetNetwork("net");
  }
  // Processes that are killed: none closes its stock.
  for (int process = 0; process < 30; ++process) {
    Stock stock(path);
    ASSERT_TRUE(stock.Load().ok());
    EXPECT_EQ(stock.assignment()->config_text, "seed: 5");
    EXPECT_EQ(stock.net_id(), "net");
    for (int i = 0; i < 700 * (process % 3); ++i) {
      const auto number = stock.Take();
      if (!number.has_value()) break;
      EXPECT_TRUE(taken.insert(*number).second) << *number << " was taken before";
      EXPECT_TRUE((*number >= 100 && *number < 5100) || (*number >= 9000 && *number < 11000)) << *number;
    }
  }
  Stock stock(path);
  ASSERT_TRUE(stock.Load().ok());
  EXPECT_EQ(stock.left(), 0);
  EXPECT_FALSE(stock.Take().has_value());
}

TEST(StockTest, AnOrderlyEndWastesNoNumber) {
  const auto path = MadeDirectory("stock_close") / "assignment.json";
  {
    Stock stock(path);
    stock.SetAssignment(Assignment());
    stock.AddNumbers(0, 3000);
  }
  for (std::int64_t first = 0; first < 3000; first += 100) {
    Stock stock(path);
    ASSERT_TRUE(stock.Load().ok());
    EXPECT_EQ(stock.left(), 3000 - first);
    for (std::int64_t i = 0; i < 100; ++i) EXPECT_EQ(stock.Take(), first + i);
    stock.Close();
  }
}

TEST(StockTest, NumbersOfAnotherRunOrNumberingAreDroppedAndThoseOfAnotherConfigurationKept) {
  Stock stock(MadeDirectory("stock_runs") / "assignment.json");
  stock.SetAssignment(Assignment("run", "n1"));
  stock.AddNumbers(0, 100);
  KeptAssignment other_config = Assignment("run", "n1");
  other_config.config_hash = "another";
  stock.SetAssignment(other_config);
  EXPECT_EQ(stock.left(), 100);
  stock.SetAssignment(Assignment("run", "n2"));
  EXPECT_EQ(stock.left(), 0) << "the same settings, begun anew: the numbers are others' now";
  stock.AddNumbers(0, 100);
  stock.SetAssignment(Assignment("run-b", "n2"));
  EXPECT_EQ(stock.left(), 0);
  EXPECT_EQ(stock.net_id(), "");
}

TEST(StockTest, AFileThatMakesNoSenseIsReportedAndLeavesItEmpty) {
  const auto path = MadeDirectory("stock_broken") / "assignment.json";
  {
    Stock stock(path);
    stock.SetAssignment(Assignment());
    stock.AddNumbers(5, 10);
  }
  const std::string good = ReadFile(path).value();
  const auto load = [&](const std::string& text) {
    EXPECT_TRUE(WriteFileAtomic(path, text).ok());
    Stock stock(path);
    const absl::Status loaded = stock.Load();
    EXPECT_EQ(stock.assignment().has_value(), loaded.ok());
    EXPECT_EQ(stock.left(), loaded.ok() ? 10 : 0);
    return loaded;
  };
  EXPECT_TRUE(load(good).ok());
  for (std::size_t size = 0; size + 2 < good.size(); size += 5) {
    const absl::Status loaded = load(good.substr(0, size));
    EXPECT_FALSE(loaded.ok());
    EXPECT_NE(std::string(loaded.message()).find("assignment.json"), std::string::npos);
  }
  for (const char* numbers : {"[[15, 5]]", "[[-1, 5]]", "[[1]]", "[1, 2]", "{}", "[[0, 9223372036854775807]]", "[[0.5, 2]]"}) {
    std::string text = good;
    const std::size_t begin = text.find("\"numbers\":") + 10;
    text = text.substr(0, begin) + numbers + "}";
    EXPECT_FALSE(load(text).ok()) << numbers;
  }
}

TEST(StockTest, ADiskThatTakesNothingLeavesNoNumbersForTheNextWorker) {
  const auto directory = MadeDirectory("stock_full");
  Stock stock(directory / "assignment.json");
  stock.SetAssignment(Assignment());
  stock.AddNumbers(0, 3000);
  // In the way of the file that is renamed, and not to be removed: no write succeeds.
  std::filesystem::remove(directory / "assignment.json");
  std::filesystem::create_directories(directory / "assignment.json" / "full");
  for (std::int64_t i = 0; i < 3000; ++i) ASSERT_EQ(stock.Take(), i) << "games go on";
  Stock next(directory / "assignment.json");
  EXPECT_FALSE(next.Load().ok());
  EXPECT_EQ(next.left(), 0);
}

}  // namespace
}  // namespace tandem
