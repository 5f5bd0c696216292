// GTP sessions of Go, Hex and Gomoku. The brain is a toy.
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/file.h"
#include "engine/protocol/gtp.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/protocol/front_end_client.h"
#include "tests/engine/protocol/toy_brain.h"

namespace tandem {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::string_view Abseil(std::string_view text) { return {text.data(), text.size()}; }

class GtpGamesTest : public ::testing::Test {
 protected:
  bool Start(std::string_view game) {
    if (!FindGame(game).ok()) return false;
    client_ = std::make_unique<FrontEndClient>(Protocol::kGtp, game, std::make_unique<ToyBrain>(&log_), clock_);
    return true;
  }
  std::string Ask(std::string_view line) { return client_->Ask(line); }

  ToyLog log_;
  FakeClock clock_;
  std::unique_ptr<FrontEndClient> client_;
};

#define START_OR_SKIP(game) \
  if (!Start(game)) GTEST_SKIP() << "no game " << game

TEST_F(GtpGamesTest, GoIsScoredByAreaAndKomi) {
  START_OR_SKIP("go");
  EXPECT_EQ(Ask("boardsize 9"), "=\n");
  EXPECT_EQ(Ask("clear_board"), "=\n");
  EXPECT_EQ(Ask("komi 5.5"), "=\n");
  EXPECT_EQ(Ask("get_komi"), "= 5.5\n");
  EXPECT_EQ(Ask("final_score"), "= W+5.5\n");
  EXPECT_EQ(Ask("play b E5"), "=\n");
  EXPECT_EQ(Ask("final_score"), "= B+75.5\n");
  EXPECT_EQ(Ask("komi 0"), "=\n");
  EXPECT_EQ(Ask("final_score"), "= B+81\n");
  EXPECT_EQ(Ask("play w a1"), "=\n");
  EXPECT_EQ(Ask("final_score"), "= 0\n");
  EXPECT_EQ(Ask("final_status_list alive"), "= A1 E5\n");
  EXPECT_EQ(Ask("final_status_list dead"), "=\n");
  EXPECT_THAT(Ask("final_status_list asleep"), StartsWith("? syntax error"));
  EXPECT_THAT(Ask("komi much"), StartsWith("? syntax error"));
  EXPECT_THAT(Ask("play b I5"), StartsWith("? illegal move"));
  EXPECT_THAT(Ask("play b E5"), StartsWith("? illegal move"));
  EXPECT_EQ(Ask("play w J9"), "=\n");
}

TEST_F(GtpGamesTest, GoEndsWithTwoPassesAndGoesOnAfterThem) {
  START_OR_SKIP("go:size=9");
  for (const char* line : {"play b C3", "play w pass", "play b pass"}) EXPECT_EQ(Ask(line), "=\n");
  EXPECT_EQ(Ask("genmove w"), "= pass\n");
  EXPECT_EQ(Ask("play w D4"), "=\n");
  EXPECT_THAT(Ask("genmove w"), StartsWith("= "));
}

TEST_F(GtpGamesTest, GoHasHandicaps) {
  START_OR_SKIP("go:size=9");
  EXPECT_EQ(Ask("fixed_handicap 2"), "= C3 G7\n");
  EXPECT_EQ(Ask("fixed_handicap 2"), "? board not empty\n");
  EXPECT_EQ(Ask("undo"), "? cannot undo\n");
  EXPECT_EQ(Ask("clear_board"), "=\n");
  EXPECT_THAT(Ask("fixed_handicap 11"), StartsWith("? invalid number of stones"));
  EXPECT_THAT(Ask("fixed_handicap"), StartsWith("? syntax error"));
  EXPECT_THAT(Ask("place_free_handicap 20"), StartsWith("= C3 G7 G3 C7"));
  EXPECT_EQ(Ask("clear_board"), "=\n");
  EXPECT_THAT(Ask("set_free_handicap C3 C3"), StartsWith("? invalid vertex list"));
  EXPECT_THAT(Ask("set_free_handicap C3"), StartsWith("? syntax error"));
  EXPECT_EQ(Ask("set_free_handicap C3 D4 E5"), "=\n");
  EXPECT_EQ(Ask("play w F6"), "=\n");
}

TEST_F(GtpGamesTest, GoKnowsItsRulesByName) {
  START_OR_SKIP("go:size=9");
  EXPECT_EQ(Ask("kata-set-rules tromp-taylor"), "=\n");
  EXPECT_THAT(Ask("kata-get-rules"), HasSubstr("\"suicide\":true"));
  EXPECT_EQ(Ask("kgs-rules chinese"), "=\n");
  EXPECT_THAT(Ask("kata-get-rules"), HasSubstr("\"suicide\":false"));
  EXPECT_THAT(Ask("kata-set-rules japanese"), StartsWith("? unknown rules 'japanese'"));
}

TEST_F(GtpGamesTest, GoBoardsHaveManySizes) {
  START_OR_SKIP("go");
  for (const char* size : {"9", "13", "19"}) EXPECT_EQ(Ask(absl::StrCat("boardsize ", size)), "=\n");
  EXPECT_THAT(Ask("boardsize 99"), StartsWith("? unacceptable size"));
  EXPECT_EQ(Ask("play b T19"), "=\n");
}

TEST_F(GtpGamesTest, HexJoinsBlackTopAndBottom) {
  START_OR_SKIP("hex:size=3");
  for (const char* line : {"play black b1", "play white a1", "play b B2", "play w A2"}) EXPECT_EQ(Ask(line), "=\n");
  EXPECT_THAT(Ask("final_score"), StartsWith("? cannot score"));
  EXPECT_EQ(Ask("play b b3"), "=\n");
  EXPECT_EQ(Ask("final_score"), "= B+\n");
  EXPECT_THAT(Ask("genmove w"), StartsWith("? the game is over"));
  EXPECT_EQ(Ask("boardsize 5 5"), "=\n");
  EXPECT_THAT(Ask("boardsize 5 6"), StartsWith("? unacceptable size"));
  EXPECT_THAT(Ask("all_legal_moves b"), HasSubstr("e5"));
  EXPECT_THAT(Ask("param_game"), HasSubstr("allow_swap 0"));
  EXPECT_THAT(Ask("param_game allow_swap 2"), StartsWith("? syntax error"));
  EXPECT_THAT(Ask("play w c3"), StartsWith("? illegal move: it is not W's turn"));
}

TEST_F(GtpGamesTest, HexHasTheSwapMoveWhereItIsAllowed) {
  START_OR_SKIP("hex:size=5");
  EXPECT_EQ(Ask("play b d2"), "=\n");
  EXPECT_THAT(Ask("play w swap-pieces"), StartsWith("? illegal move"));
  EXPECT_EQ(Ask("param_game allow_swap 1"), "? board not empty\n");
  EXPECT_EQ(Ask("clear_board"), "=\n");
  EXPECT_EQ(Ask("param_game allow_swap 1"), "=\n");
  EXPECT_THAT(Ask("param_game"), HasSubstr("allow_swap 1"));
  for (const char* swap : {"swap-pieces", "SWAP"}) {
    EXPECT_THAT(Ask(absl::StrCat("play b ", swap)), StartsWith("? illegal move"));
    EXPECT_EQ(Ask("play b d2"), "=\n");
    EXPECT_THAT(Ask("all_legal w"), EndsWith(" swap-pieces\n"));
    EXPECT_EQ(Ask(absl::StrCat("play w ", swap)), "=\n");
    EXPECT_THAT(Ask("showboard"), HasSubstr("4  . o"));  // b4 is d2 over the diagonal
    EXPECT_THAT(Ask("all_legal b"), AllOf(HasSubstr("d2"), testing::Not(HasSubstr("b4"))));
    EXPECT_THAT(Ask("printsgf"), HasSubstr(";B[d2];W[swap-pieces]"));
    EXPECT_THAT(Ask("play w d2"), StartsWith("? illegal move: it is not W's turn"));
    EXPECT_EQ(Ask("undo"), "=\n");
    EXPECT_EQ(Ask("undo"), "=\n");
  }
  EXPECT_EQ(Ask("boardsize 4"), "=\n");
  EXPECT_THAT(Ask("param_game"), HasSubstr("allow_swap 1"));
  EXPECT_EQ(Ask("param_game allow_swap 0"), "=\n");
  EXPECT_EQ(Ask("play b a1"), "=\n");
  EXPECT_THAT(Ask("all_legal w"), testing::Not(HasSubstr("swap")));
}

// Sets stones of both colours on an empty board.
#define SET_UP(black, white)                                                                                                \
  for (const absl::string_view vertex : absl::StrSplit(black, ' ')) ASSERT_EQ(Ask(absl::StrCat("play b ", vertex)), "=\n"); \
  for (const absl::string_view vertex : absl::StrSplit(white, ' ')) ASSERT_EQ(Ask(absl::StrCat("play w ", vertex)), "=\n")

TEST_F(GtpGamesTest, GoStonesInsideTheOthersTerritoryAreDeadAndTheScoreGoesByTheRules) {
  START_OR_SKIP("go:size=7,komi=0.5");
  SET_UP("C1 C2 C3 C4 C5 C6 C7 G4", "E1 E2 E3 E4 E5 E6 E7 A4");
  EXPECT_EQ(Ask("final_status_list dead"), "= A4 G4\n");
  EXPECT_EQ(Ask("final_status_list alive"), "= C1 E1 C2 E2 C3 E3 C4 E4 C5 E5 C6 E6 C7 E7\n");
  EXPECT_EQ(Ask("final_status_list seki"), "=\n");
  EXPECT_EQ(Ask("final_score"), "= W+0.5\n");  // eight stones each: what is neither's is nobody's
}

TEST_F(GtpGamesTest, GoGroupsWithTwoEyesLiveAndThoseWithOneDoNot) {
  START_OR_SKIP("go:size=7");
  SET_UP("A3 B3 C3 D3 E3 E2 E1 A5 B5 C5 D5 E5 F5 G5 B7 D7 F7", "B1 A2 B2 C2 D2 D1");  // eyes at A1 and C1
  EXPECT_EQ(Ask("final_status_list dead"), "=\n");
  EXPECT_EQ(Ask("clear_board"), "=\n");
  SET_UP("A3 B3 C3 C2 C1 A5 B5 C5 D5 E5 F5 G5 B7 D7 F7", "B1 A2 B2");  // one eye, A1
  EXPECT_EQ(Ask("final_status_list dead"), "= B1 A2 B2\n");
}

TEST_F(GtpGamesTest, GoCleansUpDeadStonesBeforeItPasses) {
  START_OR_SKIP("go:size=7");
  SET_UP("A3 B3 C3 C2 C1 A5 B5 C5 D5 E5 F5 G5 B7 D7 F7", "B1 A2 B2");
  EXPECT_EQ(Ask("play b pass"), "=\n");
  EXPECT_EQ(Ask("play w pass"), "=\n");
  EXPECT_EQ(Ask("genmove b"), "= pass\n") << "the game is over";
  EXPECT_EQ(Ask("kgs-genmove_cleanup b"), "= A1\n");
  EXPECT_EQ(Ask("final_status_list dead"), "=\n");
  EXPECT_THAT(Ask("showboard"), HasSubstr("1 x . x"));
  EXPECT_EQ(Ask("final_score"), "= B+41.5\n");
}

TEST_F(GtpGamesTest, CommandsWithTooFewWordsAreSyntaxErrorsAndTheGameGoesOn) {
  for (const char* game : {"go:size=9", "hex:size=5"}) {
    START_OR_SKIP(game);
    EXPECT_EQ(Ask("play b d4"), "=\n");
    for (const Gtp::Command& command : Gtp::Commands()) {
      if (command.num_words == 0 || (!command.game.empty() && !absl::StartsWith(game, Abseil(command.game)))) continue;
      std::string line(command.name);
      for (int words = 0; words < command.num_words; ++words, line += " 1") {
        EXPECT_THAT(Ask(line), StartsWith(absl::StrCat("? syntax error: expected ", Abseil(command.name), " "))) << line;
      }
    }
    EXPECT_THAT(Ask("play b d4"), StartsWith("? illegal move"));  // still there
    EXPECT_EQ(Ask("play w c3"), "=\n");
  }
}

TEST_F(GtpGamesTest, AFileWithACycleOfKoIsNotLoadedAndTheGameGoesOn) {
  START_OR_SKIP("go:size=9");
  EXPECT_EQ(Ask("play b D4"), "=\n");
  const std::string path = absl::StrCat(::testing::TempDir(), "/ko.sgf");
  ASSERT_TRUE(WriteFileAtomic(path, "(;GM[1]SZ[5];B[ba];W[ca];B[ab];W[db];B[bc];W[cc];B[ee];W[bb];B[cb];W[bb])").ok());
  EXPECT_THAT(Ask("loadsgf " + path), AllOf(StartsWith("? cannot load file: "), HasSubstr("ply 9: move 'B4' is illegal")));
  EXPECT_THAT(Ask("play w D4"), StartsWith("? illegal move"));  // the board is as it was
  EXPECT_EQ(Ask("play w J9"), "=\n");
}

TEST_F(GtpGamesTest, GomokuIsWonByFive) {
  START_OR_SKIP("gomoku");
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Ask(absl::StrCat("play b ", std::string(1, static_cast<char>("EFGHJ"[i])), "8")), "=\n");
    EXPECT_EQ(Ask(absl::StrCat("play w ", std::string(1, static_cast<char>("EFGHJ"[i])), "9")), "=\n");
  }
  EXPECT_EQ(Ask("play b J8"), "=\n");
  EXPECT_EQ(Ask("final_score"), "= B+\n");
}

}  // namespace
}  // namespace tandem
