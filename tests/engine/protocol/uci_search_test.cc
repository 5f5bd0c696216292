// Sessions with the real brain: tree search over random rollouts, no network.
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/rng.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/protocol/uci_client.h"

namespace tandem {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class UciSearchTest : public ::testing::TestWithParam<const char*> {
 protected:
  UciClient client_{GetParam(), NewNetworkBrain()};
};

// A random position of the game in play, as its moves; `legal` gets what may be played there.
std::string RandomMoves(const Game& game, Rng& rng, ActionList* legal, std::unique_ptr<State>* state) {
  std::string moves;
  *state = game.NewState();
  for (std::uint32_t left = rng.Below(16); left > 0; --left) {
    (*state)->LegalActions(*legal);
    const Action action = (*legal)[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal->size())))];
    std::unique_ptr<State> next = (*state)->Clone();
    next->Apply(action);
    if (next->IsTerminal()) break;
    absl::StrAppend(&moves, " ", (*state)->ActionText(action));
    *state = std::move(next);
  }
  (*state)->LegalActions(*legal);
  return moves;
}

TEST_P(UciSearchTest, EveryBestmoveIsLegalAndPondersOnALegalReply) {
  const Game& game = **FindGame(GetParam());
  Rng rng(1);
  ActionList legal;
  std::unique_ptr<State> state;
  for (int i = 0; i < 100; ++i) {
    client_.Send(absl::StrCat("position startpos moves", RandomMoves(game, rng, &legal, &state)));
    const std::string go = i % 3 == 0 ? "go nodes 50" : i % 3 == 1 ? "go nodes 1" : "go depth 2 nodes 200";
    const std::vector<std::string> lines = client_.Ask(go, "bestmove");
    const std::string best = UciClient::WordAfter(lines.back(), "bestmove");
    const absl::StatusOr<Action> action = state->ParseAction(best);
    ASSERT_TRUE(action.ok()) << lines.back();
    EXPECT_THAT(lines[lines.size() - 2], HasSubstr(absl::StrCat(" pv ", best)));
    const std::string reply = UciClient::WordAfter(lines.back(), "ponder");
    if (reply.empty()) continue;
    state->Apply(*action);
    EXPECT_TRUE(state->ParseAction(reply).ok()) << lines.back();
  }
}

TEST_P(UciSearchTest, NodesAreHonouredExactly) {
  for (const char* nodes : {"1", "2", "7", "64", "333"}) {
    client_.Send("ucinewgame");
    const std::vector<std::string> lines = client_.Ask(absl::StrCat("go nodes ", nodes), "bestmove");
    EXPECT_EQ(UciClient::WordAfter(lines[lines.size() - 2], "nodes"), nodes);
  }
}

TEST_P(UciSearchTest, ANewGameRepeatsExactly) {
  std::map<std::string, std::string> first;
  for (int game = 0; game < 2; ++game) {
    client_.Send("ucinewgame");
    client_.Ask("isready", "readyok");
    for (const char* go : {"go nodes 400", "go nodes 300", "go nodes 20"}) {
      const std::vector<std::string> lines = client_.Ask(go, "bestmove");
      const std::string& info = lines[lines.size() - 2];
      const std::string seen = absl::StrCat(lines.back(), info.substr(info.find(" score "), info.find(" nps ") - info.find(" score ")));
      if (game == 0) first[go] = seen;
      EXPECT_EQ(first[go], seen);
    }
  }
}

TEST_P(UciSearchTest, StopEndsAnInfiniteSearch) {
  client_.Send("go infinite");
  const std::vector<std::string> lines = client_.Ask("stop", "bestmove");
  EXPECT_GE(lines.size(), 2u);
}

INSTANTIATE_TEST_SUITE_P(Games, UciSearchTest, ::testing::Values("connect_four", "othello:size=6"),
                         [](const auto& info) { return info.index == 0 ? "ConnectFour" : "Othello"; });

TEST(UciMateTest, AWinIsCountedInMovesAndItsLineEndsTheGame) {
  UciClient client("tic_tac_toe", NewNetworkBrain());
  client.Send("position startpos moves a1 a2 b1 b2");  // c1 wins
  const std::vector<std::string> win = client.Ask("go mate 1", "bestmove");
  EXPECT_THAT(win[win.size() - 2], HasSubstr(" score mate 1 "));
  EXPECT_EQ(win.back(), "bestmove c1");
  client.Send("position startpos moves a1 a2 b1 b2 a3");  // c2 wins for the second player
  EXPECT_EQ(client.Ask("go mate 1", "bestmove").back(), "bestmove c2");
}

TEST(UciMateTest, ALossIsNegative) {
  UciClient client("tic_tac_toe", NewNetworkBrain());
  // x holds a1, c1 and a3 and threatens b1 and a2 at once: whatever o plays, x wins at his next move.
  client.Send("position startpos moves a1 b2 c1 c3 a3");
  const std::vector<std::string> lines = client.Ask("go nodes 5000", "bestmove");
  EXPECT_THAT(lines[lines.size() - 2], HasSubstr(" score mate -1 "));
}

TEST(UciNetworkTest, ANetworkThatCannotBeLoadedIsSaidAndRolloutsStandIn) {
  UciClient client("tic_tac_toe", NewNetworkBrain());
  client.Send("setoption name Run value no/such/run");
  const std::vector<std::string> lines = client.Ask("isready", "readyok");
  EXPECT_THAT(lines, Contains(StartsWith("info string no network: no/such/run")));
  EXPECT_THAT(lines, Contains("info string thinks with random rollouts, no network"));
  client.Send("position startpos moves a1 b2 b1");  // c1 is the one move that does not lose
  EXPECT_EQ(client.BestMove("go nodes 500"), "c1");
}

TEST(UciNetworkTest, NetworkOnlyMakesNoSearch) {
  UciClient client("tic_tac_toe", NewNetworkBrain());
  client.Send("setoption name NetworkOnly value true");
  const std::vector<std::string> lines = client.Ask("go nodes 1000", "bestmove");
  EXPECT_NE(UciClient::WordAfter(lines[lines.size() - 2], "nodes"), "1000");
}

}  // namespace
}  // namespace tandem
