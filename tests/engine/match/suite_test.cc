#include "engine/match/suite.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "engine/game/registry.h"
#include "engine/match/solved_set.h"
#include "gtest/gtest.h"
#include "tests/shared_data.h"

namespace tandem {
namespace {

const Game& TicTacToe() { return **FindGame("tic_tac_toe"); }
const Game& ConnectFour() { return **FindGame("connect_four"); }

AgentSource Source(const Game& game, std::string spec) {
  return [&game, spec = std::move(spec)] { return MakeAgent(game, spec); };
}

std::filesystem::path Write(const std::string& name, const std::string& content) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(path) << content;
  return path;
}

TEST(SolvedSetTest, ReadsColumnsOfScores) {
  SolvedSet set;
  const auto path = Write("columns.jsonl",
                          "{\"ply\":22,\"moves\":\"6561452225454533564762\",\"scores\":[-3,null,0,2,null,1,-1],\"mixed\":true}\n"
                          "{\"ply\":2,\"moves\":\"45\",\"scores\":[1,2,1,3,2,3,3]}\n");
  ASSERT_TRUE(ReadSolvedFile(ConnectFour(), path, &set).ok() || !set.problems.empty());
  ASSERT_GE(set.positions.size(), 1u);
  const SolvedPosition& last = set.positions.back();
  EXPECT_EQ(last.ply, 2);
  EXPECT_EQ(last.BestValue(), 1);
  EXPECT_FALSE(last.Mixed());
  EXPECT_EQ(last.RandomShare(), 1);
}

TEST(SolvedSetTest, ReadsTicTacToeBoardsAndPassesOverFinishedGames) {
  SolvedSet set;
  const auto path = Write("boards.jsonl",
                          "{\"board\":\"xx.oo....\",\"turn\":\"x\",\"terminal\":false,\"value\":1,\"moves\":{\"c1\":[1,1],\"c2\":[0,5],"
                          "\"a3\":[-1,2],\"b3\":[-1,2],\"c3\":[-1,2]}}\n"
                          "{\"board\":\"xxxoo....\",\"turn\":\"o\",\"terminal\":true,\"value\":-1,\"moves\":{}}\n");
  ASSERT_TRUE(ReadSolvedFile(TicTacToe(), path, &set).ok());
  EXPECT_TRUE(set.problems.empty());
  EXPECT_EQ(set.passed_over, 1);
  ASSERT_EQ(set.positions.size(), 1u);
  const SolvedPosition& position = set.positions[0];
  EXPECT_EQ(position.ply, 4);
  EXPECT_TRUE(position.Mixed());
  EXPECT_DOUBLE_EQ(position.RandomShare(), 0.2);
  ActionList legal;
  position.state->LegalActions(legal);
  for (int i = 0; i < legal.size(); ++i) {
    const int expected = position.state->ActionText(legal[i]) == "c1" ? 1 : position.state->ActionText(legal[i]) == "c2" ? 0 : -1;
    EXPECT_EQ(position.move_values[static_cast<std::size_t>(i)], expected);
  }
}

TEST(SolvedSetTest, ReadsOthelloBoardsWithTheirFirstRowOnTop) {
  const Game& othello = **FindGame("othello");
  SolvedSet set;
  // The start position; two of its four moves are listed.
  const auto path = Write("othello.jsonl",
                          "{\"board\":\"---------------------------OX------XO---------------------------\",\"turn\":\"X\",\"empties\":60,"
                          "\"scores\":{\"d3\":0,\"f5\":-2}}\n");
  ASSERT_TRUE(ReadSolvedFile(othello, path, &set).ok()) << ReadSolvedFile(othello, path, &set);
  ASSERT_EQ(set.positions.size(), 1u);
  EXPECT_EQ(set.positions[0].ply, 0);
  EXPECT_EQ(set.positions[0].BestValue(), 0);
  EXPECT_TRUE(set.positions[0].Mixed());
  EXPECT_EQ(set.positions[0].state->Key(), othello.NewState()->Key());
}

TEST(SolvedSetTest, CompletesPublishedValuesByTheSolverAndReportsContradictions) {
  SolvedSet set;
  const auto path = Write("published.txt",
                          "2252576253462244111563365343671351441 -1\n23163416124767223154467471272416755633 0\n"
                          "7422341735647741166133573473242566 -1\n");
  ASSERT_TRUE(ReadSolvedFile(ConnectFour(), path, &set).ok());
  ASSERT_EQ(set.positions.size(), 3u);
  EXPECT_EQ(CompleteBySolver(ConnectFour(), 10'000'000, 2, &set), 0);
  EXPECT_EQ(set.positions[0].BestValue(), -1);
  EXPECT_EQ(set.positions[1].BestValue(), 0);
  ASSERT_EQ(set.problems.size(), 1u);  // the last one's sign is wrong on purpose
  EXPECT_NE(set.problems[0].find("the file says -1"), std::string::npos);
  SolvedSet hard;
  ASSERT_TRUE(ReadSolvedFile(ConnectFour(), Write("hard.txt", "44 2\n"), &hard).ok());
  EXPECT_EQ(CompleteBySolver(ConnectFour(), 10, 1, &hard), 1);
  EXPECT_TRUE(hard.positions.empty());
}

TEST(SolvedSetTest, UnreadableLinesAreSkippedWithFileAndLine) {
  SolvedSet set;
  const auto path =
      Write("mixed.jsonl", "garbage here now\n{\"moves\":\"45\",\"scores\":[1,2,1,3,2,3,3]}\n{\"moves\":\"49\",\"scores\":[]}\n{\n");
  ASSERT_TRUE(ReadSolvedFile(ConnectFour(), path, &set).ok());
  EXPECT_EQ(set.positions.size(), 1u);
  ASSERT_EQ(set.problems.size(), 3u);
  EXPECT_NE(set.problems[0].find("mixed.jsonl:1: "), std::string::npos);
  EXPECT_NE(set.problems[1].find("mixed.jsonl:3: ply 1"), std::string::npos) << set.problems[1];
  const absl::Status useless = ReadSolvedFile(ConnectFour(), Write("useless.txt", "one\ntwo\n"), &set);
  EXPECT_EQ(useless.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(ReadSolvedFile(ConnectFour(), "/nowhere", &set).ok());
}

TEST(SolvedSetTest, GeneratedPositionsAreMixedDifferentAndSolved) {
  GenerateOptions options;
  options.count = 30;
  options.min_ply = 3;
  options.max_ply = 6;
  const SolvedSet set = GenerateSolvedSet(TicTacToe(), options);
  EXPECT_EQ(set.positions.size(), 30u);
  for (const SolvedPosition& position : set.positions) {
    EXPECT_TRUE(position.Mixed());
    EXPECT_EQ(*position.value, position.BestValue());
  }
}

TEST(SuiteTest, TheSolverKeepsEveryValueAndRandomAboutItsExpectation) {
  GenerateOptions options;
  options.count = 150;
  options.min_ply = 2;
  options.max_ply = 6;
  const SolvedSet set = GenerateSolvedSet(TicTacToe(), options);
  const auto solver = RunSuite(set, Source(TicTacToe(), "solver"), 2, 1);
  ASSERT_TRUE(solver.ok());
  EXPECT_EQ(solver->all.mixed.value, 1);
  EXPECT_EQ(solver->all.regret, 0);
  EXPECT_EQ(solver->all.mixed.trials, static_cast<std::int64_t>(set.positions.size()));
  EXPECT_EQ(solver->bands.size(), 1u);
  EXPECT_EQ(solver->bands[0].label, "2-7");
  const auto random = RunSuite(set, Source(TicTacToe(), "random"), 2, 1);
  EXPECT_NEAR(random->all.mixed.value, random->all.random_share, 0.15);
  EXPECT_GT(random->all.regret, 0);
}

TEST(SuiteTest, TheReportDoesNotDependOnTheNumberOfThreads) {
  GenerateOptions options;
  options.count = 60;
  options.min_ply = 3;
  options.max_ply = 6;
  const SolvedSet set = GenerateSolvedSet(TicTacToe(), options);
  EXPECT_EQ(RunSuite(set, Source(TicTacToe(), "uct:sims=10"), 1, 9)->kept, RunSuite(set, Source(TicTacToe(), "uct:sims=10"), 3, 9)->kept);
}

TEST(SuiteTest, PositionsWithoutAChoiceAreCountedApart) {
  SolvedSet set;
  ASSERT_TRUE(ReadSolvedFile(ConnectFour(), Write("choice.jsonl", "{\"moves\":\"45\",\"scores\":[1,2,1,3,2,3,3]}\n"), &set).ok());
  const auto report = RunSuite(set, Source(ConnectFour(), "random"), 1, 1);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->all.mixed.trials, 0);
  EXPECT_EQ(report->all.positions, 1);
  EXPECT_EQ(report->any.successes, 1);
}

TEST(SolvedSetTest, ReadsWinningAndLosingMovesOfItsOwnSizeOnly) {
  SolvedSet set;
  const auto path = Write("hex.jsonl",
                          "{\"size\":3,\"moves\":\"c2 b1\",\"turn\":0,\"winning\":\"a1 c1 a2\",\"losing\":\"b2 a3 b3 c3\"}\n"
                          "{\"size\":4,\"moves\":\"\",\"turn\":0,\"winning\":\"d1\",\"losing\":\"a1\"}\n");
  ASSERT_TRUE(ReadSolvedFile(**FindGame("hex:size=3"), path, &set).ok());
  EXPECT_TRUE(set.problems.empty());
  EXPECT_EQ(set.passed_over, 1);
  ASSERT_EQ(set.positions.size(), 1u);
  EXPECT_EQ(set.positions[0].ply, 2);
  EXPECT_DOUBLE_EQ(set.positions[0].RandomShare(), 3.0 / 7);
}

TEST(SolvedSetTest, ReadsADocumentOfWinningFirstMoves) {
  const auto path = Write("openings.json", "{\n \"winning_first_moves\": {\n  \"3\": [\"c1\", \"a2\", \"b2\", \"c2\", \"a3\"]\n }\n}\n");
  SolvedSet set;
  ASSERT_TRUE(ReadSolvedFile(**FindGame("hex:size=3"), path, &set).ok());
  ASSERT_EQ(set.positions.size(), 1u);
  EXPECT_EQ(set.positions[0].ply, 0);
  EXPECT_DOUBLE_EQ(set.positions[0].RandomShare(), 5.0 / 9);
  ASSERT_TRUE(ReadSolvedFile(**FindGame("hex:size=5"), path, &set).ok());
  EXPECT_EQ(set.passed_over, 1);
}

TEST(SolvedSetTest, BestMovesKeepTheValueAndMovesToAvoidDoNot) {
  SolvedSet set;
  const auto path = Write("best.jsonl",
                          "{\"fen\":\"3/1x1/2o x\",\"bm\":[\"a1\",\"a3\"],\"id\":\"1\"}\n"
                          "{\"fen\":\"3/1x1/2o x\",\"am\":[\"a1\"]}\n"
                          "{\"fen\":\"3/1x1/2o x\",\"mate_in\":3,\"keys\":[\"a1\"],\"keys_complete\":false}\n"
                          "{\"fen\":\"3/1x1/2o x\",\"bm\":[\"b2\"]}\n"
                          "{\"fen\":\"3/1x1/2o x\",\"bm\":7}\n"
                          "{\"fen\":\"nothing\",\"bm\":[\"a1\"]}\n"
                          "[1]\n");
  ASSERT_TRUE(ReadSolvedFile(TicTacToe(), path, &set).ok());
  EXPECT_EQ(set.problems.size(), 4u);
  ASSERT_EQ(set.positions.size(), 3u);
  EXPECT_DOUBLE_EQ(set.positions[0].RandomShare(), 2.0 / 7);
  EXPECT_DOUBLE_EQ(set.positions[1].RandomShare(), 6.0 / 7);
  EXPECT_FALSE(set.positions[2].Mixed());
}

TEST(SolvedSetTest, ReadsChessSuitesWhereTheGameIsThere) {
  const absl::StatusOr<const Game*> chess = FindGame("chess");
  if (!chess.ok()) GTEST_SKIP() << "no game chess here";
  TANDEM_SKIP_WITHOUT_SHARED_DATA("chess/mates.jsonl");
  const std::pair<const char*, std::size_t> cases[] = {{"chess/mates.jsonl", 130}, {"chess/suites.jsonl", 473}};
  for (const auto& [file, positions] : cases) {
    SolvedSet set;
    ASSERT_TRUE(ReadSolvedFile(**chess, SharedDataPath(file), &set).ok());
    EXPECT_EQ(set.positions.size(), positions) << file;
    EXPECT_TRUE(set.problems.empty()) << set.problems.front();
  }
}

TEST(SolvedSetTest, ReadsEverySolvedSetOfTheSharedDataWithoutAProblem) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("connect_four/solved.jsonl");
  const struct {
    const char* game;
    const char* file;
    std::size_t positions;
    std::int64_t passed_over;
  } cases[] = {{"connect_four", "connect_four/solved.jsonl", 2387, 0},
               {"connect_four", "connect_four/openings_solved.jsonl", 672, 0},
               {"connect_four", "connect_four/shallow.jsonl", 35, 0},
               {"connect_four", "connect_four/published_test_L2_R1.txt", 600, 0},
               {"tic_tac_toe", "tic_tac_toe/solved_standard.jsonl", 4520, 958},
               {"tic_tac_toe:misere=true", "tic_tac_toe/solved_misere.jsonl", 4520, 958},
               {"connect_four:misere=true", "connect_four/misere_solved.jsonl", 320, 0},
               {"hex:size=3", "hex/opening_wins.json", 1, 0},
               {"hex:size=4", "hex/opening_wins.json", 1, 0},
               {"hex:size=3", "hex/solved_positions.jsonl", 25, 231},
               {"hex:size=4", "hex/solved_positions.jsonl", 112, 144},
               {"hex:size=5", "hex/solved_positions.jsonl", 119, 137},
               {"othello", "othello/endgames_8x8.jsonl", 605, 0},
               {"othello", "othello/ffo_1_79.jsonl", 79, 0}};
  for (const auto& c : cases) {
    SolvedSet set;
    const absl::Status status = ReadSolvedFile(**FindGame(c.game), SharedDataPath(c.file), &set);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(set.positions.size(), c.positions) << c.file;
    EXPECT_EQ(set.passed_over, c.passed_over) << c.file;
    EXPECT_TRUE(set.problems.empty()) << set.problems.front();
  }
}

TEST(SuiteTest, AnAgentThatCanNotBeMadeIsAnError) {
  SolvedSet set;
  EXPECT_FALSE(RunSuite(set, Source(TicTacToe(), "nobody"), 2, 1).ok());
}

}  // namespace
}  // namespace tandem
