#include "engine/protocol/uci_parser.h"

#include "engine/base/rng.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

GoCommand Go(std::string_view line) { return ParseGo(SplitWords(line)); }

TEST(UciParserTest, WordsAreSplitAtAnyWhiteSpace) {
  EXPECT_THAT(SplitWords("  go \t nodes\r\n"), ElementsAre("go", "nodes"));
  EXPECT_THAT(SplitWords(" \t\r"), IsEmpty());
}

TEST(UciParserTest, GoReadsEveryLimitInAnyOrder) {
  const GoCommand go = Go("movestogo 3 binc 4 winc 5 btime 600 wtime -7 depth 8 nodes 9 mate 2 movetime 11");
  EXPECT_THAT(go.complaints, IsEmpty());
  EXPECT_EQ(go.request.moves_to_go, 3);
  EXPECT_EQ(go.request.increment[1], absl::Milliseconds(4));
  EXPECT_EQ(go.request.increment[0], absl::Milliseconds(5));
  EXPECT_EQ(go.request.remaining[1], absl::Milliseconds(600));
  EXPECT_EQ(go.request.remaining[0], absl::Milliseconds(-7));
  EXPECT_EQ(go.request.depth, 8);
  EXPECT_EQ(go.request.nodes, 9);
  EXPECT_EQ(go.request.mate, 2);
  EXPECT_EQ(go.request.move_time, absl::Milliseconds(11));
  EXPECT_FALSE(go.request.infinite);
}

TEST(UciParserTest, SearchMovesStandAnywhere) {
  EXPECT_THAT(Go("searchmoves a1 b2 nodes 5").request.root_moves, ElementsAre("a1", "b2"));
  const GoCommand go = Go("nodes 5 searchmoves 1 2 infinite");
  EXPECT_THAT(go.request.root_moves, ElementsAre("1", "2"));
  EXPECT_TRUE(go.request.infinite);
}

TEST(UciParserTest, GoLeavesOutWhatItCannotReadAndSaysSo) {
  const GoCommand go = Go("nodes abc depth wtime 99999999999999999999 joho movetime 5");
  EXPECT_THAT(go.complaints, SizeIs(4));
  EXPECT_FALSE(go.request.nodes || go.request.depth || go.request.remaining[0]);
  EXPECT_EQ(go.request.move_time, absl::Milliseconds(5));
  EXPECT_EQ(Go("movestogo -4").request.moves_to_go, 0);
  EXPECT_EQ(Go("perft 4").perft_depth, 4);
}

TEST(UciParserTest, PositionsAreTheStartOrAText) {
  const auto position = [](std::string_view line) { return ParsePosition(SplitWords(line)); };
  EXPECT_THAT(position("startpos moves a b")->moves, ElementsAre("a", "b"));
  EXPECT_THAT(position("startpos moves")->moves, IsEmpty());
  EXPECT_FALSE(position("startpos")->text);
  EXPECT_EQ(position("fen 3/3  x moves c")->text, "3/3 x");
  EXPECT_THAT(position("fen 3/3 x moves c")->moves, ElementsAre("c"));
  for (const char* bad : {"", "fen", "fen moves a", "startpos a b", "moves a", "x"}) EXPECT_FALSE(position(bad)) << bad;
}

TEST(UciParserTest, OptionNamesAndValuesMayHaveBlanks) {
  const auto option = [](std::string_view line) { return ParseOption(SplitWords(line)); };
  EXPECT_EQ(option("name Move  Overhead value 10")->name, "Move Overhead");
  EXPECT_EQ(option("name WeightsFile value /a  b/value c")->value, "/a  b/value c");
  EXPECT_EQ(option("name WeightsFile value")->value, "");
  EXPECT_EQ(option("name Clear Hash")->name, "Clear Hash");
  for (const char* bad : {"", "name", "x y"}) EXPECT_FALSE(option(bad)) << bad;
}

TEST(UciParserTest, AnyBytesAreTaken) {
  static constexpr std::string_view kWords[] = {"name",  "value", "fen", "startpos", "moves", "nodes", "wtime",  "searchmoves", "perft",
                                                "depth", "-1",    "1e9", "\0x",      "a1",    "mate",  "ponder", "movestogo",   "\xff\xfe"};
  Rng rng(2);
  for (int i = 0; i < 20000; ++i) {
    std::string line;
    for (std::uint32_t left = rng.Below(12); left > 0; --left) {
      if (rng.Below(2) == 0) {
        line += kWords[rng.Below(std::size(kWords))];
      } else {
        for (std::uint32_t bytes = rng.Below(6); bytes > 0; --bytes) line += static_cast<char>(rng.Below(256));
      }
      if (rng.Below(4) > 0) line += ' ';
    }
    const std::vector<std::string_view> words = SplitWords(line);
    ParseGo(words);
    ParsePosition(words);
    ParseOption(words);
  }
}

}  // namespace
}  // namespace tandem
