// Vertices, colours, handicaps and clocks of GTP.
#include "engine/protocol/gtp_board.h"

#include <set>

#include "engine/game/registry.h"
#include "engine/protocol/gtp_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(GtpSpecTest, OptionsAreReadAndReplaced) {
  EXPECT_EQ(SpecOption("go:size=9,komi=6.5", "komi"), "6.5");
  EXPECT_EQ(SpecOption("go:size=9", "komi"), std::nullopt);
  EXPECT_EQ(SpecOption("go", "komi"), std::nullopt);
  EXPECT_EQ(SpecWith("go", "size", "9"), "go:size=9");
  EXPECT_EQ(SpecWith("go:size=9,komi=6.5", "size", "13"), "go:komi=6.5,size=13");
  EXPECT_EQ(SpecWith("go:size=9", "size", std::nullopt), "go");
}

TEST(GtpHandicapTest, PointsAreThoseOfTheProtocol) {
  EXPECT_THAT(FixedHandicap(19, 2), ElementsAre("D4", "Q16"));
  EXPECT_THAT(FixedHandicap(19, 5), ElementsAre("D4", "Q16", "Q4", "D16", "K10"));
  EXPECT_THAT(FixedHandicap(9, 4), ElementsAre("C3", "G7", "G3", "C7"));
  EXPECT_THAT(FixedHandicap(13, 7), ElementsAre("D4", "K10", "K4", "D10", "D7", "K7", "G7"));
  EXPECT_THAT(FixedHandicap(19, 9), SizeIs(9));
  for (const auto& [size, num_stones] : {std::pair(19, 10), {19, 1}, {19, 0}, {8, 5}, {7, 5}, {5, 2}}) {
    EXPECT_THAT(FixedHandicap(size, num_stones), IsEmpty()) << size << " " << num_stones;
  }
  const std::vector<std::string> nine = FixedHandicap(19, 9);
  EXPECT_THAT(std::set<std::string>(nine.begin(), nine.end()), SizeIs(9));
}

TEST(GtpColorTest, BlackIsFirstExceptWhereWhiteIs) {
  const Game& othello = **FindGame("othello");
  EXPECT_EQ(ParseColor(othello, "b"), 0);
  EXPECT_EQ(ParseColor(othello, "WHITE"), 1);
  EXPECT_EQ(ParseColor(othello, "x"), std::nullopt);
  EXPECT_EQ(ColorLetter(othello, 0), 'B');
  if (const auto breakthrough = FindGame("breakthrough"); breakthrough.ok()) {
    EXPECT_EQ(ParseColor(**breakthrough, "white"), 0);
    EXPECT_EQ(ColorLetter(**breakthrough, 0), 'W');
  }
}

TEST(GtpVertexTest, GomokuSkipsTheLetterI) {
  const auto gomoku = FindGame("gomoku");
  if (!gomoku.ok()) GTEST_SKIP() << "no game gomoku";
  const std::unique_ptr<State> state = (*gomoku)->NewState();
  const Action action = *state->ParseAction("i9");
  EXPECT_EQ(VertexText(**gomoku, *state, action), "J9");
  EXPECT_EQ(*ParseVertex(**gomoku, *state, "j9"), action);
  EXPECT_FALSE(ParseVertex(**gomoku, *state, "i9").ok());
  EXPECT_EQ(*ParseVertex(**gomoku, *state, "H9"), *state->ParseAction("h9"));
}

TEST(GtpVertexTest, HexKeepsTheLetterI) {
  const auto hex = FindGame("hex:size=11");
  if (!hex.ok()) GTEST_SKIP() << "no game hex";
  const std::unique_ptr<State> state = (*hex)->NewState();
  EXPECT_EQ(*ParseVertex(**hex, *state, "I9"), *state->ParseAction("i9"));
}

TEST(GtpVertexTest, CellsHaveTheTextOfTheMovesToThem) {
  for (const char* spec : {"go:size=13", "gomoku", "hex:size=11", "othello", "tic_tac_toe"}) {
    const Game& game = **FindGame(spec);
    const std::unique_ptr<State> state = game.NewState();
    ActionList legal;
    state->LegalActions(legal);
    for (const Action action : legal) {
      if (action == game.facts().cells()) continue;  // pass
      EXPECT_EQ(CellVertex(game, action), VertexText(game, *state, action)) << spec;
    }
  }
}

class GtpGoTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!FindGame("go:size=9").ok()) GTEST_SKIP() << "no game go";
    game_ = std::make_unique<GtpGame>(**FindGame("go:size=9"));
  }
  std::unique_ptr<GtpGame> game_;
};

TEST_F(GtpGoTest, ColoursComeInAnyOrder) {
  for (const char* vertex : {"C3", "d4", "E5"}) EXPECT_TRUE(game_->Play(0, vertex).ok());
  EXPECT_EQ(game_->state().ToMove(), 1);
  EXPECT_EQ((*game_->StateFor(0))->ToMove(), 0);
  EXPECT_TRUE(game_->Play(1, "F6").ok());
  EXPECT_TRUE(game_->Play(1, "G7").ok());
  EXPECT_FALSE(game_->Play(1, "C3").ok());
  EXPECT_EQ(game_->num_moves(), 5);
}

TEST_F(GtpGoTest, TwoPassesEndTheGameAndAStoneGoesOnWithIt) {
  EXPECT_TRUE(game_->Play(0, "C3").ok());
  EXPECT_TRUE(game_->Play(1, "PASS").ok());
  EXPECT_FALSE(game_->state().IsTerminal());
  EXPECT_TRUE(game_->Play(0, "pass").ok());
  EXPECT_TRUE(game_->state().IsTerminal());
  EXPECT_TRUE(game_->Play(1, "D4").ok());
  EXPECT_FALSE(game_->state().IsTerminal());
  EXPECT_EQ(game_->state().ToMove(), 0);
  EXPECT_TRUE(game_->Undo());
  EXPECT_TRUE(game_->state().IsTerminal());
}

TEST_F(GtpGoTest, AHandicapIsBlacksAndWhiteMovesNext) {
  EXPECT_TRUE(game_->PlaceHandicap(FixedHandicap(9, 3)).ok());
  EXPECT_EQ(game_->state().ToMove(), 1);
  EXPECT_FALSE(game_->Undo());
  EXPECT_FALSE(game_->PlaceHandicap(FixedHandicap(9, 2)).ok());
  EXPECT_FALSE(GtpGame(game_->game()).PlaceHandicap({"C3", "C3"}).ok());
}

TEST(GtpClockTest, NoLimitsUntilSet) {
  GtpClock clock;
  SearchRequest request;
  clock.Limit(0, &request);
  EXPECT_FALSE(request.HasClock());
  clock.Set(absl::ZeroDuration(), absl::Seconds(5), 0);
  EXPECT_FALSE(clock.limited());
}

TEST(GtpClockTest, MainTimeRunsIntoPeriods) {
  GtpClock clock;
  clock.Set(absl::Seconds(60), absl::Seconds(30), 3);
  SearchRequest request;
  clock.Limit(1, &request);
  EXPECT_EQ(request.remaining[1], absl::Seconds(60));
  EXPECT_EQ(request.increment[1], absl::Seconds(10));
  clock.Spend(1, absl::Seconds(65));
  request = {};
  clock.Limit(1, &request);
  EXPECT_EQ(request.remaining[1], absl::Seconds(25));
  EXPECT_EQ(request.moves_to_go, 3);
  for (int i = 0; i < 3; ++i) clock.Spend(1, absl::Seconds(5));
  request = {};
  clock.Limit(1, &request);
  EXPECT_EQ(request.remaining[1], absl::Seconds(30));
  clock.Tell(1, absl::Seconds(7), 2);
  request = {};
  clock.Limit(1, &request);
  EXPECT_EQ(request.remaining[1], absl::Seconds(7));
  EXPECT_EQ(request.moves_to_go, 2);
  clock.Reset();
  request = {};
  clock.Limit(1, &request);
  EXPECT_EQ(request.remaining[1], absl::Seconds(60));
}

}  // namespace
}  // namespace tandem
