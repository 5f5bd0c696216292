// Commands in random order, as fast as they go: every search ends in exactly one bestmove, and nothing follows it.
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/rng.h"
#include "gtest/gtest.h"
#include "tests/engine/protocol/toy_brain.h"
#include "tests/engine/protocol/uci_client.h"

namespace tandem {
namespace {

constexpr int kNumCommands = 10000;

TEST(UciStormTest, NoBestmoveIsLostOrDoubled) {
  ToyLog log;
  UciClient client("tic_tac_toe", std::make_unique<ToyBrain>(&log));
  Rng rng(3);
  static constexpr const char* kGo[] = {"go infinite",          "go ponder wtime 1000 btime 1000",
                                        "go nodes 30",          "go movetime 5",
                                        "go wtime 50 btime 50", "go ponder nodes 3",
                                        "go searchmoves q",     "go depth 3"};
  static constexpr const char* kOther[] = {"isready",
                                           "ponderhit",
                                           "stop",
                                           "position startpos moves a1 b2",
                                           "position startpos",
                                           "position startpos moves nonsense",
                                           "ucinewgame",
                                           "setoption name Hash value 8",
                                           "position startpos moves a1 a2 b1 b2 c1",
                                           "joho",
                                           "setoption name MultiPV value 2",
                                           "d"};
  int owed = 0;
  for (int i = 0; i < kNumCommands; ++i) {
    if (rng.Below(3) == 0) {
      client.Send(kGo[rng.Below(std::size(kGo))]);
      ++owed;
    } else {
      client.Send(kOther[rng.Below(std::size(kOther))]);
    }
  }
  client.Send("stop");
  client.uci().WaitUntilIdle();
  const std::vector<std::string> lines = client.Take();
  EXPECT_EQ(UciClient::Count(lines, "bestmove"), owed);
  client.Ask("isready", "readyok");
  EXPECT_EQ(UciClient::Count(client.Take(), "bestmove"), 0);
}

TEST(UciStormTest, EachSearchReportsBeforeItsOwnBestmoveOnly) {
  ToyLog log;
  UciClient client("tic_tac_toe", std::make_unique<ToyBrain>(&log));
  Rng rng(4);
  for (int i = 1; i <= 2000; ++i) {
    // The number of nodes tells whose report it is.
    client.Send(absl::StrCat(rng.Below(2) == 0 ? "go ponder nodes " : "go nodes ", i));
    if (rng.Below(2) == 0) client.Send("stop");
    if (rng.Below(2) == 0) client.Send("position startpos");
    client.Send(rng.Below(2) == 0 ? "ponderhit" : "stop");
    const std::vector<std::string> lines = client.Await("bestmove");
    for (const std::string& line : lines) {
      if (absl::StrContains(line, " nodes ")) {
        ASSERT_EQ(UciClient::WordAfter(line, "nodes"), absl::StrCat(i)) << line;
      }
    }
  }
}

TEST(UciStormTest, RandomBytesDoNoHarm) {
  ToyLog log;
  UciClient client("tic_tac_toe", std::make_unique<ToyBrain>(&log));
  Rng rng(5);
  static constexpr std::string_view kWords[] = {"position", "go",    "setoption", "name", "value", "fen",     "startpos", "moves",
                                                "nodes",    "wtime", "-1",        "a1",   "stop",  "isready", "eval",     "infinite"};
  int owed = 0;
  for (int i = 0; i < 3000; ++i) {
    std::string line;
    for (std::uint32_t left = rng.Below(8); left > 0; --left) {
      if (rng.Below(3) > 0) {
        absl::StrAppend(&line, std::string(kWords[rng.Below(std::size(kWords))]), " ");
      } else {
        for (std::uint32_t bytes = rng.Below(6); bytes > 0; --bytes) line += static_cast<char>(rng.Below(256));
      }
    }
    ASSERT_TRUE(client.Send(line));
    client.Send("position startpos");
    owed += UciClient::Count(client.Take(), "bestmove");
  }
  client.Send("go nodes 1");
  client.Await("bestmove");
  EXPECT_GT(owed, 0);
}

}  // namespace
}  // namespace tandem
