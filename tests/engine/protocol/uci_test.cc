// A session, case by case: what clients send and what must come back. The brain is a toy.
#include "engine/protocol/uci.h"

#include <set>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/protocol/toy_brain.h"
#include "tests/engine/protocol/uci_client.h"

namespace tandem {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class UciTest : public ::testing::Test {
 protected:
  std::string TextOfPosition() {
    client_.Take();
    client_.Send("fen");
    return client_.Take().at(0);
  }

  ToyLog log_;
  FakeClock clock_;
  UciClient client_{"tic_tac_toe", std::make_unique<ToyBrain>(&log_), clock_};
};

// x has won: a1 b1 c1.
constexpr char kOver[] = "position startpos moves a1 a2 b1 b2 c1";

TEST_F(UciTest, HandshakeNamesItselfAndItsOptionsBeforeAnythingIsLoaded) {
  const std::vector<std::string> hello = client_.Ask("uci", "uciok");
  for (const char* need :
       {"id name Tandem", "id author ", "option name Threads type spin default 1 min 1", "option name Hash type spin",
        "option name MultiPV type spin default 1 min 1 max 500", "option name UCI_Variant type combo default tic_tac_toe",
        "option name Ponder type check default false", "option name Run type string default <empty>", "option name Clear Hash type button",
        "option name Cpuct type string default 1"}) {
    EXPECT_THAT(hello, Contains(StartsWith(need)));
  }
  EXPECT_EQ(log_.loads, 0);
}

TEST_F(UciTest, IsreadyLoadsTheNetworkAndIsAnsweredEvenWhenThatFails) {
  log_.load_fails = true;
  client_.Send("setoption name WeightsFile value none.safetensors");
  EXPECT_EQ(log_.loads, 0);
  EXPECT_THAT(client_.Ask("isready", "readyok"), Contains("info string none.safetensors: no such file"));
  EXPECT_EQ(log_.loads, 1);
  client_.Ask("isready", "readyok");
  EXPECT_EQ(log_.loads, 1);
  EXPECT_NE(client_.BestMove("go nodes 1"), "");
}

TEST_F(UciTest, ReadyokComesWhileSearching) {
  client_.Send("go infinite");
  client_.Await("info depth");
  const std::vector<std::string> lines = client_.Ask("isready", "readyok");
  EXPECT_EQ(UciClient::Count(lines, "bestmove"), 0);
  client_.Ask("stop", "bestmove");
}

TEST_F(UciTest, ANewGameLoadsTheNetworkBeforeItsFirstClockRuns) {
  client_.Send("ucinewgame");
  EXPECT_EQ(log_.loads, 1);
  client_.BestMove("go nodes 1");
  EXPECT_EQ(log_.loads, 1);
}

TEST_F(UciTest, StrengthIsLimitedBySimulationsExceptInAnalysis) {
  client_.Send("setoption name UCI_Elo value 1100");
  client_.BestMove("go nodes 100000");
  EXPECT_EQ(log_.Plans()[0].simulations, 100000);
  client_.Send("setoption name UCI_LimitStrength value true");
  client_.BestMove("go movetime 1000");
  EXPECT_EQ(log_.Plans()[1].simulations, 64);
  client_.BestMove("go nodes 3");
  EXPECT_EQ(log_.Plans()[2].simulations, 3);
  client_.BestMove("go");
  EXPECT_EQ(log_.Plans()[3].simulations, 64);
  client_.Send("setoption name UCI_AnalyseMode value true");
  client_.BestMove("go nodes 100000");
  EXPECT_EQ(log_.Plans()[4].simulations, 100000);
}

TEST_F(UciTest, MoveStatsComeBeforeTheLastLineWithTheBestMoveLast) {
  client_.Send("setoption name VerboseMoveStats value true");
  const std::vector<std::string> lines = client_.Ask("go nodes 20", "bestmove");
  ASSERT_GE(lines.size(), 12u);
  EXPECT_THAT(lines[lines.size() - 2], StartsWith("info depth"));
  EXPECT_THAT(lines[lines.size() - 3], AllOf(StartsWith("info string node"), HasSubstr("(Q: ")));
  EXPECT_THAT(lines[lines.size() - 4], AllOf(StartsWith("info string " + UciClient::WordAfter(lines.back(), "bestmove") + " "),
                                             HasSubstr(" N: "), HasSubstr("(P: "), HasSubstr("(V: ")));
}

TEST_F(UciTest, FirstGoLoadsTheNetworkWhenIsreadyNeverCame) {
  client_.BestMove("go nodes 1");
  EXPECT_EQ(log_.loads, 1);
}

TEST_F(UciTest, WordsBeforeACommandAreSkippedAndUnknownOnesIgnored) {
  for (const char* line : {"joho", "", "   ", "\t", "xyz abc", "register later"}) client_.Send(line);
  EXPECT_THAT(client_.Take(), IsEmpty());
  client_.Send("joho debug on");
  EXPECT_THAT(client_.Ask("xyz", "info"), Contains("info string unknown command 'xyz'"));
  EXPECT_THAT(client_.Ask("\t isready \r", "readyok"), Contains("readyok"));
}

TEST_F(UciTest, BadOptionsAreSaidAndIgnored) {
  client_.Send("setoption name Threads value abc");
  EXPECT_THAT(client_.Take(), ElementsAre("info string option Threads: 'abc' is not a whole number from 1 to 1024"));
  client_.Send("setoption name No Such Thing value 1");
  EXPECT_THAT(client_.Take(), ElementsAre("info string no option 'No Such Thing'"));
  client_.Send("setoption");
  EXPECT_THAT(client_.Take(), ElementsAre(StartsWith("info string setoption: expected")));
}

TEST_F(UciTest, OptionsWaitForTheEndOfTheSearch) {
  client_.Send("go infinite");
  client_.Await("info depth");
  client_.Send("setoption name MultiPV value 3");
  client_.Send("setoption name Threads value zero");
  EXPECT_THAT(client_.Ask("stop", "bestmove"), Not(Contains(HasSubstr("multipv 2"))));
  EXPECT_THAT(client_.Ask("isready", "readyok"), Contains(HasSubstr("option Threads: 'zero'")));
  const std::vector<std::string> lines = client_.Ask("go nodes 1", "bestmove");
  EXPECT_THAT(lines, Contains(HasSubstr(" multipv 3 ")));
}

TEST_F(UciTest, GoBeforeAnyPositionSearchesTheStart) {
  const std::vector<std::string> lines = client_.Ask("go nodes 20", "bestmove");
  EXPECT_EQ(UciClient::WordAfter(lines[lines.size() - 2], "nodes"), "20");
}

TEST_F(UciTest, GoWithoutLimitsLastsUntilStop) {
  client_.Send("go");
  client_.Await("info depth");
  EXPECT_TRUE(log_.Plans()[0].infinite);
  client_.Ask("stop", "bestmove");
}

TEST_F(UciTest, GoWithoutLimitsTakesTheDefaultNumberOfSimulationsWhenThereIsOne) {
  client_.Send("setoption name Simulations value 123");
  client_.BestMove("go");
  EXPECT_EQ(log_.Plans()[0].simulations, 123);
}

TEST_F(UciTest, InfiniteWaitsForStopEvenWhenTheGameIsOver) {
  client_.Send(kOver);
  client_.Send("go infinite");
  EXPECT_THAT(client_.Ask("isready", "readyok"), Not(Contains(StartsWith("bestmove"))));
  EXPECT_THAT(client_.Ask("stop", "bestmove"), ElementsAre("info depth 0 score mate 0", "bestmove (none)"));
}

TEST_F(UciTest, PonderingEndsOnlyWithPonderhitOrStop) {
  client_.Send("go ponder nodes 10");
  log_.AwaitPlansEnded(1);
  EXPECT_THAT(client_.Ask("isready", "readyok"), Not(Contains(StartsWith("bestmove"))));
  client_.Ask("ponderhit", "bestmove");
  EXPECT_THAT(log_.Plans(), SizeIs(1));  // its own limit had been met
  client_.Send("go ponder nodes 10");
  client_.Ask("stop", "bestmove");
  client_.Send("ponderhit");
  client_.Send("stop");
  EXPECT_EQ(UciClient::Count(client_.Ask("isready", "readyok"), "bestmove"), 0);
}

TEST_F(UciTest, TheClockStartsAtPonderhit) {
  client_.Send("go ponder wtime 60000 btime 60000");
  client_.Await("info depth");
  EXPECT_TRUE(log_.Plans()[0].infinite);
  EXPECT_EQ(log_.Plans()[0].time, absl::InfiniteDuration());
  clock_.Advance(absl::Seconds(1000));
  client_.Ask("ponderhit", "bestmove");
  ASSERT_THAT(log_.Plans(), SizeIs(2));
  const absl::Duration pondered = log_.Plans()[1].time;
  EXPECT_FALSE(log_.Plans()[1].infinite);
  client_.BestMove("go wtime 60000 btime 60000");
  EXPECT_EQ(log_.Plans()[2].time, pondered);
}

TEST_F(UciTest, IdleStopAndSecondStopSayNothing) {
  client_.Send("stop");
  EXPECT_EQ(UciClient::Count(client_.Ask("isready", "readyok"), "bestmove"), 0);
  client_.Send("go infinite");
  client_.Send("stop");
  client_.Send("stop");
  client_.Await("bestmove");
  EXPECT_EQ(UciClient::Count(client_.Ask("isready", "readyok"), "bestmove"), 0);
}

TEST_F(UciTest, AStopIsAnsweredOnceEvenWhenTheSearchDoesNotHearIt) {
  const auto set_deaf = [this](bool deaf) {
    absl::MutexLock lock(&log_.mutex);
    log_.hears_no_stop = deaf;
  };
  for (const char* go : {"go infinite", "go ponder wtime 1000 btime 1000"}) {
    client_.Ask("isready", "readyok");
    set_deaf(true);
    const int plans_ended = log_.plans_ended;
    client_.Send(go);
    const std::string line = client_.Await("info").back();
    const std::string best = client_.Ask("stop", "bestmove").back();
    EXPECT_EQ(UciClient::WordAfter(best, "bestmove"), UciClient::WordAfter(line, "pv")) << "what it had said last";
    EXPECT_EQ(log_.plans_ended, plans_ended) << "it still thinks";
    client_.Send("stop");
    set_deaf(false);
    EXPECT_EQ(UciClient::Count(client_.Ask("isready", "readyok"), "bestmove"), 0);
    EXPECT_EQ(UciClient::Count(client_.Ask("go nodes 5", "bestmove"), "bestmove"), 1);
    EXPECT_EQ(UciClient::Count(client_.Ask("isready", "readyok"), "bestmove"), 0);
  }
}

TEST_F(UciTest, APositionThatComesWhileSearchingStillGetsTheOwedBestmove) {
  for (const char* next : {"position startpos moves a1", "ucinewgame", "go nodes 3"}) {
    client_.Send("go infinite");
    client_.Send(next);
    client_.Await("bestmove");
  }
  client_.Await("bestmove");  // of "go nodes 3"
  EXPECT_EQ(UciClient::Count(client_.Ask("isready", "readyok"), "bestmove"), 0);
}

TEST_F(UciTest, BestmoveIsTheFirstMoveOfTheLastLineAndPonderFollowsIt) {
  const std::vector<std::string> lines = client_.Ask("go nodes 5", "bestmove");
  const std::string& info = lines[lines.size() - 2];
  const std::string best = UciClient::WordAfter(lines.back(), "bestmove");
  EXPECT_THAT(info, HasSubstr(" pv " + best + " " + UciClient::WordAfter(lines.back(), "ponder")));
  for (const char* field : {"depth", "seldepth", "multipv", "nodes", "nps", "hashfull", "time"}) {
    EXPECT_NE(UciClient::WordAfter(info, field), "") << field;
  }
}

TEST_F(UciTest, LinesThatWereShownAreNotShownAgainAtTheEnd) {
  client_.Ask("isready", "readyok");
  EXPECT_THAT(client_.Ask("go nodes 5", "bestmove"), SizeIs(2));
}

TEST_F(UciTest, BestmoveThatEndsTheGameHasNoPonderMove) {
  client_.Send("position startpos moves a1 b1 c1 a2 b2 c2 b3 a3");  // only c3 is left, and it ends the game
  const std::vector<std::string> lines = client_.Ask("go nodes 5", "bestmove");
  EXPECT_EQ(lines.back(), "bestmove c3");
}

TEST_F(UciTest, NoLegalMoveGivesNone) {
  client_.Send(kOver);
  EXPECT_THAT(client_.Ask("go nodes 10", "bestmove"), ElementsAre("info depth 0 score mate 0", "bestmove (none)"));
}

TEST_F(UciTest, PositionsThatAreRefusedAreNotSearched) {
  for (const char* line : {"position startpos moves zz99", "position startpos moves a1 a1", "position fen total nonsense", "position",
                           "position fen", "position somewhere"}) {
    client_.Send(line);
    EXPECT_THAT(client_.Take(), Contains(HasSubstr("position"))) << line;
    EXPECT_EQ(client_.BestMove("go nodes 10"), "(none)") << line;
  }
  client_.Send("position startpos moves");
  EXPECT_NE(client_.BestMove("go nodes 10"), "(none)");
}

TEST_F(UciTest, PositionsComeFromTextToo) {
  client_.Send("position startpos moves b2 a1");
  const std::string text = TextOfPosition();
  client_.Send("position fen " + text + " moves c3");
  EXPECT_THAT(client_.Ask("moves", "6"), Contains("6 moves: b1 c1 a2 c2 a3 b3"));
}

TEST_F(UciTest, SearchmovesIsObeyed) {
  for (const char* go : {"go searchmoves a1 c3 nodes 5", "go nodes 5 searchmoves a1 c3", "go searchmoves a1 zz c3"}) {
    client_.Send(go);
    EXPECT_THAT(UciClient::WordAfter(client_.Ask("stop", "bestmove").back(), "bestmove"), AnyOf("a1", "c3"));
  }
  client_.Send("setoption name MultiPV value 9");
  EXPECT_THAT(client_.Ask("go nodes 5 searchmoves a1", "bestmove"), Not(Contains(HasSubstr("multipv 2"))));
}

TEST_F(UciTest, SearchmovesWithoutALegalOneIsAnErrorAndNotAFullSearch) {
  const std::vector<std::string> lines = client_.Ask("go nodes 5 searchmoves x9 y8", "bestmove");
  EXPECT_THAT(lines, Contains(HasSubstr("none of x9 y8 is a legal move here")));
  EXPECT_EQ(lines.back(), "bestmove (none)");
}

TEST_F(UciTest, ClocksBecomeTimes) {
  const auto time = [this](const std::string& go) {
    EXPECT_NE(client_.BestMove(go), "(none)") << go;
    return log_.Plans().back().time;
  };
  for (const char* go : {"go wtime 1", "go wtime -20 btime -20", "go wtime 0", "go movetime 1", "go movetime 0", "go movetime -5"}) {
    EXPECT_EQ(time(go), absl::Milliseconds(1)) << go;
  }
  // The side to move is white; the other clock stands in for his.
  EXPECT_EQ(time("go wtime 100"), time("go btime 100"));
  EXPECT_EQ(time("go wtime 10000 btime 5"), time("go wtime 10000"));
  EXPECT_LE(time("go wtime 1000 movestogo 1"), absl::Milliseconds(970));
  EXPECT_GT(time("go wtime 1000 movestogo 1"), time("go wtime 1000"));
  EXPECT_EQ(time("go wtime 1000 movestogo 0"), time("go wtime 1000"));
  EXPECT_LT(time("go winc 1000"), absl::Seconds(1));
  EXPECT_EQ(time("go movetime 300"), absl::Milliseconds(270));
  EXPECT_EQ(time("go movetime 300 wtime 1"), absl::Milliseconds(1));
  EXPECT_EQ(time("go nodes 100 movetime 200"), absl::Milliseconds(170));
  EXPECT_EQ(log_.Plans().back().simulations, 100);
}

TEST_F(UciTest, SmallestLimitsStillSearch) {
  for (const char* go : {"go nodes 0", "go nodes 1", "go nodes -3", "go depth 0", "go depth 1", "go mate 0"}) {
    EXPECT_NE(client_.BestMove(go), "(none)") << go;
  }
  EXPECT_EQ(log_.Plans()[0].simulations, 1);
  EXPECT_EQ(log_.Plans()[3].depth, 1);
}

TEST_F(UciTest, MultipvShowsDistinctLinesInOrderAndNoMoreThanThereAreMoves) {
  client_.Send("setoption name multipv value 500");
  client_.Send("position startpos moves a1");
  std::vector<std::string> lines = client_.Ask("go nodes 5", "bestmove");
  lines.pop_back();
  ASSERT_GE(lines.size(), 8u);
  std::set<std::string> moves;
  for (int i = 1; i <= 8; ++i) {
    const std::string& line = lines[lines.size() - 9 + i];
    EXPECT_EQ(UciClient::WordAfter(line, "multipv"), std::to_string(i));
    EXPECT_TRUE(moves.insert(UciClient::WordAfter(line, "pv")).second);
  }
}

TEST_F(UciTest, WinDrawLossIsShownWhenAsked) {
  EXPECT_THAT(client_.Ask("go nodes 5", "bestmove"), Each(Not(HasSubstr(" wdl "))));
  client_.Send("setoption name UCI_ShowWDL value true");
  EXPECT_THAT(client_.Ask("go nodes 5", "bestmove"), Contains(HasSubstr(" wdl 0 1000 0 ")));
}

TEST_F(UciTest, ANewGameRepeatsExactly) {
  std::vector<std::vector<std::string>> seen;
  for (int game = 0; game < 2; ++game) {
    client_.Send("ucinewgame");
    client_.Ask("isready", "readyok");
    client_.Send("position startpos moves b2");
    seen.push_back(client_.Ask("go nodes 400", "bestmove"));
    EXPECT_EQ(log_.planners, game + 1);
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(log_.clears, 2);
}

TEST_F(UciTest, APlannerIsKeptFromMoveToMoveForItsTree) {
  client_.BestMove("go nodes 4");
  client_.Send("position startpos moves a1 b1");
  client_.BestMove("go nodes 4");
  EXPECT_EQ(log_.planners, 1);
}

TEST_F(UciTest, AFailedSearchSaysWhyAndStillMoves) {
  client_.Ask("isready", "readyok");
  log_.fail_next_plan = true;
  const std::vector<std::string> lines = client_.Ask("go nodes 5", "bestmove");
  EXPECT_THAT(lines, Contains("info string search failed: the network gave NaN"));
  EXPECT_THAT(lines.back(), Not(HasSubstr("none")));
}

TEST_F(UciTest, VariantsChangeTheGame) {
  client_.Send("setoption name UCI_Variant value othello:size=6");
  EXPECT_THAT(client_.Take(), Contains(StartsWith("info string variant othello:size=6 files 6 ranks 6 pocket 0 template fairy startpos ")));
  EXPECT_THAT(client_.Ask("moves", "4"), Contains(StartsWith("4 moves:")));
  EXPECT_THAT(client_.Ask("isready", "readyok"), Contains("readyok"));
}

TEST_F(UciTest, PerftCountsByFirstMove) {
  EXPECT_THAT(client_.Ask("go perft 1", "Nodes"), AllOf(Contains("b2: 1"), Contains("Nodes searched: 9")));
  EXPECT_THAT(client_.Ask("go perft 4", "Nodes"), AllOf(Contains("b2: 336"), Contains("Nodes searched: 3024")));
}

TEST_F(UciTest, EvalShowsTheRawOpinion) {
  const std::vector<std::string> lines = client_.Ask("eval", "info string eval b2");
  EXPECT_THAT(lines, Contains("info string eval win 50.0% draw 25.0% loss 25.0% score cp 89"));
  EXPECT_THAT(lines.back(), EndsWith("prior 11.11%"));
}

TEST_F(UciTest, DShowsBoardAndText) { EXPECT_THAT(client_.Ask("d", "Key:"), Contains(StartsWith("Fen: "))); }

TEST(UciRunTest, QuitAndEndOfInputEndASearchWithItsBestmove) {
  for (const char* script : {"go infinite\nquit\ngo nodes 1\n", "go infinite\n", "go ponder", "isready\r\ngo infinite\r\n"}) {
    ToyLog log;
    UciClient client("tic_tac_toe", std::make_unique<ToyBrain>(&log));
    std::istringstream input(script);
    RunFrontEnd(client.uci(), input);
    EXPECT_EQ(UciClient::Count(client.Take(), "bestmove"), 1) << script;
  }
}

}  // namespace
}  // namespace tandem
