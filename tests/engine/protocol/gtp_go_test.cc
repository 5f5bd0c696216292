// GTP sessions of Go, Hex and Gomoku. The brain is a toy.
#include "absl/strings/str_cat.h"
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
  EXPECT_THAT(Ask("param_game allow_swap 1"), StartsWith("? "));
  EXPECT_THAT(Ask("play w c3"), StartsWith("? illegal move: it is not W's turn"));
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
