#include "tools/commands/play.h"

#include <sstream>

#include "engine/game/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

// What the terminal shows when `input` is typed.
std::string Play(const std::string& input, const std::string& agent = "random", int human = 0) {
  PlaySetup setup;
  setup.game = *FindGame("tic_tac_toe");
  setup.agent = agent;
  setup.human = human;
  std::istringstream in(input);
  std::ostringstream out;
  const absl::Status status = PlayInTerminal(setup, in, out);
  EXPECT_TRUE(status.ok()) << status;
  return out.str();
}

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(PlayTest, EndOfInputAndQuitLeave) {
  EXPECT_THAT(Play(""), EndsWith("Bye.\n"));
  const std::string shown = Play("quit\nb2\n");
  EXPECT_THAT(shown, EndsWith("Bye.\n"));
  EXPECT_THAT(shown, Not(HasSubstr("last move")));
}

TEST(PlayTest, MovesAreAnsweredAndTheLastOneNamed) {
  EXPECT_THAT(Play("b2\n"), AllOf(HasSubstr("last move: b2 (you)"), HasSubstr("random plays "), HasSubstr(" (random)\n")));
  EXPECT_THAT(Play("", "random", 1), HasSubstr("random plays "));
}

TEST(PlayTest, BadInputIsExplainedInOneLineAndAskedAgain) {
  const std::string shown = Play("zz9\nb2 c3\nb2\nb2\n");
  EXPECT_THAT(shown, HasSubstr("(moves lists what is legal, help the commands)\nyour move> "));
  EXPECT_THAT(shown, HasSubstr("One word at a time"));
  EXPECT_EQ(Count(shown, "last move: b2 (you)"), 1);
}

TEST(PlayTest, CommandsExplainThemselves) {
  EXPECT_THAT(Play("help\nmoves\n"), AllOf(HasSubstr("undo"), HasSubstr("a1 b1 c1 a2 b2 c2 a3 b3 c3\n")));
}

TEST(PlayTest, UndoTakesBackTheLastPairOfMoves) {
  EXPECT_THAT(Play("undo\n"), HasSubstr("You have not moved yet."));
  const std::string shown = Play("b2\nundo\nmoves\n");
  EXPECT_THAT(shown, HasSubstr("a1 b1 c1 a2 b2 c2 a3 b3 c3\n"));
}

TEST(PlayTest, HintShowsTheAgentsThoughts) {
  const std::string shown = Play("hint\nb2\n", "uct:sims=200");
  EXPECT_THAT(shown, AllOf(HasSubstr("visits"), HasSubstr("win ")));
  EXPECT_THAT(Play("hint\n"), HasSubstr("It would play "));
}

TEST(PlayTest, AFinishedGameSaysWhoWonAndStartsAnew) {
  // Trying every cell in turn fills the board, whatever the opponent does; what is taken or comes too late is refused.
  const std::string shown = Play("a1\na2\na3\nb1\nb2\nb3\nc1\nc2\nc3\nnew\n");
  EXPECT_EQ(Count(shown, "Game over: "), 1);
  EXPECT_THAT(shown, HasSubstr("new, undo or quit> "));
}

TEST(PlayTest, TheSameSeedPlaysTheSameGame) { EXPECT_EQ(Play("b2\na1\nc1\na2\n"), Play("b2\na1\nc1\na2\n")); }

TEST(PlayTest, AnUnknownAgentIsAnError) {
  PlaySetup setup;
  setup.game = *FindGame("tic_tac_toe");
  setup.agent = "nobody";
  std::istringstream in;
  std::ostringstream out;
  EXPECT_TRUE(absl::IsInvalidArgument(PlayInTerminal(setup, in, out)) || absl::IsNotFound(PlayInTerminal(setup, in, out)));
}

}  // namespace
}  // namespace tandem
