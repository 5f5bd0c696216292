// K in a row on any board: connect_k, gomoku, tic_tac_toe and Connect Four of other sizes share one struct.
#include "engine/game/connect_k.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "engine/game/registry.h"
#include "tests/engine/games/replay.h"

namespace tandem {
namespace {

using testing::HasSubstr;

// Whether `stone` has a run that counts, by looking along every line from every cell.
bool HasRun(const std::string& cells, const ConnectKRules& rules, char stone) {
  const auto at = [&](int row, int col) {
    return row >= 0 && row < rules.rows && col >= 0 && col < rules.cols && cells[row * rules.cols + col] == stone;
  };
  for (int row = 0; row < rules.rows; ++row) {
    for (int col = 0; col < rules.cols; ++col) {
      for (const auto& [up, right] : {std::pair{0, 1}, {1, 0}, {1, 1}, {1, -1}}) {
        if (at(row - up, col - right)) continue;  // not the beginning of a run
        int n = 0;
        while (at(row + n * up, col + n * right)) ++n;
        if (rules.exact ? n == rules.k : n >= rules.k) return true;
      }
    }
  }
  return false;
}

struct Case {
  const char* spec;
  ConnectKRules rules;
};

class ConnectKRulesTest : public testing::TestWithParam<Case> {};

TEST_P(ConnectKRulesTest, EndsExactlyWhenALookAtAllLinesFindsARun) {
  const ConnectKRules& rules = GetParam().rules;
  const Game& game = GameNamed(GetParam().spec);
  Rng rng(1);
  for (int i = 0; i < 30; ++i) {
    const std::unique_ptr<State> state = game.NewState();
    std::string cells(rules.rows * rules.cols, '.');
    int num_stones = 0;
    while (!state->IsTerminal()) {
      std::vector<int> expected;
      for (int action = 0; action < (rules.gravity ? rules.cols : rules.rows * rules.cols); ++action) {
        if (cells[rules.gravity ? (rules.rows - 1) * rules.cols + action : action] == '.') expected.push_back(action);
      }
      ActionList legal;
      state->LegalActions(legal);
      ASSERT_EQ(std::vector<int>(legal.begin(), legal.end()), expected);
      const Action action = legal[rng.Below(legal.size())];
      int cell = action;
      while (rules.gravity && cells[cell] != '.') cell += rules.cols;
      cells[cell] = "xo"[state->ToMove()];
      ++num_stones;
      state->Apply(action);
      const int loses = rules.misere ? -1 : 1;
      const Outcome outcome = HasRun(cells, rules, 'x')                      ? static_cast<Outcome>(loses)
                              : HasRun(cells, rules, 'o')                    ? static_cast<Outcome>(-loses)
                              : num_stones == static_cast<int>(cells.size()) ? Outcome::kDraw
                                                                             : Outcome::kOngoing;
      ASSERT_EQ(state->GetOutcome(), outcome) << state->Draw();
      ASSERT_EQ((*game.StateFromText(state->ToText()))->GetOutcome(), outcome);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Rules, ConnectKRulesTest,
    testing::Values(Case{"tic_tac_toe", {.rows = 3, .cols = 3, .k = 3}}, Case{"gomoku:size=9", {.rows = 9, .cols = 9, .k = 5}},
                    Case{"gomoku:size=10,exact=true", {.rows = 10, .cols = 10, .k = 5, .exact = true}},
                    Case{"gomoku:size=15", {.rows = 15, .cols = 15, .k = 5}}, Case{"gomoku:size=20", {.rows = 20, .cols = 20, .k = 5}},
                    Case{"connect_four:rows=5,cols=4", {.rows = 5, .cols = 4, .k = 4, .gravity = true}},
                    Case{"connect_k:rows=8,cols=8,k=3,misere=true", {.rows = 8, .cols = 8, .k = 3, .gravity = true, .misere = true}},
                    Case{"connect_k:rows=3,cols=20,k=6,gravity=false", {.rows = 3, .cols = 20, .k = 6}},
                    Case{"connect_k:rows=20,cols=3,k=3,gravity=false", {.rows = 20, .cols = 3, .k = 3}},
                    Case{"connect_k:rows=9,cols=1,k=3,gravity=false", {.rows = 9, .cols = 1, .k = 3}},
                    Case{"connect_k:rows=4,cols=5,k=3,gravity=false,exact=true,misere=true",
                         {.rows = 4, .cols = 5, .k = 3, .exact = true, .misere = true}}),
    [](const auto& info) { return "Rules" + std::to_string(info.index); });

TEST(ConnectKTest, IsConnectFourOnItsBoard) {
  for (const auto& [fast_spec, general_spec] :
       {std::pair{"connect_four", "connect_k"}, {"connect_four:misere=true", "connect_k:misere=true"}}) {
    const Game& fast = GameNamed(fast_spec);
    const Game& general = GameNamed(general_spec);
    EXPECT_EQ(fast.Perft(*fast.NewState(), 7), general.Perft(*general.NewState(), 7));
    Rng rng(2);
    std::vector<float> planes(6 * 7 * 4), general_planes(6 * 7 * 4);
    for (int i = 0; i < 200; ++i) {
      const auto a = fast.NewState(), b = general.NewState();
      while (!a->IsTerminal()) {
        ASSERT_EQ(a->ToText(), b->ToText());
        ActionList legal, general_legal;
        a->LegalActions(legal);
        b->LegalActions(general_legal);
        ASSERT_TRUE(std::equal(legal.begin(), legal.end(), general_legal.begin(), general_legal.end()));
        a->WritePlanes(planes);
        b->WritePlanes(general_planes);
        ASSERT_EQ(planes, general_planes);
        const Action action = legal[rng.Below(legal.size())];
        a->Apply(action);
        b->Apply(action);
      }
      ASSERT_EQ(a->GetOutcome(), b->GetOutcome());
    }
  }
}

TEST(ConnectKTest, LongerRowsCountFreestyleOnly) {
  const std::vector<std::string> moves = {"a1", "a9", "b1", "c9", "c1", "e9", "e1", "g9", "f1", "i9", "d1"};
  EXPECT_EQ(Play(GameNamed("gomoku:size=9"), moves)->GetOutcome(), Outcome::kFirstWins);
  EXPECT_EQ(Play(GameNamed("gomoku:size=9,exact=true"), moves)->GetOutcome(), Outcome::kOngoing);
}

TEST(ConnectKTest, RunsDoNotWrapOverTheEdge) {
  EXPECT_EQ(Play(GameNamed("gomoku:size=9"), {"g1", "a9", "h1", "c9", "i1", "e9", "a2", "g9", "b2"})->GetOutcome(), Outcome::kOngoing);
}

TEST(ConnectKTest, RandomActionDrawsAllLegalMovesAlike) {
  Rng rng(9);
  for (const bool gravity : {false, true}) {
    ConnectK<1> position(ConnectKRules{.rows = 4, .cols = 5, .k = 5, .gravity = gravity});
    for (int i = 0; i < 4; ++i) position.Apply(static_cast<Action>(gravity ? 0 : 3 * i));
    ActionList legal;
    position.LegalActions(legal);
    std::vector<int> counts(legal.size());
    for (int i = 0; i < 4000 * legal.size(); ++i) ++counts[legal.Find(position.RandomAction(rng))];
    for (const int count : counts) EXPECT_NEAR(count, 4000, 400);
  }
}

// Stones thrown in one loop have the distribution of the game move by move.
TEST(ConnectKTest, PlayoutsEndLikeGamesMoveByMove) {
  for (const char* spec : {"tic_tac_toe", "tic_tac_toe:misere=true", "connect_k:rows=4,cols=6,k=4,gravity=false",
                           "connect_k:rows=5,cols=5,k=4", "connect_k:rows=4,cols=5,k=3,gravity=false,exact=true"}) {
    Rng rng(11);
    const std::unique_ptr<State> second = GameNamed(spec).NewState();
    second->Apply(1);
    constexpr int kGames = 10000;
    int fast[3] = {}, slow[3] = {};
    ActionList legal;
    for (int i = 0; i < kGames; ++i) {
      ++fast[static_cast<int>(second->Rollout(rng)) + 1];
      const std::unique_ptr<State> state = second->Clone();
      for (state->LegalActions(legal); !legal.empty(); state->LegalActions(legal)) state->Apply(legal[rng.Below(legal.size())]);
      ++slow[static_cast<int>(state->GetOutcome()) + 1];
    }
    for (int i = 0; i < 3; ++i) EXPECT_NEAR(fast[i], slow[i], 5 * std::sqrt(2.0 * kGames) / 2) << spec;
  }
}

TEST(ConnectKTest, APlayoutOfAFinishedGameGivesItsResult) {
  Rng rng(12);
  EXPECT_EQ(Play(GameNamed("tic_tac_toe"), {"a1", "b1", "a2", "b2", "a3"})->Rollout(rng), Outcome::kFirstWins);
  EXPECT_EQ(Play(GameNamed("tic_tac_toe:misere=true"), {"a1", "b1", "a2", "b2", "a3"})->Rollout(rng), Outcome::kSecondWins);
}

TEST(ConnectKTest, RefusesARunThatFitsNoBoardAndNamesTheGame) {
  const std::string message(FindGame("connect_k:rows=3,cols=3,k=4").status().message());
  EXPECT_THAT(message, HasSubstr("4 in a row do not fit"));
  EXPECT_FALSE(FindGame("connect_four:k=8").ok());
  EXPECT_FALSE(FindGame("gomoku:size=8").ok());
  EXPECT_FALSE(FindGame("gomoku:size=21").ok());
}

TEST(ConnectKTest, ColumnsHaveOneSpelling) {
  const auto state = GameNamed("connect_k:cols=12").NewState();
  EXPECT_EQ(*state->ParseAction("12"), 11);
  for (const char* text : {"0", "13", "01", "+1", " 1", "1 ", "a1", "", "112"}) EXPECT_FALSE(state->ParseAction(text).ok()) << text;
}

TEST(ConnectKTest, RefusesPositionsThatNoGameReaches) {
  const auto error = [](std::string_view spec, std::string_view text) {
    return std::string(GameNamed(spec).StateFromText(text).status().message());
  };
  EXPECT_THAT(error("connect_k:rows=2,cols=4", "x3/4 o"), HasSubstr("column 1, row 2 hangs"));
  EXPECT_THAT(error("gomoku:size=9", "9/9/9/9/9/9/9/9/xx7 o"), HasSubstr("2 stones x and 0 stones o"));
  EXPECT_THAT(error("gomoku:size=9", "9/9/9/9/9/9/9/9/xxxx1ooooo o"), HasSubstr("more than 9 cells"));
  EXPECT_THAT(error("gomoku:size=9", "9/9/9/9/9/9/9/xxxx1xxx1/1oooooo2 o"), HasSubstr("5 in a row"));
}

}  // namespace
}  // namespace tandem
