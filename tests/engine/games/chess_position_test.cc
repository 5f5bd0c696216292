// The game around the board: how games end, what the network sees, actions and keys.
#include "engine/games/chess/chess_position.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/game/adapter.h"
#include "engine/game/registry.h"
#include "engine/games/chess/action.h"
#include "engine/games/chess/fen.h"
#include "engine/games/chess/move_generator.h"
#include "tests/engine/games/replay.h"

namespace tandem::chess {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<State> From(std::string_view fen, std::string_view spec = "chess") { return *GameNamed(spec).StateFromText(fen); }

void PlayMoves(State& state, const std::vector<std::string>& moves) {
  for (const std::string& move : moves) state.Apply(state.ParseAction(move).value());
}

const std::vector<std::string> kKnightsOutAndBack = {"g1f3", "g8f6", "f3g1", "f6g8"};

TEST(ChessEndTest, FoolsMateIsWonByBlack) {
  EXPECT_EQ(Play(GameNamed("chess"), {"f2f3", "e7e5", "g2g4", "d8h4"})->GetOutcome(), Outcome::kSecondWins);
}

TEST(ChessEndTest, StalemateIsADraw) { EXPECT_EQ(From("7k/5Q2/6K1/8/8/8/8/8 b - - 0 1")->GetOutcome(), Outcome::kDraw); }

TEST(ChessEndTest, MaterialThatCannotMateIsADraw) {
  for (const char* fen : {"k7/8/8/8/8/8/8/7K w - - 0 1", "k7/8/8/8/8/8/8/6NK w - - 0 1", "kb6/8/8/8/8/8/8/7K w - - 0 1",
                          "k7/b7/1b6/8/8/8/8/4B2K w - - 0 1"}) {
    EXPECT_EQ(From(fen)->GetOutcome(), Outcome::kDraw) << fen;
  }
  for (const char* fen : {"k7/8/8/8/8/8/8/5NNK w - - 0 1", "kn6/8/8/8/8/8/8/6NK w - - 0 1", "kn6/8/8/8/8/8/8/6BK w - - 0 1",
                          "kb6/8/8/8/8/8/8/5B1K w - - 0 1", "k7/8/8/8/8/8/7P/7K w - - 0 1"}) {
    EXPECT_FALSE(From(fen)->IsTerminal()) << fen;
  }
}

TEST(ChessEndTest, FifthOccurrenceEndsTheGameOrThirdWithClaims) {
  for (const auto& [spec, occurrences] : {std::pair{"chess", 5}, std::pair{"chess:claims=true", 3}}) {
    const std::unique_ptr<State> state = GameNamed(spec).NewState();
    for (int seen = 1; seen < occurrences; ++seen) {
      EXPECT_FALSE(state->IsTerminal()) << spec << " " << seen;
      PlayMoves(*state, kKnightsOutAndBack);
    }
    EXPECT_EQ(state->GetOutcome(), Outcome::kDraw) << spec;
    ActionList legal;
    state->LegalActions(legal);
    EXPECT_TRUE(legal.empty());
  }
}

TEST(ChessEndTest, OtherCastlingRightsAreAnotherPosition) {
  const std::unique_ptr<State> state = From("4k3/8/8/8/8/8/8/4K2R w K - 0 1", "chess:claims=true");
  for (int i = 0; i < 2; ++i) PlayMoves(*state, {"h1h2", "e8e7", "h2h1", "e7e8"});
  EXPECT_FALSE(state->IsTerminal());
  PlayMoves(*state, {"h1h2"});  // third time with the rook on h2 and no rights
  EXPECT_TRUE(state->IsTerminal());
}

TEST(ChessEndTest, ClockEndsTheGameUnlessTheMoveMates) {
  const std::unique_ptr<State> state = From("7k/8/5KQ1/8/8/8/8/8 w - - 149 90");
  EXPECT_FALSE(state->IsTerminal());
  const std::unique_ptr<State> mated = state->Clone();
  PlayMoves(*mated, {"g6g7"});
  EXPECT_EQ(mated->GetOutcome(), Outcome::kFirstWins);
  PlayMoves(*state, {"g6g5"});
  EXPECT_EQ(state->GetOutcome(), Outcome::kDraw);
  EXPECT_TRUE(From("7k/8/5KQ1/8/8/8/8/8 w - - 100 90", "chess:claims=true")->IsTerminal());
  EXPECT_FALSE(From("7k/8/5KQ1/8/8/8/8/8 w - - 99 90", "chess:claims=true")->IsTerminal());
}

TEST(ChessMoveTest, CastlingHasTheTextOfTheGameAndOneAction) {
  const std::unique_ptr<State> standard = From("4k3/8/8/8/8/8/8/4K2R w K - 0 1");
  const std::unique_ptr<State> random = From("4k3/8/8/8/8/8/8/4K2R w H - 0 1", "chess960");
  EXPECT_EQ(standard->ParseAction("e1g1").value(), random->ParseAction("e1h1").value());
  EXPECT_THAT(std::string(standard->ParseAction("e1h1").status().message()), HasSubstr("e1g1"));
  EXPECT_FALSE(random->ParseAction("e1g1").ok());
  PlayMoves(*standard, {"e1g1"});
  EXPECT_EQ(standard->ToText(), "4k3/8/8/8/8/8/8/5RK1 b - - 1 1");
}

TEST(ChessMoveTest, KingThatStaysMayCastleInChess960) {
  const std::unique_ptr<State> state = From("6k1/8/8/8/8/8/8/1R4KR w HB - 0 1", "chess960");
  PlayMoves(*state, {"g1h1"});
  EXPECT_EQ(state->ToText(), "6k1/8/8/8/8/8/8/1R3RK1 b - - 1 1");
}

TEST(ChessMoveTest, PromotionNamesItsPiece) {
  const std::unique_ptr<State> state = From("7k/P7/8/8/8/8/8/K7 w - - 0 1");
  EXPECT_THAT(std::string(state->ParseAction("a7a8").status().message()), HasSubstr("promotion"));
  EXPECT_THAT(std::string(state->ParseAction("a1b1q").status().message()), HasSubstr("no promotion"));
  EXPECT_FALSE(state->ParseAction("a7a8k").ok());
  PlayMoves(*state, {"a7a8n"});
  EXPECT_EQ(state->ToText(), "N6k/8/8/8/8/8/8/K7 b - - 0 1");
}

TEST(ChessActionTest, EveryMoveOfRandomGamesComesBack) {
  Rng rng(1);
  for (int game = 0; game < 50; ++game) {
    Board board = StandardStart();
    for (int ply = 0; ply < 100; ++ply) {
      MoveList moves;
      LegalMoves(board, moves);
      if (moves.empty()) break;
      for (const Move move : moves) ASSERT_EQ(MoveOf(board, ActionOf(move, board.to_move)), move) << WriteFen(board, false);
      board.Apply(moves[static_cast<int>(rng.Below(static_cast<std::uint32_t>(moves.size())))]);
    }
  }
}

// The same position with colours and ranks exchanged.
std::string Mirrored(const std::string& fen) {
  const std::vector<std::string> fields = absl::StrSplit(fen, ' ');
  const auto swapped = [](std::string text) {
    for (char& c : text) c = std::islower(c) ? std::toupper(c) : std::tolower(c);
    return text;
  };
  std::vector<std::string> ranks = absl::StrSplit(swapped(fields[0]), '/');
  std::reverse(ranks.begin(), ranks.end());
  std::string castling;
  for (const char* order = "KQkq"; *order != '\0'; ++order) {
    if (swapped(fields[2]).find(*order) != std::string::npos) castling += *order;
  }
  std::string en_passant = fields[3];
  if (en_passant.size() == 2) en_passant[1] = en_passant[1] == '3' ? '6' : '3';
  return absl::StrCat(absl::StrJoin(ranks, "/"), fields[1] == "w" ? " b " : " w ", castling.empty() ? "-" : castling, " ", en_passant, " ",
                      fields[4], " ", fields[5]);
}

TEST(ChessPlanesTest, BothColoursSeeTheSame) {
  Rng rng(2);
  const std::unique_ptr<State> state = GameNamed("chess").NewState();
  for (ActionList legal, mirrored_legal; !state->IsTerminal();) {
    const std::unique_ptr<State> plain = From(state->ToText());  // without history
    const std::unique_ptr<State> mirrored = From(Mirrored(state->ToText()));
    std::vector<float> planes(64 * kNumPlanes), mirrored_planes(64 * kNumPlanes);
    plain->WritePlanes(planes);
    mirrored->WritePlanes(mirrored_planes);
    ASSERT_EQ(planes, mirrored_planes) << state->ToText();
    plain->LegalActions(legal);
    mirrored->LegalActions(mirrored_legal);
    ASSERT_EQ(std::vector<Action>(legal.begin(), legal.end()), std::vector<Action>(mirrored_legal.begin(), mirrored_legal.end()));
    state->Apply(legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))]);
  }
}

TEST(ChessPlanesTest, ShowHistoryRepetitionAndClock) {
  const std::unique_ptr<State> state = GameNamed("chess:claims=true").NewState();
  PlayMoves(*state, kKnightsOutAndBack);
  std::vector<float> planes(64 * kNumPlanes);
  state->WritePlanes(planes);
  const auto at = [&](int square, int plane) { return planes[static_cast<std::size_t>(square * kNumPlanes + plane)]; };
  constexpr int kG1 = 6, kF3 = 21, kE1 = 4, kH1 = 7;
  EXPECT_EQ(at(kG1, 1), 1.0f);                        // the mover's knight is back
  EXPECT_EQ(at(kG1, 12), 0.5f);                       // second occurrence of three
  EXPECT_EQ(at(kG1, kPlanesPerBoard + 1), 1.0f);      // a ply ago
  EXPECT_EQ(at(kF3, 2 * kPlanesPerBoard + 1), 1.0f);  // two plies ago it was on f3
  EXPECT_EQ(at(kF3, 3 * kPlanesPerBoard + 1), 1.0f);  // three plies ago too
  EXPECT_EQ(at(kH1, 52), 1.0f);
  EXPECT_EQ(at(kE1, 52), 0.0f);
  EXPECT_FLOAT_EQ(at(0, 55), 0.04f);
  EXPECT_EQ(at(63, 56), 1.0f);
}

TEST(ChessKeyTest, KeyIsOfTheBoardAndEvaluationKeyOfTheHistoryToo) {
  const Game& game = GameNamed("chess");
  const std::unique_ptr<State> one = Play(game, {"g1f3", "g8f6", "b1c3"});
  const std::unique_ptr<State> other = Play(game, {"b1c3", "g8f6", "g1f3"});
  EXPECT_EQ(one->Key(), other->Key());
  EXPECT_FALSE(one->EvaluationKey() == other->EvaluationKey());
  EXPECT_EQ(one->EvaluationKey(), Play(game, {"g1f3", "g8f6", "b1c3"})->EvaluationKey());
  // The pawn that passed cannot be taken, so the square it passed does not count.
  EXPECT_EQ(Play(game, {"e2e4"})->Key(), From("rnbqkbnr/pppppppp/8/8/4P3/8/PPPP1PPP/RNBQKBNR b KQkq - 0 1")->Key());
  EXPECT_FALSE(game.NewState()->Key() == From("rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR b KQkq - 0 1")->Key());
  EXPECT_FALSE(game.NewState()->Key() == From("rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQk - 0 1")->Key());
}

TEST(ChessGameTest, OptionsAreChecked) {
  EXPECT_EQ(GameNamed("chess:start=518").facts().spec, "chess");
  EXPECT_EQ(GameNamed("chess:chess960=true,start=0").NewState()->ToText(), "bbqnnrkr/pppppppp/8/8/8/8/PPPPPPPP/BBQNNRKR w HFhf - 0 1");
  EXPECT_EQ(GameNamed("chess").facts().max_plies, 17697);
  EXPECT_EQ(GameNamed("chess:claims=true").facts().max_plies, 11797);
  EXPECT_EQ(GameNamed("chess:claims=true,max_plies=400").facts().max_plies, 400);
  EXPECT_THAT(std::string(FindGame("chess:start=3").status().message()), HasSubstr("chess960=true"));
  EXPECT_FALSE(FindGame("chess:chess960=true,start=960").ok());
}

TEST(ChessGameTest, PlayoutsEndWithinTheirCutAndFavourTheSideAhead) {
  Rng rng(3);
  const std::unique_ptr<State> ahead = From("rnb1kbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq - 0 1");
  int sum = 0;
  for (int i = 0; i < 200; ++i) sum += static_cast<int>(ahead->Rollout(rng));
  EXPECT_GT(sum, 100);
}

TEST(ChessSolverTest, SeesMatesLossesAndDrawsAndGivesUpOnTheRest) {
  const std::unique_ptr<Solver> solver = GameNamed("chess").NewSolver(0);
  EXPECT_EQ(solver->Solve(*From("7k/8/5KQ1/8/8/8/8/8 w - - 0 1"), false, 10000).value().value, 1);
  EXPECT_EQ(solver->Solve(*From("7k/8/5K2/8/6Q1/8/8/8 b - - 0 1"), false, 10000).value().value, -1);
  // The king must take the last piece.
  const absl::StatusOr<Solution> draw = solver->Solve(*From("6Qk/8/8/8/8/8/8/K7 b - - 0 1"), true, 10000);
  EXPECT_EQ(draw.value().value, 0);
  EXPECT_THAT(draw->move_values, ElementsAre(0));
  EXPECT_EQ(solver->Solve(*GameNamed("chess").NewState(), false, 1000).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace tandem::chess
