// GTP sessions, command by command. The brain is a toy.
#include "engine/protocol/gtp.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/rng.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/protocol/front_end_client.h"
#include "tests/engine/protocol/toy_brain.h"

namespace tandem {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class GtpTest : public ::testing::Test {
 protected:
  void Start(std::string_view game) {
    client_ = std::make_unique<FrontEndClient>(Protocol::kGtp, game, std::make_unique<ToyBrain>(&log_), clock_);
  }
  std::string Ask(std::string_view line) { return client_->Ask(line); }
  void SetUp() override { Start("othello"); }

  ToyLog log_;
  FakeClock clock_;
  std::unique_ptr<FrontEndClient> client_;
};

TEST_F(GtpTest, AnswersHaveTheProtocolsForm) {
  EXPECT_EQ(Ask("protocol_version"), "= 2\n");
  EXPECT_EQ(Ask("12 name"), "=12 Tandem\n");
  EXPECT_EQ(Ask("  name   # a comment"), "= Tandem\n");
  EXPECT_EQ(Ask("\tname\t\r"), "= Tandem\n");
  EXPECT_EQ(Ask("# only a comment"), "");
  EXPECT_EQ(Ask(""), "");
  EXPECT_EQ(Ask("7 no_such_command"), "?7 unknown command\n");
  EXPECT_EQ(Ask("7"), "?7 unknown command\n");
  EXPECT_EQ(Ask("known_command genmove"), "= true\n");
  EXPECT_EQ(Ask("known_command no_such_command"), "= false\n");
  EXPECT_EQ(Ask("3 known_command"), "?3 syntax error: expected known_command COMMAND\n");
  EXPECT_THAT(Ask("version"), StartsWith("= "));
}

TEST_F(GtpTest, EveryListedCommandIsKnown) {
  const std::string answer = Ask("list_commands");
  std::vector<std::string> names = absl::StrSplit(answer.substr(2), '\n', absl::SkipEmpty());
  EXPECT_THAT(names, AllOf(Contains("play"), Contains("genmove"), Contains("undo"), Contains("lz-analyze"), Contains("time_left")));
  EXPECT_THAT(names, Not(Contains("fixed_handicap")));  // Go's
  for (const std::string& name : names) EXPECT_EQ(Ask("known_command " + name), "= true\n") << name;
  EXPECT_EQ(Ask("fixed_handicap 2"), "? unknown command\n");
}

TEST_F(GtpTest, QuitIsAnsweredAndEndsTheSession) {
  EXPECT_FALSE(client_->Send("5 quit"));
  EXPECT_THAT(client_->Take(), testing::ElementsAre("=5", ""));
}

TEST_F(GtpTest, OthelloHasRowOneOnTopAndPassesOnlyWhenForced) {
  EXPECT_EQ(Ask("play black d3"), "=\n");
  EXPECT_EQ(Ask("play WHITE C3"), "=\n");
  EXPECT_THAT(Ask("play b pass"), StartsWith("? illegal move"));
  EXPECT_THAT(Ask("all_legal b"), HasSubstr("c4"));
  EXPECT_THAT(Ask("play b d3"), StartsWith("? illegal move"));
  EXPECT_THAT(Ask("play w e3"), StartsWith("? illegal move: it is not W's turn"));
  EXPECT_THAT(Ask("play b z9"), StartsWith("? illegal move"));
  EXPECT_THAT(Ask("play purple d3"), StartsWith("? syntax error: 'purple' is no color"));
  EXPECT_THAT(Ask("play b"), StartsWith("? syntax error: expected play COLOR VERTEX"));
  EXPECT_THAT(Ask("play"), StartsWith("? syntax error"));
}

TEST_F(GtpTest, GenmovePlaysAndRegGenmoveDoesNot) {
  const std::string regression = Ask("reg_genmove b");
  EXPECT_EQ(Ask("undo"), "? cannot undo\n");
  const std::string move = Ask("genmove b");
  EXPECT_EQ(move, regression);
  EXPECT_THAT(Ask(absl::StrCat("play w ", move.substr(2, 2))), StartsWith("? illegal move"));
  EXPECT_EQ(Ask("undo"), "=\n");
  EXPECT_EQ(Ask(absl::StrCat("play b ", move.substr(2, 2))), "=\n");
  EXPECT_THAT(Ask("genmove"), StartsWith("? syntax error"));
  EXPECT_THAT(Ask("genmove green"), StartsWith("? syntax error"));
}

TEST_F(GtpTest, BoardSizesThatTheGameLacksAreRefusedAndTheGameGoesOn) {
  EXPECT_EQ(Ask("play b d3"), "=\n");
  for (const char* size : {"7", "0", "-4", "1000"})
    EXPECT_THAT(Ask(absl::StrCat("boardsize ", size)), StartsWith("? unacceptable size")) << size;
  EXPECT_THAT(Ask("boardsize eight"), StartsWith("? syntax error"));
  EXPECT_THAT(Ask("boardsize"), StartsWith("? syntax error"));
  EXPECT_THAT(Ask("rectangular_boardsize 6 8"), StartsWith("? unacceptable size"));
  EXPECT_EQ(Ask("undo"), "=\n");
  EXPECT_EQ(Ask("boardsize 6"), "=\n");
  EXPECT_EQ(Ask("play b e4"), "=\n");  // legal on 6x6 only
}

TEST_F(GtpTest, ShowboardHasNoEmptyLineInside) {
  const std::string board = Ask("4 showboard");
  EXPECT_THAT(board, AllOf(StartsWith("=4 "), EndsWith("\n")));
  EXPECT_THAT(board.substr(0, board.size() - 1), Not(HasSubstr("\n\n")));
}

TEST_F(GtpTest, FinalScoreCountsDiscsAtTheEndOnly) {
  EXPECT_THAT(Ask("final_score"), StartsWith("? cannot score"));
  for (int i = 0; i < 200 && absl::StartsWith(Ask("final_score"), "?"); ++i) {
    const std::string black = Ask("genmove b");
    if (absl::StartsWith(black, "?")) Ask("genmove w");
  }
  EXPECT_THAT(Ask("final_score"), AnyOf(StartsWith("= B+"), StartsWith("= W+"), StartsWith("= 0")));
  EXPECT_EQ(Ask("genmove b"), "= pass\n");
}

TEST_F(GtpTest, ForcedPassesMayBeLeftOut) {
  // Whole games in which passes are played or left out, by turns.
  Rng rng(7);
  const Game& game = **FindGame("othello:size=6");
  EXPECT_EQ(Ask("boardsize 6"), "=\n");
  int num_passes = 0;
  for (int i = 0; i < 30; ++i) {
    Ask("clear_board");
    const std::unique_ptr<State> state = game.NewState();
    ActionList legal;
    while (!state->IsTerminal()) {
      state->LegalActions(legal);
      const Action action = legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))];
      const std::string text = state->ActionText(action);
      num_passes += text == "pass";
      if (text != "pass" || i % 2 == 0) {
        ASSERT_EQ(Ask(absl::StrCat("play ", state->ToMove() == 0 ? "b " : "w ", text)), "=\n") << state->Draw();
      }
      state->Apply(action);
    }
    EXPECT_THAT(Ask("final_score"), StartsWith("= "));
  }
  EXPECT_GT(num_passes, 0);
}

TEST_F(GtpTest, ClocksLimitTheSearchAndRunDown) {
  Ask("time_settings 60 0 0");
  Ask("genmove b");
  Ask("time_left w 10 0");
  Ask("genmove w");
  Ask("time_settings 0 5 1");
  Ask("genmove b");
  Ask("kgs-time_settings none");
  Ask("genmove w");
  Ask("kgs-time_settings byoyomi 0 10 3");
  Ask("genmove b");
  const std::vector<SearchLimits> plans = log_.Plans();
  ASSERT_EQ(plans.size(), 5u);
  EXPECT_GT(plans[0].time, plans[1].time);
  EXPECT_GT(plans[2].time, absl::Seconds(4));
  EXPECT_LE(plans[2].time, absl::Seconds(5));
  EXPECT_EQ(plans[3].time, absl::InfiniteDuration());
  EXPECT_EQ(plans[3].simulations, 400);
  EXPECT_GT(plans[4].time, absl::Seconds(9));
  for (const char* line : {"time_settings", "time_settings a b c", "time_left b 3", "time_left x 3 3", "kgs-time_settings sudden 3",
                           "kgs-time_settings byoyomi 3"}) {
    EXPECT_THAT(Ask(line), StartsWith("? syntax error")) << line;
  }
}

TEST_F(GtpTest, AnAnalysisGoesOnUntilTheNextLine) {
  for (const char* next : {"", "stop", "9 name", "# comment"}) {
    client_->Send("3 lz-analyze b 10");
    const std::vector<std::string> lines = client_->Await("info move");
    EXPECT_EQ(lines[0], "=3");
    for (const char* key : {" visits ", " winrate ", " prior ", " lcb ", " order 0 ", " pv "}) EXPECT_THAT(lines.back(), HasSubstr(key));
    EXPECT_THAT(lines.back(), Not(HasSubstr("winrate 0.")));
    client_->Send(next);
    std::vector<std::string> rest = client_->Take();
    EXPECT_THAT(rest, Contains(""));
  }
  EXPECT_EQ(Ask("undo"), "? cannot undo\n");
  for (const char* bad : {"lz-analyze b 10 nonsense 3", "lz-analyze interval", "lz-analyze interval x", "lz-analyze b -3"}) {
    EXPECT_THAT(Ask(bad), StartsWith("? syntax error")) << bad;
  }
}

TEST_F(GtpTest, KatasAnalysisHasDecimalsAndTheRoot) {
  client_->Send("kata-analyze w interval 5 rootInfo true maxmoves 2 ownership true");
  EXPECT_THAT(Ask(""), StartsWith("? "));  // it is black's turn, and black must move
  client_->Send("kata-analyze interval 5 rootInfo true maxmoves 2 ownership true");
  const std::string line = client_->Await("info move").back();
  EXPECT_THAT(line, AllOf(HasSubstr(" winrate 0."), HasSubstr(" rootInfo visits "), HasSubstr(" order 1 "), Not(HasSubstr(" order 2 "))));
  client_->Send("stop");
}

TEST_F(GtpTest, AMoveMayBeAnalysedAndPlayedAtOnce) {
  client_->Send("lz-genmove_analyze b 10");
  const std::vector<std::string> lines = client_->Await("play ");
  EXPECT_EQ(lines[0], "=");
  const std::string move = lines.back().substr(5);
  EXPECT_THAT(Ask("play w pass"), StartsWith("? illegal move"));
  EXPECT_EQ(Ask("undo"), "=\n");
  EXPECT_EQ(Ask("play b " + move), "=\n");
}

TEST_F(GtpTest, GamesAreChosenByName) {
  EXPECT_THAT(Ask("list_games"), HasSubstr("othello"));
  EXPECT_EQ(Ask("set_game Connect Four"), "=\n");
  EXPECT_EQ(Ask("play b 4"), "=\n");
  EXPECT_EQ(Ask("set_game Othello"), "=\n");
  EXPECT_EQ(Ask("play b d3"), "=\n");
  EXPECT_THAT(Ask("set_game Parcheesi"), StartsWith("? "));
  EXPECT_EQ(Ask("play w c3"), "=\n");
}

TEST_F(GtpTest, OptionsAreThoseOfUci) {
  EXPECT_EQ(Ask("tandem-setoption name Simulations value 77"), "=\n");
  Ask("genmove b");
  EXPECT_EQ(log_.Plans()[0].simulations, 77);
  EXPECT_THAT(Ask("tandem-setoption name Threads value many"), StartsWith("? option Threads: 'many' is not"));
  EXPECT_THAT(Ask("tandem-setoption name No Such value 1"), StartsWith("? no option 'No Such'"));
}

TEST_F(GtpTest, GamesAreWrittenAsSgfAndReadBack) {
  for (const char* line : {"play b d3", "play w c3", "play b c4"}) EXPECT_EQ(Ask(line), "=\n");
  const std::string path = absl::StrCat(::testing::TempDir(), "/gtp_test.sgf");
  EXPECT_THAT(Ask("printsgf"), HasSubstr("GM[2]"));
  EXPECT_EQ(Ask("printsgf " + path), "=\n");
  const std::string board = Ask("showboard");
  EXPECT_EQ(Ask("clear_board"), "=\n");
  EXPECT_EQ(Ask("loadsgf " + path), "=\n");
  EXPECT_EQ(Ask("showboard"), board);
  EXPECT_EQ(Ask("loadsgf " + path + " 2"), "=\n");
  EXPECT_EQ(Ask("play w c3"), "=\n");
  EXPECT_EQ(Ask("undo"), "=\n");
  EXPECT_EQ(Ask("undo"), "=\n");
  EXPECT_EQ(Ask("undo"), "? cannot undo\n");
  EXPECT_THAT(Ask("loadsgf no/such/file.sgf"), StartsWith("? cannot load file: "));
  EXPECT_THAT(Ask("loadsgf " + path + " x"), StartsWith("? syntax error"));
  EXPECT_THAT(Ask("loadsgf"), StartsWith("? syntax error"));
}

TEST_F(GtpTest, NetworksAreLoadedBeforeTheFirstMove) {
  Ask("clear_board");
  EXPECT_EQ(log_.loads, 1);
  Ask("genmove b");
  EXPECT_EQ(log_.loads, 1);
}

TEST_F(GtpTest, RandomLinesDoNoHarm) {
  Rng rng(5);
  std::vector<std::string> words = {"b",    "w",     "d3",      "pass", "1",        "-1", "99", "black",
                                    "name", "value", "Threads", "",     "interval", "\t", "#",  "true"};
  for (const Gtp::Command& command : Gtp::Commands()) {
    if (command.name != "quit" && command.name != "printsgf") words.emplace_back(command.name);
  }
  const auto word = [&] { return words[rng.Below(static_cast<std::uint32_t>(words.size()))]; };
  for (int i = 0; i < 4000; ++i) {
    std::string line = rng.Below(4) == 0 ? "17 " : "";
    for (std::uint32_t left = rng.Below(6); left > 0; --left) absl::StrAppend(&line, word(), " ");
    for (std::uint32_t bytes = rng.Below(3) == 0 ? rng.Below(6) : 0; bytes > 0; --bytes) line += static_cast<char>(rng.Below(256));
    ASSERT_TRUE(client_->Send(line)) << line;
  }
  client_->Send("");
  client_->Take();
  Ask("set_game othello");
  EXPECT_THAT(Ask("1 name"), "=1 Tandem\n");
}

}  // namespace
}  // namespace tandem
