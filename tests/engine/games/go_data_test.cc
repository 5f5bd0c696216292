// Go against what other programs and publications say: traces, leaf counts, known numbers, record games (shared data).
#include <gtest/gtest.h>

#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/game/board_text.h"
#include "tests/engine/games/go_states.h"
#include "tests/shared_data.h"

namespace tandem {
namespace {

struct TraceFile {
  int size;
  const char* file;
};

class GoTracesTest : public testing::TestWithParam<TraceFile> {};

void CompareTrace(const boost::json::object& trace, int size) {
  const std::string spec = absl::StrCat("go:size=", size);
  const std::unique_ptr<State> state = GameNamed(spec).NewState();
  const std::unique_ptr<State> no_suicide = GameNamed(spec + ",suicide=false").NewState();
  bool had_suicide = false;
  for (const boost::json::value& value : trace.at("plies").as_array()) {
    const boost::json::object& ply = value.as_object();
    ASSERT_EQ(absl::StrJoin(LegalTexts(*state), " "), ply.at("l").as_string());
    ASSERT_EQ(state->ToMove(), ply.at("s").as_int64());
    ASSERT_FALSE(state->IsTerminal());
    const std::string move(ply.at("m").as_string());
    const std::string suicides = ply.contains("su") ? std::string(ply.at("su").as_string()) : "";
    std::istringstream words(suicides);
    for (std::string word; words >> word;) {
      had_suicide |= word == move;
      if (!had_suicide) {
        ASSERT_FALSE(IsLegal(*no_suicide, word));
      }
    }
    state->Apply(state->ParseAction(move).value());
    if (!had_suicide) no_suicide->Apply(no_suicide->ParseAction(move).value());
  }
  const boost::json::object& end = trace.at("final").as_object();
  ASSERT_EQ(state->IsTerminal(), end.at("t").as_bool());
  if (!state->IsTerminal()) {
    ASSERT_EQ(absl::StrJoin(LegalTexts(*state), " "), end.at("l").as_string());
  }
  if (!trace.at("result").is_null()) {
    ASSERT_EQ(static_cast<int>(state->GetOutcome()), trace.at("result").as_int64());
  }
  ASSERT_EQ(state->GetFinalScore().margin, trace.at("area").as_int64());
  std::string board = Stones(*state, size);
  for (char& c : board) c = c == 'x' ? 'X' : c == 'o' ? 'O' : '.';
  ASSERT_EQ(board, end.at("board").as_string());
}

TEST_P(GoTracesTest, AgreesWithOtherProgramsAtEveryPly) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA(GetParam().file);
  int num_games = 0;
  for (const boost::json::object& trace : ReadJsonLines(GetParam().file)) {
    SCOPED_TRACE(trace.at("id").as_string().c_str());
    CompareTrace(trace, GetParam().size);
    if (HasFatalFailure()) return;
    ++num_games;
  }
  EXPECT_GE(num_games, 60);
}

INSTANTIATE_TEST_SUITE_P(Traces, GoTracesTest,
                         testing::Values(TraceFile{3, "go/traces_3x3.jsonl"}, TraceFile{4, "go/traces_4x4.jsonl"},
                                         TraceFile{5, "go/traces_5x5.jsonl.zst"}, TraceFile{9, "go/traces_9x9.jsonl.zst"},
                                         TraceFile{13, "go/traces_13x13.jsonl.zst"}, TraceFile{19, "go/traces_19x19.jsonl.zst"}),
                         [](const auto& info) { return absl::StrCat("Size", info.param.size); });

TEST(GoDataTest, CountsTheLeavesThatOtherProgramsCount) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("go/perft.json");
  int num_counts = 0;
  const boost::json::value tables = ReadJson("go/perft.json");
  for (const boost::json::value& table : tables.as_array()) {
    const bool is_open_spiel = std::string_view(table.at("source").as_string()).find("open_spiel") == 0;
    const Game& game =
        GameNamed(absl::StrCat("go:size=", table.at("params").at("size").as_int64(), is_open_spiel ? ",suicide=false,superko=simple" : ""));
    for (const auto& [depth, count] : table.at("counts").as_object()) {
      EXPECT_EQ(game.Perft(*game.NewState(), std::stoi(std::string(depth))), static_cast<std::uint64_t>(count.as_int64()))
          << game.facts().spec << " depth " << std::string(depth);
      ++num_counts;
    }
  }
  EXPECT_GE(num_counts, 30);
}

// Legal boards: those in which every chain has a liberty.
TEST(GoDataTest, AcceptsAsManyBoardsAsAreKnownToBeLegal) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("go/facts.json");
  const boost::json::value facts = ReadJson("go/facts.json");
  for (const int size : {2, 3}) {
    const Game& game = GameNamed(absl::StrCat("go:size=", size));
    int num_boards = 1, num_legal = 0;
    for (int i = 0; i < size * size; ++i) num_boards *= 3;
    for (int number = 0; number < num_boards; ++number) {
      BoardText board{std::string(size * size, '.'), 0};
      for (int cell = 0, rest = number; cell < size * size; ++cell, rest /= 3) board.cells[cell] = ".xo"[rest % 3];
      num_legal += game.StateFromText(WriteBoardText({.rows = size, .cols = size}, board)).ok();
    }
    EXPECT_EQ(num_legal, facts.at("legal_positions").at(absl::StrCat(size, "x", size)).as_int64());
  }
}

// The published value of 2x2 is an area of one for black: komi 0.5 black wins, 1 is a draw, 1.5 white wins.
TEST(GoDataTest, SolvesTheSmallestBoardToItsPublishedScore) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA("go/facts.json");
  const double score = static_cast<double>(ReadJson("go/facts.json").at("area_score_optimal_for_black_komi0").at("2x2").as_int64());
  for (const double margin : {-0.5, 0.0, 0.5}) {
    const Game& game = GameNamed(absl::StrCat("go:size=2,komi=", score - margin));
    const absl::StatusOr<Solution> solution = game.NewSolver(16 << 20)->Solve(*game.NewState(), false, ~std::uint64_t{0});
    EXPECT_EQ(solution.value().value, Sign(static_cast<std::int64_t>(2 * margin))) << margin;
  }
}

TEST(GoDataTest, ReplaysRecordGamesOfStrongPrograms) {
  constexpr char kFile[] = "go/games_19x19_ai.txt.zst";
  TANDEM_SKIP_WITHOUT_SHARED_DATA(kFile);
  const Game& game = GameNamed("go:size=19");
  int num_games = 0, num_illegal = 0;
  for (const std::string& line : ReadSharedLines(kFile)) {
    if (num_games++ % 50 != 0) continue;
    std::istringstream fields(line);
    std::string skip, move;
    for (int i = 0; i < 4; ++i) fields >> skip;
    const std::unique_ptr<State> state = game.NewState();
    while (fields >> move) {
      const absl::StatusOr<Action> action = state->ParseAction(move);
      num_illegal += !action.ok();
      if (!action.ok()) break;
      state->Apply(*action);
    }
  }
  EXPECT_EQ(num_illegal, 0);
}

}  // namespace
}  // namespace tandem
