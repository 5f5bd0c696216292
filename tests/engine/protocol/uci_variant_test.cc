// Games under the names that other programs have for them, with their positions and moves.
#include <array>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/protocol/toy_brain.h"
#include "tests/engine/protocol/uci_client.h"

namespace tandem {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class UciVariantTest : public ::testing::Test {
 protected:
  std::string Ask(const std::string& line) {
    client_.Take();
    client_.Send(line);
    const std::vector<std::string> lines = client_.Take();
    return lines.empty() ? "" : lines[0];
  }
  ToyLog log_;
  UciClient client_{"tic_tac_toe", std::make_unique<ToyBrain>(&log_)};
};

TEST_F(UciVariantTest, NamesAreOffered) {
  const std::vector<std::string> hello = client_.Ask("uci", "uciok");
  EXPECT_THAT(hello, Contains(AllOf(StartsWith("option name UCI_Variant type combo "), HasSubstr(" var cfour"), HasSubstr(" var flipello"),
                                    HasSubstr(" var tictactoe"), HasSubstr(" var connect_four"))));
}

TEST_F(UciVariantTest, ANameOfOthersIsAnsweredWithItsStartAndItsSize) {
  EXPECT_EQ(Ask("setoption name UCI_Variant value tictactoe"),
            "info string variant tictactoe files 3 ranks 3 pocket 9 template fairy startpos 3/3/3[PPPPPpppp] w - - 0 1");
  EXPECT_THAT(Ask("setoption name UCI_Variant value cfour"),
              AllOf(HasSubstr("variant cfour files 7 ranks 6 pocket 42"), HasSubstr("startpos 7/7/7/7/7/7[PPPPPPPPPPPPPPPPPPPPPppppp")));
  EXPECT_THAT(Ask("setoption name UCI_Variant value flipello"), HasSubstr("startpos 8/8/8/3pP3/3Pp3/8/8/8["));
  EXPECT_THAT(Ask("setoption name UCI_Variant value flipello6"), HasSubstr("startpos 6/6/2pP2/2Pp2/6/6["));
}

TEST_F(UciVariantTest, DropsInConnectFourNameTheSquareThatTheStoneLandsOn) {
  client_.Send("setoption name UCI_Variant value cfour");
  client_.Send("position startpos moves P@d1 P@d2 P@d3");
  EXPECT_EQ(Ask("moves"), "7 moves: P@a1 P@b1 P@c1 P@d4 P@e1 P@f1 P@g1");
  const std::vector<std::string> lines = client_.Ask("go nodes 5", "bestmove");
  EXPECT_THAT(UciClient::WordAfter(lines.back(), "bestmove"), StartsWith("P@"));
  EXPECT_THAT(UciClient::WordAfter(lines.back(), "ponder"), StartsWith("P@"));
  EXPECT_THAT(client_.Ask("position startpos moves P@d2", "info"), Contains(HasSubstr("position refused: move 1")));
  client_.Send("position startpos moves 4 4");
  EXPECT_THAT(Ask("moves"), HasSubstr("P@d3"));
}

TEST_F(UciVariantTest, OthelloCountsItsRanksFromTheBottom) {
  client_.Send("setoption name UCI_Variant value flipello");
  EXPECT_EQ(Ask("moves"), "4 moves: P@d6 P@c5 P@f4 P@e3");
  client_.Send("position fen 8/8/8/3pP3/3Pp3/8/8/8[PPPPpppp] w 0 1 moves P@d6");
  EXPECT_THAT(Ask("fen"), StartsWith("8/8/3P4/3PP3/3Pp3/8/8/8["));
}

TEST_F(UciVariantTest, APassMovesFromASquareToItself) {
  client_.Send("setoption name UCI_Variant value flipello6");
  // The second player's one disc has nothing to shut in; the first player can take it.
  client_.Send("position fen PPPPPP/PPPPPP/PPPPPP/PPPPPP/PPPPPP/PPPPp1[Pp] b - - 0 1");
  // Which square is the text's own business.
  const std::string moves = Ask("moves");
  ASSERT_EQ(moves.size(), std::string("1 move: a1a1").size()) << moves;
  const std::string written = moves.substr(8);
  EXPECT_EQ(written.substr(0, 2), written.substr(2));
  for (const char* pass : {"a1a1", "f1f1", "@@@@", "0000", "pass"}) {
    EXPECT_EQ(client_.BestMove(std::string("go nodes 3 searchmoves ") + pass), written) << pass;
  }
}

TEST_F(UciVariantTest, NamesOfOursKeepOurNotationUntilTheClientWritesDrops) {
  client_.Send("setoption name UCI_Variant value connect_four");
  EXPECT_EQ(Ask("moves"), "7 moves: 1 2 3 4 5 6 7");
  EXPECT_THAT(Ask("fen"), "7/7/7/7/7/7 x");
  client_.Send("position startpos moves P@d1");
  EXPECT_EQ(Ask("moves"), "7 moves: P@a1 P@b1 P@c1 P@d2 P@e1 P@f1 P@g1");
  client_.Send("setoption name UCI_Variant value connect_four");
  EXPECT_EQ(Ask("moves"), "7 moves: 1 2 3 4 5 6 7");
}

TEST_F(UciVariantTest, SearchmovesAndPerftSpeakTheVariantsLanguage) {
  client_.Send("setoption name UCI_Variant value tictactoe");
  EXPECT_EQ(client_.BestMove("go nodes 5 searchmoves P@b2"), "P@b2");
  EXPECT_THAT(client_.Ask("go perft 2", "Nodes"), Contains("P@b2: 8"));
}

TEST_F(UciVariantTest, ImpossiblePositionsAreNamedAndTheSessionGoesOn) {
  const std::vector<std::array<std::string, 3>> kCases = {
      {"chess", "4k3/8/8/8/8/8/8/3KK3 w - - 0 1", "2 white kings: expected 1"},
      {"chess", "4k3/8/8/8/8/8/8/4R2K w - - 0 1", "the side that is not to move, black, is in check"},
      {"chess", "4k3/8/8/8/8/8/8/4K3[P] w - - 0 1", "expected"},
      {"cfour", "7/7/7/7/7/7[Pp] w - - 0 1", "stones in hand: expected 21 to 42 of P, not 1"},
      {"tictactoe", "3/3/PP1[PPPpppp] w - - 0 1", "expected"},  // two stones against none
  };
  for (const auto& [variant, fen, why] : kCases) {
    client_.Send("setoption name UCI_Variant value " + variant);
    EXPECT_THAT(Ask("position fen " + fen), AllOf(StartsWith("info string position refused: "), HasSubstr(why))) << fen;
    EXPECT_EQ(client_.BestMove("go nodes 3"), "(none)");
    client_.Send("position startpos");
    EXPECT_NE(client_.BestMove("go nodes 3"), "(none)");
  }
}

TEST_F(UciVariantTest, MovesOfAnotherGameAreNamedAndTheSessionGoesOn) {
  for (const char* moves : {"e2e4", "D4", "4", "P@z9", "a1a2", "pass"}) {
    EXPECT_THAT(Ask(absl::StrCat("position startpos moves ", moves)), StartsWith("info string position refused: move 1: ")) << moves;
    EXPECT_EQ(client_.BestMove("go nodes 3"), "(none)");
  }
  client_.Send("position startpos moves b2");
  EXPECT_NE(client_.BestMove("go nodes 3"), "(none)");
}

TEST_F(UciVariantTest, UnknownNamesChangeNothing) {
  EXPECT_THAT(Ask("setoption name UCI_Variant value shatranj"), StartsWith("info string option UCI_Variant: "));
  EXPECT_EQ(Ask("moves"), "9 moves: a1 b1 c1 a2 b2 c2 a3 b3 c3");
}

TEST_F(UciVariantTest, Chess960IsTheSameGameForOthersThanChess) {
  client_.Send("setoption name UCI_Chess960 value true");
  EXPECT_EQ(Ask("moves"), "9 moves: a1 b1 c1 a2 b2 c2 a3 b3 c3");
  if (!FindGame("chess").ok()) GTEST_SKIP() << "no game chess";
  client_.Send("setoption name UCI_Variant value chess");
  client_.Send("position fen 4k3/8/8/8/8/8/8/4K2R w K - 0 1");
  client_.Take();
  EXPECT_THAT(Ask("moves"), HasSubstr(" e1h1"));
  client_.Send("setoption name UCI_Chess960 value false");
  client_.Send("position fen 4k3/8/8/8/8/8/8/4K2R w K - 0 1");
  EXPECT_THAT(Ask("moves"), HasSubstr(" e1g1"));
}

}  // namespace
}  // namespace tandem
