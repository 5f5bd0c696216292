// Game files as records: lines as the shared collections have them, PGN and SGF, and what is refused.
#include "tools/commands/import_games.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "engine/base/file.h"
#include "engine/game/registry.h"
#include "selfplay/record/chunk.h"
#include "tests/shared_data.h"
#include "tools/commands/holdout.h"
#include "tools/commands/match_games.h"
#include "training/target/target.h"

namespace tandem {
namespace {

using testing::AllOf;
using testing::HasSubstr;

const Game& Find(const char* spec) { return **FindGame(spec); }

std::string ErrorOf(const char* spec, const std::string& line) {
  const auto record = RecordOfLine(Find(spec), line);
  return record.ok() ? "" : std::string(record.status().message());
}

TEST(ImportGamesTest, AMaskKeepsRandomMovesFromBeingTargets) {
  const auto record = RecordOfLine(Find("connect_four"), "1 4142434 rrttttt");
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->end(), GameRecord::PLAYED);
  EXPECT_EQ(record->moves_size(), 7);
  EXPECT_FALSE(record->turns(1).full_search());
  EXPECT_TRUE(record->turns(2).full_search());
}

TEST(ImportGamesTest, TargetsAreTheMovePlayedAndTheResult) {
  const auto record = RecordOfLine(Find("tic_tac_toe"), "-3 some fields a1 b2 a2 b1 c3 b3");
  ASSERT_TRUE(record.ok()) << record.status();
  const std::vector<std::int8_t> movers = {0, 1, 0, 1, 0, 1};
  const std::vector<TargetRow> rows = MakeTargets(*record, movers, 0.3);
  ASSERT_EQ(rows.size(), 6u);
  EXPECT_EQ(rows[1].policy.size(), 1u);
  EXPECT_EQ(rows[1].policy[0].action, record->moves(1));
  EXPECT_FLOAT_EQ(rows[1].wdl[0], 1);  // the second player wins
  EXPECT_FLOAT_EQ(rows[0].wdl[2], 1);
}

TEST(ImportGamesTest, UnfinishedGamesKeepTheResultOfTheFile) {
  const auto record = RecordOfLine(Find("othello"), "0 d3c3c4e3");
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->end(), GameRecord::IMPORTED);
  EXPECT_EQ(record->result(), 0);
}

TEST(ImportGamesTest, BadLinesSayWhy) {
  EXPECT_THAT(ErrorOf("connect_four", "x 4444"), HasSubstr("result 'x'"));
  EXPECT_THAT(ErrorOf("connect_four", "1"), HasSubstr("no field begins"));
  EXPECT_THAT(ErrorOf("connect_four", "1 4444444"), HasSubstr("ply 6"));
  EXPECT_THAT(ErrorOf("connect_four", "1 44444412361 tttt"), HasSubstr("mask of 4 letters"));
  EXPECT_THAT(ErrorOf("tic_tac_toe", "0 a1 b1 a2 b2 a3"), HasSubstr("result 0, but the game ended 1"));
}

TEST(ImportGamesTest, FilesAreReadByNameAndBadGamesNamed) {
  const std::filesystem::path directory = testing::TempDir();
  const auto write = [&](const char* name, const std::string& text) {
    EXPECT_TRUE(WriteFileAtomic(directory / name, text).ok());
    return directory / name;
  };
  ImportedGames imported;
  ASSERT_TRUE(ImportFile(Find("tic_tac_toe"),
                         write("a.pgn", "[Variant \"tictactoe\"]\n\n1. a1 b1 2. a2 b2 3. a3 1-0\n\n1. a1 a1 *\n\n1. a1 *\n"), &imported)
                  .ok());
  ASSERT_TRUE(ImportFile(Find("tic_tac_toe"), write("b.txt", "# comment\n1 a1 b1 a2 b2 a3\n\n1 z1\n"), &imported).ok());
  EXPECT_EQ(imported.games.size(), 2u);
  EXPECT_EQ(imported.rows, 10);
  ASSERT_EQ(imported.problems.size(), 3u);
  EXPECT_THAT(imported.problems[0], AllOf(HasSubstr("a.pgn: line 5"), HasSubstr("illegal")));
  EXPECT_THAT(imported.problems[1], HasSubstr("no result"));
  EXPECT_THAT(imported.problems[2], HasSubstr("b.txt: line 4"));
  EXPECT_FALSE(ImportFile(Find("tic_tac_toe"), "/no/such.pgn", &imported).ok());
  EXPECT_FALSE(ImportFile(Find("tic_tac_toe"), write("c.txt.zst", "not zstd"), &imported).ok());
}

// Every collection of the shared data whose game exists, the first games of each.
TEST(ImportGamesTest, SharedCollectionsAreRead) {
  const std::vector<std::pair<const char*, const char*>> kCollections = {{"connect_four", "connect_four/teacher_games.txt.zst"},
                                                                         {"othello", "othello/teacher_games.txt.zst"},
                                                                         {"othello", "othello/games_eothello.txt.zst"},
                                                                         {"hex:size=10", "hex/games_10x10_wolve.txt.zst"},
                                                                         {"chess", "chess/games.txt.zst"},
                                                                         {"go:size=19,suicide=false", "go/games_19x19_ai.txt.zst"}};
  for (const auto& [spec, file] : kCollections) {
    TANDEM_SKIP_WITHOUT_SHARED_DATA(file);
    const auto game = FindGame(spec);
    if (!game.ok()) continue;
    const std::vector<std::string> lines = ReadSharedLines(file);
    int good = 0, all = 0;
    std::string problem;
    for (std::size_t i = 0; i < lines.size(); i += 50) {
      const auto record = RecordOfLine(**game, lines[i]);
      ++all;
      if (record.ok()) {
        ++good;
      } else {
        problem = std::string(record.status().message());
      }
    }
    EXPECT_GE(good, all * 95 / 100) << file << ": " << problem;
  }
}

TEST(MatchGamesTest, GamesOfAMatchAreReadBack) {
  const Game& game = Find("tic_tac_toe");
  PlayedGame played;
  const std::unique_ptr<State> state = game.NewState();
  for (const char* move : {"a1", "b1", "a2"}) {
    played.moves.push_back(*state->ParseAction(move));
    state->Apply(played.moves.back());
  }
  played.outcome = Outcome::kFirstWins;
  played.ending = Ending::kForfeit;
  played.note = "b forfeits: gone {away}";
  const auto text = WriteGame(GameFormat::kPgn, MatchGame(game, played, "uct", "uci:cmd=\"x y\"", 3));
  ASSERT_TRUE(text.ok());
  const GameFile file = ReadGames(GameFormat::kPgn, &game, *text);
  ASSERT_EQ(file.games.size(), 1u);
  EXPECT_EQ(file.games[0].moves, played.moves);
  EXPECT_EQ(file.games[0].result, 1);
  EXPECT_EQ(*file.games[0].Tag("Black"), "uci:cmd=\"x y\"");
  EXPECT_EQ(*file.games[0].Tag("Termination"), "forfeit");
  EXPECT_EQ(file.games[0].comments.back(), "b forfeits: gone {away");
}

// A network that always prefers the first legal move and sees a draw.
class FirstMove final : public Evaluator {
 public:
  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    for (EvalRequest& request : batch) {
      std::fill(request.prior.begin(), request.prior.end(), 0.0f);
      request.prior[0] = 1;
      *request.evaluation = {.win = 0, .draw = 1, .loss = 0};
    }
    return absl::OkStatus();
  }
  EvalCounters counters() const override { return {}; }
  std::string id() const override { return "first"; }
};

TEST(HoldoutTest, CountsMovesAndResultsForeseen) {
  const Game& game = Find("tic_tac_toe");
  const auto record = RecordOfLine(game, "1 a1 b1 a2 c1 a3");  // the first free cell, the first, not, the first, not
  ASSERT_TRUE(record.ok()) << record.status();
  FirstMove evaluator;
  const auto report = MeasureHoldout(game, {*record}, evaluator);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->positions, 5);
  EXPECT_DOUBLE_EQ(report->top1, 3.0 / 5);
  EXPECT_DOUBLE_EQ(report->result_accuracy, 0);
  EXPECT_DOUBLE_EQ(report->value_mse, 1);
  EXPECT_NEAR(report->random_top1, (1 / 9.0 + 1 / 8.0 + 1 / 7.0 + 1 / 6.0 + 1 / 5.0) / 5, 1e-12);
}

}  // namespace
}  // namespace tandem
