// PGN and SGF: what was written reads back the same, hand-made files with every construct, and broken files.
#include "engine/notation/game_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"
#include "engine/base/rng.h"
#include "engine/game/registry.h"

namespace tandem {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const Game* Find(const std::string& spec) {
  const auto game = FindGame(spec);
  return game.ok() ? *game : nullptr;
}

FileGame RandomGame(const Game& game, Rng& rng, bool from_position) {
  FileGame made;
  made.game = &game;
  std::unique_ptr<State> state = game.NewState();
  const auto play = [&](int plies, bool record) {
    ActionList legal;
    for (int i = 0; i < plies && !state->IsTerminal(); ++i) {
      state->LegalActions(legal);
      const Action action = legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))];
      state->Apply(action);
      if (record) made.moves.push_back(action);
    }
  };
  if (from_position) {
    play(4, false);
    made.start = state->ToText();
    state = made.StartState();
  }
  play(80, true);
  if (state->IsTerminal()) made.result = static_cast<int>(state->GetOutcome());
  made.SetTag("White", "A \"quoted\" \\ name");
  made.SetTag("Black", "B]");
  made.comments.resize(2);
  made.comments[1] = "a comment [with] \\ marks; and $5 (brackets)";
  return made;
}

std::vector<std::string> MoveTexts(const FileGame& game) {
  std::vector<std::string> texts;
  const std::unique_ptr<State> state = game.StartState();
  for (const Action action : game.moves) {
    texts.push_back(state->ActionText(action));
    state->Apply(action);
  }
  return texts;
}

void ExpectSame(const FileGame& a, const FileGame& b) {
  EXPECT_EQ(a.game, b.game);
  EXPECT_EQ(a.start, b.start);
  EXPECT_EQ(a.moves, b.moves);
  EXPECT_EQ(a.result, b.result);
  EXPECT_EQ(*a.Tag("White"), *b.Tag("White"));
  EXPECT_EQ(*a.Tag("Black"), *b.Tag("Black"));
  EXPECT_EQ(b.comments.size() > 1 ? b.comments[1] : "", a.comments[1]);
}

TEST(GameFileTest, WhatWasWrittenReadsBackTheSame) {
  Rng rng(3);
  for (const char* spec : {"tic_tac_toe", "connect_four", "othello", "othello:size=6", "breakthrough", "gomoku", "hex", "go:size=9",
                           "chess", "chess:chess960=true"}) {
    const Game* const game = Find(spec);
    if (game == nullptr) continue;
    for (const GameFormat format : {GameFormat::kPgn, GameFormat::kSgf}) {
      std::string file;
      std::vector<FileGame> games;
      for (int i = 0; i < 6; ++i) {
        games.push_back(RandomGame(*game, rng, i >= 3 && game->facts().name != "go"));
        const auto text = WriteGame(format, games.back());
        if (!text.ok()) break;
        file += *text;
      }
      if (file.empty()) continue;
      const GameFile read = ReadGames(format, game, file);
      EXPECT_THAT(read.problems, IsEmpty()) << spec << "\n" << file;
      ASSERT_EQ(read.games.size(), games.size()) << spec;
      for (std::size_t i = 0; i < games.size(); ++i) ExpectSame(games[i], read.games[i]);
    }
  }
}

TEST(PgnTest, ReadsEveryConstruct) {
  const Game* const game = Find("tic_tac_toe");
  const GameFile file =
      ReadGames(GameFormat::kPgn, game,
                "\xef\xbb\xbf% an escaped line { [\r\n[Event \"a \\\"b\\\" \\\\\"]\r\n[Variant \"tictactoe\"]\r\n\r\n"
                "{first} 1. P@a1! ; rest of line ( {\r\n(1. b1 {) [} (1. c1 ; )\r\n) a3) 1... b2?! $14 2.a2 P@b3 3. a3 1-0\r\n"
                "1.a1 b1 *\n[Result \"0-1\"]\n\n*\n");
  EXPECT_THAT(file.problems, IsEmpty());
  ASSERT_EQ(file.games.size(), 3u);
  EXPECT_EQ(*file.games[0].Tag("Event"), "a \"b\" \\");
  EXPECT_THAT(MoveTexts(file.games[0]), ElementsAre("a1", "b2", "a2", "b3", "a3"));
  EXPECT_THAT(file.games[0].comments, ElementsAre("first", "rest of line ( {"));
  EXPECT_EQ(file.games[0].result, 1);
  EXPECT_EQ(file.games[1].result, std::nullopt);
  EXPECT_EQ(file.games[2].result, -1);
}

TEST(PgnTest, BrokenGamesAreNamedAndTheOthersKept) {
  const GameFile file = ReadGames(GameFormat::kPgn, Find("tic_tac_toe"),
                                  "[Event \"1\"]\n\n1. a1 a1 1-0\n\n[Event \"2\"]\n\n1. b2 a1 1/2-1/2\n\n[Event 3]\n\n1. b2 *\n\n"
                                  "[Variant \"xiangqi\"]\n\n1. b2 *\n\n[Event \"5\"]\n\n1. a1 (b1 ");
  ASSERT_EQ(file.games.size(), 5u);
  EXPECT_THAT(file.games[0].problem, HasSubstr("'a1' is illegal"));
  EXPECT_EQ(file.games[0].moves.size(), 1u);
  EXPECT_EQ(file.games[1].problem, "");
  EXPECT_THAT(file.games[2].problem, HasSubstr("expected a tag"));
  EXPECT_THAT(file.games[3].problem, HasSubstr("xiangqi"));
  EXPECT_THAT(file.games[4].problem, HasSubstr("variation"));
  EXPECT_THAT(file.problems[0], HasSubstr("line 3: "));
}

TEST(PgnTest, ChessIsReadAndWrittenInSan) {
  const Game* const chess = Find("chess");
  if (chess == nullptr) GTEST_SKIP() << "no game chess";
  const std::string text =
      "[FEN \"r3k2r/1P6/8/8/8/8/4N3/R1N1K2R w KQkq - 0 1\"]\n[SetUp \"1\"]\n\n1. bxa8=Q+ Ke7 2. O-O Rxa8 3. Nd3 Rxa1 4. Nef4 1-0\n";
  const GameFile file = ReadGames(GameFormat::kPgn, chess, text);
  ASSERT_THAT(file.problems, IsEmpty());
  const auto written = WriteGame(GameFormat::kPgn, file.games[0]);
  ASSERT_TRUE(written.ok());
  EXPECT_THAT(*written, HasSubstr("1. bxa8=Q+ Ke7 2. O-O Rxa8 3. Nd3 Rxa1 4. Nef4 1-0"));
}

std::string OneGame(const std::string& moves) {
  const GameFile file = ReadGames(GameFormat::kPgn, Find("chess"), moves);
  if (file.games.size() != 1 || !file.problems.empty()) return absl::StrJoin(file.problems, "\n");
  return absl::StrJoin(MoveTexts(file.games[0]), " ");
}

TEST(PgnTest, VariationsAndMarksAreSkippedWhereverTheyStand) {
  const std::string line = "e2e4 e7e5 g1f3 b8c6";
  for (const char* text : {
           "1. e4 e5 2. Nf3 Nc6 *",
           "1. e4 (1. d4 d5 (1... Nf6 2. c4 (2. Nf3 {a ) brace} g6) 2... e6) 2. c4) 1... e5 2. Nf3 (2. f4 exf4) (2. Bc4) Nc6 *",
           "(1. d4) 1. e4 e5 2. Nf3 Nc6 (2... d6 1-0) *",                      // before the first move; a result inside
           "1. e4 $1 $10 e5$2 2. Nf3!? $139 Nc6?! $ 7 *",                      // marks apart, run together, without a number
           "1.e4!!$3({why} 1.d4$4!?)1...e5 2.Nf3 (; ) to the end\n2.f4)Nc6*",  // without blanks
           "1. e4 e5 ( ) 2. Nf3 (2. Ke9 no such move) Nc6 *",                  // nobody plays what variations say
           "1. P-e4 e7-e5 2. Ng1-f3 Nb8c6 *",                                  // long forms
           "1. e2e4 e7e5 2. g1f3 b8c6 *",                                      // UCI
       }) {
    EXPECT_EQ(OneGame(text), line) << text;
  }
  EXPECT_THAT(OneGame("1. e4 (1. d4 (1. c4) e5 *"), HasSubstr("a variation ( without its )"));
  EXPECT_THAT(OneGame("1. e4 e5) 2. Nf3 *"), HasSubstr("unexpected ')'"));
  EXPECT_THAT(OneGame("1. e4 e5 2. Nd7 *"), HasSubstr("'Nd7' is illegal"));
}

TEST(PgnTest, CommentsOfTheMainLineAreKeptAndThoseOfVariationsAreNot) {
  const GameFile file = ReadGames(GameFormat::kPgn, Find("chess"), "1. e4 {king's} (1. d4 {queen's}) {pawn} e5 $1 {so} *\n");
  ASSERT_EQ(file.games.size(), 1u);
  EXPECT_THAT(file.games[0].comments, ElementsAre("", "king's pawn", "so"));
}

TEST(PgnTest, NoMoveIsReadAfterTheGameIsOver) { EXPECT_THAT(OneGame("1. f3 e5 2. g4 Qh4# 3. a3 *"), HasSubstr("the game is over")); }

TEST(SgfTest, TheMainLineOfEachTreeIsTheFirstBranchAllTheWay) {
  const GameFile file = ReadGames(GameFormat::kSgf, nullptr,
                                  "(;GM[1]SZ[9](;B[ee](;W[cc]C[main](;B[gg](;W[aa])(;W[bb])))(;W[dd];B[ff]))(;B[aa]C[the other](;W[ee])))\n"
                                  "(;GM[1]SZ[9];B[ee];W[cc](;B[gg])(;B[ee]C[illegal, and nobody minds]))");
  ASSERT_EQ(file.games.size(), 2u);
  EXPECT_THAT(file.problems, IsEmpty());
  EXPECT_THAT(MoveTexts(file.games[0]), ElementsAre("E5", "C7", "G3", "A9"));
  EXPECT_THAT(file.games[0].comments, ElementsAre("", "", "main"));
  EXPECT_THAT(MoveTexts(file.games[1]), ElementsAre("E5", "C7", "G3"));
}

TEST(SgfTest, ACycleOfKoIsNamedWithLineAndMoveAndTheOtherGamesAreRead) {
  const std::string up_to_the_ko = "(;GM[1]SZ[5];B[ba];W[ca];B[ab];W[db];B[bc];W[cc];B[ee];W[bb]\n;B[cb]";  // black takes B4
  const GameFile file = ReadGames(GameFormat::kSgf, nullptr,
                                  up_to_the_ko + ";W[bb];B[cb];W[bb])\n" + up_to_the_ko + ";W[ed];B[dd];W[bb])\n(;GM[1]SZ[5];B[cc])\n");
  ASSERT_EQ(file.games.size(), 3u);
  EXPECT_THAT(file.games[0].problem, HasSubstr("line 2, ply 9: move 'B4' is illegal"));
  EXPECT_EQ(file.games[0].moves.size(), 9u) << "up to the move that repeats a board";
  EXPECT_EQ(file.games[1].problem, "") << "taken back after a threat and its answer";
  EXPECT_EQ(file.games[2].problem, "");
}

TEST(SgfTest, HexHasTheSwapOfItsPrograms) {
  const GameFile file = ReadGames(GameFormat::kSgf, nullptr, "(;GM[11]SZ[5];B[d2];W[swap-pieces];B[c3])");
  ASSERT_EQ(file.games.size(), 1u);
  EXPECT_EQ(file.games[0].problem, "");
  EXPECT_EQ(file.games[0].game, Find("hex:size=5,swap=true"));
  EXPECT_THAT(MoveTexts(file.games[0]), ElementsAre("d2", "swap", "c3"));
  EXPECT_THAT(*WriteGame(GameFormat::kSgf, file.games[0]), HasSubstr(";B[d2];W[swap-pieces];B[c3]"));
  const GameFile plain = ReadGames(GameFormat::kSgf, Find("hex:size=5"), "(;GM[11]SZ[5];B[d2];W[swap-pieces])");
  EXPECT_THAT(plain.games[0].problem, HasSubstr("swap"));
}

TEST(SgfTest, ReadsEveryConstruct) {
  const GameFile file = ReadGames(GameFormat::kSgf, Find("othello"),
                                  "mail header\n(;FF[4]GM[2]SZ[8]PB[a\\]b]RE[B+4]C[one\\\ntwo \\\\]\n;B[ed](;W[ee]C[x])(;W[cc];B[aa]))\n"
                                  "(;GM[2];B[d3];W[c3])");
  ASSERT_EQ(file.games.size(), 2u);
  EXPECT_EQ(*file.games[0].Tag("White"), "a]b");
  EXPECT_EQ(file.games[0].comments[0], "onetwo \\");
  EXPECT_EQ(file.games[0].result, 1);
  EXPECT_THAT(file.games[0].problem, HasSubstr("illegal"));
  EXPECT_EQ(file.games[1].problem, "");
  EXPECT_THAT(MoveTexts(file.games[1]), ElementsAre("d3", "c3"));
}

TEST(SgfTest, GoSetupHandicapAndPassesAreRead) {
  if (Find("go:size=9") == nullptr) GTEST_SKIP() << "no game go";
  const GameFile file = ReadGames(GameFormat::kSgf, nullptr, "(;GM[1]FF[4]SZ[9]KM[7.5]HA[2]AB[cc][gg]AW[aa:ab];W[ee];B[];W[tt])");
  ASSERT_EQ(file.games.size(), 1u);
  EXPECT_EQ(file.games[0].problem, "");
  EXPECT_THAT(MoveTexts(file.games[0]), ElementsAre("E5", "pass", "pass"));
  EXPECT_THAT(file.games[0].start, HasSubstr(" o"));
}

TEST(SgfTest, BrokenFilesAreReportedAndLaterGamesRead) {
  const Game* const game = Find("othello");
  for (const char* text :
       {"(;GM[2]B[d3", "(;GM[2];B[d3]", "(;GM[2];B]", "(;GM[7])", "(;GM[2]SZ[x])", "(;GM[2];B[d3]W[c3])", "nothing", "(;)x(;GM"}) {
    const GameFile file = ReadGames(GameFormat::kSgf, game, text);
    EXPECT_FALSE(file.problems.empty()) << text;
  }
  const GameFile file = ReadGames(GameFormat::kSgf, game, "(;GM[2];B]\n(;GM[2];B[d3])\n");
  ASSERT_EQ(file.games.size(), 2u);
  EXPECT_EQ(file.games[1].moves.size(), 1u);
}

TEST(GameFileTest, RandomBytesNeverCrash) {
  Rng rng(9);
  const std::string letters = "()[];{}\"\\$%.*12-/abBWKQRx=+ #\n\r\xff";
  for (int i = 0; i < 4000; ++i) {
    std::string text = i % 2 == 0 ? "" : "(;GM[2]";
    for (std::uint32_t n = rng.Below(40); n > 0; --n) text += letters[rng.Below(static_cast<std::uint32_t>(letters.size()))];
    ReadGames(GameFormat::kPgn, Find("connect_four"), text);
    ReadGames(GameFormat::kSgf, Find("othello"), text);
  }
}

}  // namespace
}  // namespace tandem
