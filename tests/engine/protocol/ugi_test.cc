// UGI sessions, command by command. The brain is a toy.
#include "engine/protocol/ugi.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/protocol/front_end_client.h"
#include "tests/engine/protocol/toy_brain.h"

namespace tandem {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class UgiTest : public ::testing::Test {
 protected:
  ToyLog log_;
  FakeClock clock_;
  FrontEndClient client_{Protocol::kUgi, "tic_tac_toe", std::make_unique<ToyBrain>(&log_), clock_};
};

TEST_F(UgiTest, HandshakeEndsWithUgiok) {
  client_.Send("ugi");
  EXPECT_THAT(client_.Await("ugiok"), AllOf(Contains(StartsWith("id name Tandem")), Contains(StartsWith("option name Threads"))));
  EXPECT_EQ(client_.Ask("isready"), "info string thinks with a toy\nreadyok");
}

TEST_F(UgiTest, QuestionsAboutTheRulesAreAnswered) {
  client_.Send("position startpos");
  EXPECT_EQ(client_.Ask("query p1turn"), "response true");
  EXPECT_EQ(client_.Ask("query gameover"), "response false");
  EXPECT_EQ(client_.Ask("query result"), "response none");
  client_.Send("position startpos moves a1");
  EXPECT_EQ(client_.Ask("query p1turn"), "response false");
  client_.Send("position startpos moves a1 a2 b1 b2 c1");
  EXPECT_EQ(client_.Ask("query gameover"), "response true");
  EXPECT_EQ(client_.Ask("query result"), "response p1win");
  client_.Send("position startpos moves a1 a2 b1 b2 c3 c2");
  EXPECT_EQ(client_.Ask("query result"), "response p2win");
  client_.Send("position startpos moves a1 b1 c1 a2 b2 c2 b3 a3 c3");
  EXPECT_THAT(client_.Ask("query result"), testing::AnyOf("response draw", "response p1win"));
  EXPECT_THAT(client_.Ask("query weather"), HasSubstr("query 'weather' is unknown"));
}

TEST_F(UgiTest, ARefusedPositionIsAnsweredAsUnfinished) {
  client_.Send("position startpos moves a1 a1");
  client_.Take();
  EXPECT_THAT(client_.Ask("query gameover"), testing::EndsWith("response false"));
  client_.Send("go nodes 3");
  EXPECT_EQ(client_.Await("bestmove").back(), "bestmove (none)");
}

TEST_F(UgiTest, ClocksBelongToFirstAndSecondPlayer) {
  client_.Send("uginewgame");
  client_.Send("position startpos");
  client_.Send("go p1time 60000 p2time 1000");
  client_.Await("bestmove");
  client_.Send("position startpos moves a1");
  client_.Send("go p1time 60000 p2time 1000 p1inc 0 p2inc 0");
  client_.Await("bestmove");
  const std::vector<SearchLimits> plans = log_.Plans();
  EXPECT_GT(plans[0].time, absl::Seconds(1));
  EXPECT_LT(plans[1].time, absl::Seconds(1));
}

TEST_F(UgiTest, MovesAreInTheGamesOwnNotationUnderAnyName) {
  client_.Send("setoption name UCI_Variant value cfour");
  client_.Take();
  EXPECT_EQ(client_.Ask("moves"), "7 moves: 1 2 3 4 5 6 7");
}

TEST(ProtocolOfLineTest, TheFirstLineTellsWhatTheClientSpeaks) {
  for (const char* line : {"uci", " uci\r"}) EXPECT_EQ(ProtocolOfLine(line), Protocol::kUci) << line;
  EXPECT_EQ(ProtocolOfLine("ugi"), Protocol::kUgi);
  for (const char* line : {"protocol_version", "1 name", "list_commands", "boardsize 9", "7 quit", "known_command play"}) {
    EXPECT_EQ(ProtocolOfLine(line), Protocol::kGtp) << line;
  }
  for (const char* line : {"", "isready", "position startpos", "quit", "stop", "12", "hello"})
    EXPECT_EQ(ProtocolOfLine(line), std::nullopt);
}

}  // namespace
}  // namespace tandem
