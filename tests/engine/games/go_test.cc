#include "engine/games/go/go.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/game/adapter.h"
#include "engine/game/board_text.h"
#include "engine/game/conformance.h"
#include "engine/game/registry.h"
#include "tests/engine/games/go_states.h"
#include "tests/engine/games/slow_go.h"

namespace tandem {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string ErrorOf(std::string_view spec, std::string_view text) {
  return std::string(GameNamed(spec).StateFromText(text).status().message());
}
void PlayMoves(State& state, std::string_view moves) {
  std::istringstream words{std::string(moves)};
  for (std::string move; words >> move;) state.Apply(state.ParseAction(move).value());
}

// --- Against the obvious rules --------------------------------------------------------------------------------------------------------

struct Variation {
  int size;
  SlowGo::Rules rules;
};

class GoTwinTest : public testing::TestWithParam<Variation> {
 protected:
  const Game& game() const {
    return GameNamed(absl::StrCat("go:size=", GetParam().size, ",suicide=", GetParam().rules.suicide ? "true" : "false",
                                  ",superko=", GetParam().rules.positional_superko ? "positional" : "simple"));
  }
};

void CompareWithTwin(const State& state, const SlowGo& slow, int size) {
  ActionList legal;
  state.LegalActions(legal);
  ASSERT_EQ(std::vector<int>(legal.begin(), legal.end()), slow.Legal()) << state.ToText();
  ASSERT_EQ(state.ToMove(), slow.to_move());
  const std::vector<std::int8_t> owner = state.GetFinalScore().owner;
  const int num_planes = 15;
  std::vector<float> planes(size * size * num_planes);
  state.WritePlanes(planes);
  const std::string& board = slow.board();
  for (int cell = 0; cell < size * size; ++cell) {
    const char owner_text = "o.x"[owner[cell] + 1];
    ASSERT_EQ(owner_text, slow.Owner(cell)) << state.ToText();
    const float* at = &planes[cell * num_planes];
    ASSERT_EQ(at[0], board[cell] == "xo"[slow.to_move()]);
    ASSERT_EQ(at[1], board[cell] == "ox"[slow.to_move()]);
    for (int liberties = 1; liberties <= 3; ++liberties) {
      ASSERT_EQ(at[2 + liberties], board[cell] != '.' && slow.Liberties(cell) == liberties) << state.ToText() << " cell " << cell;
    }
  }
}

TEST_P(GoTwinTest, AgreesWithTheObviousRulesOverRandomGames) {
  const auto [size, rules] = GetParam();
  for (int seed = 0; seed < (size > 9 ? 1 : size > 5 ? 2 : 12); ++seed) {
    Rng rng = Rng::Stream(seed, "go twin");
    const std::unique_ptr<State> state = game().NewState();
    SlowGo slow(size, rules);
    while (!state->IsTerminal()) {
      CompareWithTwin(*state, slow, size);
      if (HasFatalFailure()) return;
      std::vector<int> legal = slow.Legal();
      if (legal.size() > 1 && rng.Below(20) != 0) legal.pop_back();  // passes seldom
      const int action = legal[rng.Below(legal.size())];
      state->Apply(static_cast<Action>(action));
      slow.Apply(action);
      ASSERT_EQ(Stones(*state, size), slow.board()) << state->ToText();
      if (size > 9 && state->Ply() == 200) break;
    }
  }
}

// Boards that no game leads to: chains of all shapes, few liberties.
TEST_P(GoTwinTest, AgreesWithTheObviousRulesOnRandomBoards) {
  const auto [size, rules] = GetParam();
  Rng rng(size);
  int num_compared = 0;
  for (int i = 0; i < 400; ++i) {
    BoardText board{std::string(size * size, '.'), static_cast<int>(rng.Below(2))};
    for (char& cell : board.cells) cell = "xo."[rng.Below(3)];
    const absl::StatusOr<std::unique_ptr<State>> state = game().StateFromText(WriteBoardText({.rows = size, .cols = size}, board));
    const SlowGo slow(size, rules, board.cells, board.to_move);
    bool is_possible = true;
    for (int cell = 0; cell < size * size; ++cell) is_possible &= board.cells[cell] == '.' || slow.Liberties(cell) > 0;
    ASSERT_EQ(state.ok(), is_possible) << board.cells;
    if (!is_possible) continue;
    CompareWithTwin(**state, slow, size);
    if (HasFatalFailure()) return;
    ++num_compared;
  }
  if (size <= 5) {
    EXPECT_GT(num_compared, 10);
  }
}

INSTANTIATE_TEST_SUITE_P(Variations, GoTwinTest,
                         testing::Values(Variation{2, {}}, Variation{2, {false, false}}, Variation{3, {}}, Variation{3, {true, false}},
                                         Variation{4, {false, true}}, Variation{5, {}}, Variation{5, {false, false}}, Variation{6, {}},
                                         Variation{7, {true, false}}, Variation{9, {}}, Variation{13, {false, true}}),
                         [](const auto& info) {
                           return absl::StrCat("Size", info.param.size, info.param.rules.suicide ? "" : "NoSuicide",
                                               info.param.rules.positional_superko ? "" : "SimpleKo");
                         });

class GoConformanceTest : public testing::TestWithParam<std::string> {};

TEST_P(GoConformanceTest, HoldsWhatEveryGameMust) {
  const Game& game = GameNamed(GetParam());
  const int num_games = game.facts().cells() > 100 ? 1 : game.facts().cells() > 36 ? 2 : 10;
  EXPECT_EQ(CheckConformance(game, {.num_games = num_games, .seed = 3}), absl::OkStatus());
}

INSTANTIATE_TEST_SUITE_P(Specs, GoConformanceTest,
                         testing::Values("go:size=2", "go:size=3", "go:size=4,suicide=false", "go:size=5", "go:size=5,superko=simple",
                                         "go:size=6,komi=-3", "go:size=7,handicap=4", "go:superko=simple,komi=6", "go:size=10"),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace_if(
                               name.begin(), name.end(), [](unsigned char c) { return !std::isalnum(c); }, '_');
                           return name;
                         });

// --- Rules ----------------------------------------------------------------------------------------------------------------------------

TEST(GoTest, SuicideOfSeveralStonesIsLegalOnlyWhereTheRulesHaveIt) {
  // Black's two stones would fill the corner that white surrounds.
  constexpr char kText[] = "4/4/oo2/x1o1 x";
  EXPECT_TRUE(IsLegal(*FromText("go:size=4", kText), "B1"));
  EXPECT_FALSE(IsLegal(*FromText("go:size=4,suicide=false", kText), "B1"));
  const std::unique_ptr<State> state = FromText("go:size=4", kText);
  PlayMoves(*state, "B1");
  EXPECT_EQ(Stones(*state, 4), "..o.oo..........");
}

TEST(GoTest, ALoneStonesSuicideIsNeverLegal) {
  for (const char* spec : {"go:size=4", "go:size=4,superko=simple", "go:size=4,suicide=false"}) {
    EXPECT_FALSE(IsLegal(*FromText(spec, "4/4/o3/1o2 x"), "A1")) << spec;
    EXPECT_TRUE(IsLegal(*FromText(spec, "4/4/o3/1o2 o"), "A1")) << spec;
  }
}

TEST(GoTest, AKoMayBeRetakenAfterAMoveElsewhere) {
  constexpr char kText[] = "5/1xo2/x1xo1/1xo2/5 o";
  for (const char* spec : {"go:size=5", "go:size=5,superko=simple"}) {
    const std::unique_ptr<State> state = FromText(spec, kText);
    PlayMoves(*state, "B3");
    EXPECT_FALSE(IsLegal(*state, "C3")) << spec;
    EXPECT_TRUE(IsLegal(*state, "C5")) << spec;
    PlayMoves(*state, "A5 E5");
    EXPECT_TRUE(IsLegal(*state, "C3")) << spec;
  }
}

TEST(GoTest, PositionalSuperkoForbidsEarlierBoardsAfterPassesToo) {
  constexpr char kText[] = "5/1xo2/x1xo1/1xo2/5 o B3 pass pass";
  // A pass by each ends the game: after one, the ko is open by the simple rule and closed by superko.
  const std::unique_ptr<State> simple = FromText("go:size=5,superko=simple", "5/1xo2/x1xo1/1xo2/5 x pass B3 pass");
  EXPECT_FALSE(simple->IsTerminal());
  const std::unique_ptr<State> after = FromText("go:size=5", kText);
  EXPECT_TRUE(after->IsTerminal());
  // 2x2: black A1, white B2, black A2 (B2 stays with one liberty), white B1 takes both: the board with white's two stones is new; and so
  // on.
  const std::unique_ptr<State> small = FromText("go:size=2", "2/2 x A1 A2");
  EXPECT_THAT(LegalTexts(*small), ElementsAre("B1", "B2", "pass"));
}

TEST(GoTest, GamesEndByTwoPassesAndTheLargerAreaWinsWithKomi) {
  constexpr char kText[] = "5/5/5/5/5 x C1 D1 C2 D2 C3 D3 C4 D4 C5 D5 pass pass";  // three columns of black, two of white
  const auto outcome = [&](const char* komi) { return FromText(absl::StrCat("go:size=5,komi=", komi), kText)->GetOutcome(); };
  EXPECT_EQ(outcome("4.5"), Outcome::kFirstWins);
  EXPECT_EQ(outcome("5"), Outcome::kDraw);
  EXPECT_EQ(outcome("5.5"), Outcome::kSecondWins);
  EXPECT_EQ(outcome("-25"), Outcome::kFirstWins);
  const std::unique_ptr<State> state = FromText("go:size=5", kText);
  EXPECT_EQ(state->GetFinalScore().margin, 5);
  std::vector<std::int8_t> owners = state->GetFinalScore().owner;
  owners.resize(5);
  EXPECT_THAT(owners, ElementsAre(1, 1, 1, -1, -1));
  EXPECT_TRUE(LegalTexts(*state).empty());
}

TEST(GoTest, TheLongestGameIsCountedAsItStands) {
  const Game& game = GameNamed("go:size=3,superko=simple,komi=-1");
  EXPECT_EQ(game.facts().max_plies, 38);
  Rng rng(5);
  bool seen = false;
  for (int i = 0; i < 200 && !seen; ++i) {
    const std::unique_ptr<State> state = game.NewState();
    while (!state->IsTerminal()) {
      ActionList legal;
      state->LegalActions(legal);
      state->Apply(legal[legal.size() > 1 ? rng.Below(legal.size() - 1) : 0]);
    }
    seen = state->Ply() == 38;
    EXPECT_EQ(state->GetOutcome() == Outcome::kFirstWins, state->GetFinalScore().margin > -1);
  }
  EXPECT_TRUE(seen);
}

TEST(GoTest, FixedHandicapStandsWhereTheTextProtocolPutsIt) {
  const auto stones = [](const char* spec) {
    const Game& game = GameNamed(spec);
    const int size = game.facts().rows;
    const std::string board = Stones(*game.NewState(), size);
    std::vector<std::string> points;
    for (int cell = 0; cell < size * size; ++cell) {
      if (board[cell] == 'x') points.push_back(game.NewState()->ActionText(static_cast<Action>(cell)));
    }
    std::sort(points.begin(), points.end());
    return absl::StrJoin(points, " ");
  };
  EXPECT_EQ(stones("go:size=19,handicap=2"), "D4 Q16");
  EXPECT_EQ(stones("go:size=19,handicap=3"), "D16 D4 Q16");
  EXPECT_EQ(stones("go:size=19,handicap=5"), "D16 D4 K10 Q16 Q4");
  EXPECT_EQ(stones("go:size=19,handicap=6"), "D10 D16 D4 Q10 Q16 Q4");
  EXPECT_EQ(stones("go:size=19,handicap=8"), "D10 D16 D4 K16 K4 Q10 Q16 Q4");
  EXPECT_EQ(stones("go:size=19,handicap=9"), "D10 D16 D4 K10 K16 K4 Q10 Q16 Q4");
  EXPECT_EQ(stones("go:size=13,handicap=4"), "D10 D4 K10 K4");
  EXPECT_EQ(stones("go:size=9,handicap=2"), "C3 G7");
  EXPECT_EQ(stones("go:size=8,handicap=4"), "C3 C6 F3 F6");
  EXPECT_EQ(GameNamed("go:size=9,handicap=2").NewState()->ToMove(), 1);
  EXPECT_EQ(GameNamed("go:size=9").NewState()->ToMove(), 0);
}

TEST(GoTest, OptionsOutsideTheirRangeAreRefusedByName) {
  const auto error = [](std::string_view spec) { return std::string(FindGame(spec).status().message()); };
  EXPECT_THAT(error("go:size=1"), HasSubstr("from 2 to 19"));
  EXPECT_THAT(error("go:size=20"), HasSubstr("from 2 to 19"));
  EXPECT_THAT(error("go:komi=7.3"), HasSubstr("multiple of 0.5"));
  EXPECT_THAT(error("go:superko=natural"), HasSubstr("positional or simple"));
  EXPECT_THAT(error("go:handicap=1"), HasSubstr("2 to 9"));
  EXPECT_THAT(error("go:size=7,handicap=5"), HasSubstr("2 to 4"));
  EXPECT_THAT(error("go:size=5,handicap=2"), HasSubstr("expected 0 on"));
}

TEST(GoTest, DefaultKomiDependsOnTheSize) {
  EXPECT_EQ(GameNamed("go:size=7,komi=7.5").facts().spec, "go:size=7");
  EXPECT_EQ(GameNamed("go:size=5,komi=0.5").facts().spec, "go:size=5");
  EXPECT_EQ(GameNamed("go:size=9,suicide=true,superko=positional").facts().spec, "go");
  EXPECT_EQ(GameNamed("go:superko=simple,size=13,komi=-2").facts().spec, "go:size=13,komi=-2,superko=simple");
}

// --- Text -----------------------------------------------------------------------------------------------------------------------------

TEST(GoTest, VerticesHaveNoLetterI) {
  const std::unique_ptr<State> state = GameNamed("go:size=19").NewState();
  EXPECT_EQ(*state->ParseAction("H1"), 7);
  EXPECT_EQ(*state->ParseAction("J1"), 8);
  EXPECT_EQ(*state->ParseAction("T19"), 360);
  EXPECT_EQ(*state->ParseAction("pass"), 361);
  for (const char* bad : {"I5", "d4", "U1", "A20", "A0", "A01", "A", "", "PASS", "A-1", "A1 "}) EXPECT_FALSE(IsLegal(*state, bad)) << bad;
}

TEST(GoTest, PositionTextHoldsTheWholeGame) {
  const Game& game = GameNamed("go:size=5");
  const std::unique_ptr<State> state = game.NewState();
  PlayMoves(*state, "C3 pass B2");
  EXPECT_EQ(state->ToText(), "5/5/5/5/5 x C3 pass B2");
  EXPECT_EQ((*game.StateFromText(state->ToText()))->Key(), state->Key());
  EXPECT_EQ(FromText("go:size=5", "5/5/2x2/5/4x o")->ToText(), "5/5/2x2/5/4x o");
}

TEST(GoTest, PositionTextThatIsNoPositionIsRefusedWithTheReason) {
  EXPECT_THAT(ErrorOf("go:size=3", "3/3 x"), HasSubstr("too few rows"));
  EXPECT_THAT(ErrorOf("go:size=3", "3/3/4 x"), HasSubstr("more than 3 cells"));
  EXPECT_THAT(ErrorOf("go:size=3", "3/3/3"), HasSubstr("no side to move"));
  EXPECT_THAT(ErrorOf("go:size=3", "3/o2/xo1 x"), HasSubstr("has no liberty"));
  EXPECT_THAT(ErrorOf("go:size=3", "xxx/xxx/xxx x"), HasSubstr("has no liberty"));
  EXPECT_THAT(ErrorOf("go:size=3", "3/3/3 x B2 B2"), HasSubstr("move 2: 'B2' is illegal"));
  EXPECT_THAT(ErrorOf("go:size=3", "3/3/3 x  B2"), HasSubstr("names no point"));
  EXPECT_THAT(ErrorOf("go:size=3", "3/3/3 x pass pass B2"), HasSubstr("illegal"));
  EXPECT_FALSE(ErrorOf("go:size=3", "3/3/3 x ").empty());
}

TEST(GoTest, TheDrawingHasCoordinatesOnAllSides) {
  EXPECT_EQ(FromText("go:size=3", "3/3/3 x B2 C1")->Draw(),
            "    A B C\n  3 . . . 3\n  2 . x . 2\n  1 . . o 1\n    A B C\nlast move C1, area x +0, komi 0.5, x to move\n");
}

// Moves left out, doubled, swapped or misspelt, stones added: an error, or a position that is written as it was read.
TEST(GoTest, PositionTextSurvivesMutationsOfWholeGames) {
  Rng rng(8);
  int num_accepted = 0;
  for (const char* spec : {"go:size=2", "go:size=5,suicide=false", "go:superko=simple", "go:size=19,handicap=9"}) {
    const Game& game = GameNamed(spec);
    std::unique_ptr<State> state = game.NewState();
    for (int i = 0; i < 2000; ++i) {
      ActionList legal;
      state->LegalActions(legal);
      if (legal.empty() || state->Ply() == 60) {
        state = game.NewState();
        continue;
      }
      state->Apply(legal[rng.Below(legal.size())]);
      std::string text = state->ToText();
      for (int change = 1 + rng.Below(2); change > 0; --change) {
        const std::size_t at = rng.Below(text.size());
        const std::string move = absl::StrCat(" ", state->ActionText(static_cast<Action>(rng.Below(game.facts().num_actions))));
        const std::size_t blank = std::min(text.find(' ', at), text.size());
        switch (rng.Below(4)) {
          case 0:
            text.insert(blank, move);
            break;
          case 1:
            text.erase(blank, move.size());
            break;
          case 2:
            text[at] = "xo12345678ABCDEFGHIJT/ \0pas"[rng.Below(28)];
            break;
          default:
            text.append(move);
        }
      }
      const absl::StatusOr<std::unique_ptr<State>> read = game.StateFromText(text);
      if (!read.ok()) {
        ASSERT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument);
        ASSERT_LT(read.status().message().size(), 600u);
        continue;
      }
      ASSERT_EQ((*read)->ToText(), text);
      ++num_accepted;
    }
  }
  EXPECT_GT(num_accepted, 500);
}

// --- Keys and planes ------------------------------------------------------------------------------------------------------------------

TEST(GoTest, KeysTellPassesAndForbiddenBoardsApart) {
  const auto key = [](std::string_view text) { return FromText("go:size=5", text)->Key(); };
  EXPECT_NE(key("5/5/5/5/5 x"), key("5/5/5/5/5 x pass"));
  EXPECT_NE(key("5/5/5/5/5 x A1 B1"), key("5/5/5/5/5 x B1 A1"));
  // Two ways to one board through different boards.
  EXPECT_NE(key("5/5/5/5/5 x A1 E5 C3"), key("5/5/5/5/5 x C3 E5 A1"));
  EXPECT_EQ(FromText("go:size=5,superko=simple", "5/5/5/5/5 x A1 E5 C3")->Key(),
            FromText("go:size=5,superko=simple", "5/5/5/5/5 x C3 E5 A1")->Key());
  EXPECT_NE(FromText("go:size=5,superko=simple", "5/5/5/5/5 x A1 E5 C3")->EvaluationKey(),
            FromText("go:size=5,superko=simple", "5/5/5/5/5 x C3 E5 A1")->EvaluationKey());
}

TEST(GoTest, PlanesShowKoKomiPassesAndTheLastFiveMoves) {
  const auto plane = [](const State& state, int number) {
    std::vector<float> planes(25 * 15), values;
    state.WritePlanes(planes);
    for (int cell = 0; cell < 25; ++cell) values.push_back(planes[cell * 15 + number]);
    return values;
  };
  const auto one_at = [](int cell) {
    std::vector<float> values(25);
    values[cell] = 1;
    return values;
  };
  const std::unique_ptr<State> ko = FromText("go:size=5,komi=5", "5/1xo2/x1xo1/1xo2/5 x pass B3");
  EXPECT_EQ(plane(*ko, 6), one_at(12));
  EXPECT_EQ(plane(*ko, 7), one_at(11));
  EXPECT_EQ(plane(*ko, 8), std::vector<float>(25));
  EXPECT_EQ(plane(*ko, 12), std::vector<float>(25, -0.25f));
  const std::unique_ptr<State> passed = FromText("go:size=5,komi=5", "5/5/5/5/5 x A1 B2 C3 D4 E5 pass");
  EXPECT_EQ(plane(*passed, 8), one_at(24));
  EXPECT_EQ(plane(*passed, 11), one_at(6));
  EXPECT_EQ(plane(*passed, 13), std::vector<float>(25, 1.0f));
  EXPECT_EQ(plane(*FromText("go:size=5,komi=-25", "5/5/5/5/5 o"), 12), std::vector<float>(25, -1.0f));
  EXPECT_EQ(plane(*FromText("go:size=5", "5/5/2x2/5/5 o"), 14), std::vector<float>(25, -1.0f));
}

// --- Playouts -------------------------------------------------------------------------------------------------------------------------

TEST(GoTest, PlayoutsKeepEyesAndFollowTheSideThatOwnsTheBoard) {
  // Black has two eyes and all the rest; white cannot live anywhere.
  const std::unique_ptr<State> state = FromText("go:size=5", "1x1x1/xxxxx/xxxxx/xxxxx/xxxxx o");
  Rng rng(1);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(state->Rollout(rng), Outcome::kFirstWins);
}

TEST(GoTest, PlayoutsOfAFinishedGameGiveItsResult) {
  Rng rng(1);
  EXPECT_EQ(FromText("go:size=5", "5/5/2x2/5/5 o pass pass")->Rollout(rng), Outcome::kFirstWins);
  EXPECT_EQ(FromText("go:size=5", "5/5/2o2/5/5 o pass pass")->Rollout(rng), Outcome::kSecondWins);
}

TEST(GoTest, PlayoutsOfTheEmptyBoardAreNearlyEven) {
  const std::unique_ptr<State> state = GameNamed("go:size=9,komi=3.5").NewState();
  Rng rng(2);
  int sum = 0;
  for (int i = 0; i < 2000; ++i) sum += static_cast<int>(state->Rollout(rng));
  EXPECT_LT(std::abs(sum), 300);
}

// --- Solver ---------------------------------------------------------------------------------------------------------------------------

TEST(GoTest, TheSolverGivesUpWhereALineWouldNotFitOnTheStack) {
  const Game& game = GameNamed("go:size=19");
  const absl::Status status = game.NewSolver(1 << 20)->Solve(*game.NewState(), false, ~std::uint64_t{0}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("in a line of"));
}

}  // namespace
}  // namespace tandem
