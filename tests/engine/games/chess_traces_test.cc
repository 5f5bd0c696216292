// Chess as python-chess plays it (shared data): legal moves, FEN, check and claims at every ply, ends and results; records of people's
// games through SAN and back; forced mates.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "absl/strings/str_join.h"
#include "engine/game/adapter.h"
#include "engine/games/chess/action.h"
#include "engine/games/chess/chess_position.h"
#include "engine/games/chess/move_text.h"
#include "tests/engine/games/replay.h"
#include "tests/shared_data.h"

namespace tandem::chess {
namespace {

const ChessPosition& PositionOf(const State& state) { return static_cast<const StateOf<ChessPosition>&>(state).position(); }

// "+": check, "3": third occurrence, "5": fifty moves.
std::string Flags(const ChessPosition& position) {
  std::string flags;
  if (position.board().InCheck()) flags += '+';
  if (position.repetitions() >= 2) flags += '3';
  if (position.board().clock >= 100) flags += '5';
  return flags;
}

void CompareTrace(const Game& game, const boost::json::object& trace) {
  const std::unique_ptr<State> state = *game.StateFromText(std::string(trace.at("params").at("start").as_string()));
  for (const boost::json::value& ply : trace.at("plies").as_array()) {
    ASSERT_EQ(state->ToText(), ply.at("f").as_string());
    ASSERT_EQ(SortedLegal(*state), ply.at("l").as_string()) << state->ToText();
    ASSERT_EQ(state->ToMove(), ply.at("s").as_int64());
    ASSERT_FALSE(state->IsTerminal()) << state->ToText();
    const boost::json::value* flags = ply.as_object().if_contains("x");
    ASSERT_EQ(Flags(PositionOf(*state)), flags == nullptr ? "" : std::string(flags->as_string())) << state->ToText();
    state->Apply(state->ParseAction(std::string(ply.at("m").as_string())).value());
  }
  ASSERT_EQ(state->ToText(), trace.at("final").at("f").as_string());
  ASSERT_EQ(state->IsTerminal(), trace.at("final").at("t").as_bool());
  if (!trace.at("result").is_null()) {
    ASSERT_EQ(static_cast<int>(state->GetOutcome()), trace.at("result").as_int64());
  }
}

void CompareTraces(const std::string& file, const char* spec, int expected_games) {
  int num_games = 0;
  for (const boost::json::object& trace : ReadJsonLines(file)) {
    SCOPED_TRACE(trace.at("id").as_string().c_str());
    CompareTrace(GameNamed(spec), trace);
    if (testing::Test::HasFatalFailure()) return;
    ++num_games;
  }
  EXPECT_EQ(num_games, expected_games);
}

TEST(ChessTracesTest, AgreesWithAnotherProgramAtEveryPly) {
  constexpr char kFile[] = "chess/traces.jsonl.zst";
  TANDEM_SKIP_WITHOUT_SHARED_DATA(kFile);
  CompareTraces(kFile, "chess", 300);
}

TEST(ChessTracesTest, AgreesWithAnotherProgramInChess960) {
  constexpr char kFile[] = "chess/traces_chess960.jsonl.zst";
  TANDEM_SKIP_WITHOUT_SHARED_DATA(kFile);
  CompareTraces(kFile, "chess:chess960=true", 60);
}

TEST(ChessTracesTest, RecordGamesGoThroughSanAndBack) {
  constexpr char kFile[] = "chess/games.txt.zst";
  TANDEM_SKIP_WITHOUT_SHARED_DATA(kFile);
  int num_games = 0;
  for (const std::string& line : ReadSharedLines(kFile)) {
    if (num_games++ % 10 != 0) continue;
    std::istringstream fields(line);
    std::string skipped, text;
    for (int i = 0; i < 4; ++i) fields >> skipped;  // result, source, two ratings
    Board board = StandardStart();
    while (fields >> text) {
      const absl::StatusOr<Move> move = ReadUci(board, text, false);
      ASSERT_TRUE(move.ok()) << move.status();
      const std::string san = WriteSan(board, *move);
      const absl::StatusOr<Move> read = ReadSan(board, san);
      ASSERT_TRUE(read.ok() && *read == *move) << san << " " << text << " " << read.status();
      board.Apply(*move);
    }
  }
  EXPECT_GT(num_games, 5000);
}

// Shortest mate by the solver on the plain game: the value, and that no key is missed where all are listed.
TEST(ChessMatesTest, SolverFindsTheMatesAndTheirKeys) {
  constexpr char kFile[] = "chess/mates.jsonl";
  TANDEM_SKIP_WITHOUT_SHARED_DATA(kFile);
  const Game& game = GameNamed("chess");
  const std::unique_ptr<Solver> solver = game.NewSolver(0);
  int num_mates = 0;
  for (const boost::json::object& row : ReadJsonLines(kFile)) {
    const std::int64_t mate_in = row.at("mate_in").as_int64();
    if (mate_in > 2) continue;
    const std::unique_ptr<State> state = *game.StateFromText(std::string(row.at("fen").as_string()));
    EXPECT_EQ(solver->Solve(*state, false, 1'000'000).value().value, 1) << state->ToText();
    for (const boost::json::value& key : row.at("keys").as_array()) {
      const std::unique_ptr<State> next = state->Clone();
      next->Apply(state->ParseAction(std::string(key.as_string())).value());
      if (mate_in == 1) {
        EXPECT_EQ(MoverResult(next->GetOutcome(), state->ToMove()), 1) << state->ToText();
      } else {
        EXPECT_EQ(solver->Solve(*next, false, 100'000).value().value, -1) << state->ToText() << " " << key;
      }
    }
    ++num_mates;
  }
  EXPECT_EQ(num_mates, 100);
}

}  // namespace
}  // namespace tandem::chess
