// The table of variants against games that Fairy-Stockfish's rules played (pyffish 0.0.90, random moves): every move, sampled positions and
// one list of legal moves a game (made with seed 7).
#include "engine/notation/variant.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/json.h"
#include "engine/game/registry.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

using testing::HasSubstr;

std::string BoardAndSide(const std::string& fen) {
  const std::vector<std::string> fields = absl::StrSplit(fen, ' ');
  return fields[0].substr(0, fields[0].find('[')) + " " + fields[1];
}

std::string LegalMoves(const Game& game, const State& state) {
  ActionList legal;
  state.LegalActions(legal);
  std::vector<std::string> moves;
  for (const Action action : legal) moves.push_back(VariantMoveText(game, Dialect::kFairy, state, action));
  std::sort(moves.begin(), moves.end());
  return absl::StrJoin(moves, " ");
}

TEST(VariantTest, MovesAndPositionsAreThoseOfFairyStockfish) {
  const auto lines = ReadJsonLines("tests/engine/notation/fairy_games.jsonl");
  ASSERT_TRUE(lines.ok()) << lines.status();
  ASSERT_GT(lines->objects.size(), 10u);
  int games = 0;
  for (const boost::json::object& row : lines->objects) {
    const auto variant = FindVariant(*JsonString(row, "variant"));
    if (!variant.ok()) continue;  // a game that this program does not have
    ++games;
    const Game& game = **FindGame(variant->game);
    const std::unique_ptr<State> state = game.NewState();
    const std::vector<std::string> moves = absl::StrSplit(*JsonString(row, "moves"), ' ', absl::SkipEmpty());
    std::size_t next_position = 0;
    for (std::size_t ply = 0; ply <= moves.size(); ++ply) {
      const boost::json::array& positions = row.at("positions").as_array();
      if (next_position < positions.size() && positions[next_position].at(0).to_number<std::size_t>() == ply) {
        const std::string expected(positions[next_position++].at(1).as_string());
        const std::string fen = VariantPositionText(game, Dialect::kFairy, *state);
        EXPECT_EQ(BoardAndSide(fen), expected) << variant->name << " at ply " << ply;
        if (!state->IsTerminal()) {
          const auto read = ParseVariantPosition(game, fen);
          ASSERT_TRUE(read.ok()) << read.status();
          EXPECT_EQ((*read)->ToText(), state->ToText());
        }
      }
      if (ply == static_cast<std::size_t>(*JsonInteger(row, "legal_ply"))) {
        EXPECT_EQ(LegalMoves(game, *state), *JsonString(row, "legal"));
      }
      if (ply == moves.size()) break;
      const auto action = ParseVariantMove(game, *state, moves[ply]);
      ASSERT_TRUE(action.ok()) << variant->name << " ply " << ply << ": " << action.status();
      EXPECT_EQ(VariantMoveText(game, Dialect::kFairy, *state, *action), moves[ply]);
      EXPECT_EQ(*ParseVariantMove(game, *state, state->ActionText(*action)), *action);
      state->Apply(*action);
    }
  }
  EXPECT_GE(games, 20);
}

TEST(VariantTest, StartPositionsHaveTheHandsOfFairyStockfish) {
  const auto fen = [](const char* spec) {
    const Game& game = **FindGame(spec);
    return VariantPositionText(game, Dialect::kFairy, *game.NewState());
  };
  EXPECT_EQ(fen("tic_tac_toe"), "3/3/3[PPPPPpppp] w - - 0 1");
  EXPECT_EQ(fen("connect_four"), "7/7/7/7/7/7[PPPPPPPPPPPPPPPPPPPPPppppppppppppppppppppp] w - - 0 1");
}

TEST(VariantTest, NamesOfOurOwnAreNativeAndOthersAreLookedUp) {
  EXPECT_EQ(FindVariant("othello:size=6")->dialect, Dialect::kNative);
  EXPECT_EQ(FindVariant("othello")->game, "othello");
  EXPECT_EQ(FindVariant("flipello6")->game, "othello:size=6");
  EXPECT_EQ(FindVariant("flipello6")->dialect, Dialect::kFairy);
  EXPECT_EQ(FairyVariantOf(**FindGame("connect_four"))->name, "cfour");
  EXPECT_FALSE(FairyVariantOf(**FindGame("othello:size=12")).has_value());
  EXPECT_FALSE(FindVariant("xiangqi").ok());
}

TEST(VariantTest, WrongHandsAreNamedAndAbsentOnesAreFine) {
  const auto why = [](const char* spec, const char* fen) {
    return std::string(ParseVariantPosition(**FindGame(spec), fen).status().message());
  };
  EXPECT_EQ(why("tic_tac_toe", "1Pp/3/3 w - - 0 1"), "");
  EXPECT_EQ(why("tic_tac_toe", "1Pp/3/3[PPPPpppp] w - - 0 1"), "");  // one of five, and one of four, are on the board
  EXPECT_THAT(why("tic_tac_toe", "1Pp/3/3[PPPppp] w - - 0 1"), HasSubstr("stones in hand: expected 4 to 9 of P, not 3"));
  EXPECT_THAT(why("tic_tac_toe", "1Pp/3/3[PPPPpppppppppp] w - - 0 1"), HasSubstr("expected 3 to 9 of p, not 10"));
  EXPECT_THAT(why("tic_tac_toe", "1Pp/3/3[PPPPQppp] w - - 0 1"), HasSubstr("expected P and p between [ and ]"));
  EXPECT_THAT(why("tic_tac_toe", "1Pp/3/3[PPPPppp w - - 0 1"), HasSubstr("expected P and p between [ and ]"));
  EXPECT_THAT(why("connect_four", "7/7/7/7/7/7[] w - - 0 1"), HasSubstr("expected 21 to 42 of P, not 0"));
  EXPECT_EQ(why("othello", "8/8/8/3pP3/3Pp3/8/8/8[PPPPpppp] w 0 1"), "");
  EXPECT_THAT(why("othello", "8/8/8/3pP3/3Pp3/8/8/8[PPQpp] w 0 1"), HasSubstr("stones in hand"));
  EXPECT_THAT(why("breakthrough", "pppppppp/pppppppp/8/8/8/8/PPPPPPPP/PPPPPPPP[P] w - - 0 1"), HasSubstr("none in breakthrough"));
}

TEST(VariantTest, IllTextsAreRefused) {
  const Game& four = **FindGame("connect_four");
  const std::unique_ptr<State> state = four.NewState();
  for (const char* text : {"P@d2", "P@h1", "P@", "P@d", "P@d1x", "N@d1", "d1", "", "0000", "8", "P@\xff\xff"}) {
    EXPECT_FALSE(ParseVariantMove(four, *state, text).ok()) << text;
  }
  const Game& othello = **FindGame("othello");
  for (const char* text : {"P@a1", "P@d9", "P@d99", "a1a1", "0000", "P@dd", "d4d4"}) {
    EXPECT_FALSE(ParseVariantMove(othello, *othello.NewState(), text).ok()) << text;
  }
  for (const char* text : {"", "w", "8/8 w", "7/7/7/7/7/7[PP] q - - 0 1", "7/7/7/7/7/7P w - - 0 1"}) {
    EXPECT_FALSE(ParseVariantPosition(four, text).ok()) << text;
  }
}

}  // namespace
}  // namespace tandem
