// Positions of games that other programs played (shared data): legal moves, side to move, end and result at every ply; and leaf counts.
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tests/engine/games/replay.h"
#include "tests/shared_data.h"

namespace tandem {
namespace {

struct TraceFile {
  const char* spec;
  const char* file;
};

void CompareTrace(const Game& game, const boost::json::object& trace) {
  const std::unique_ptr<State> state = game.NewState();
  for (const boost::json::value& ply : trace.at("plies").as_array()) {
    ASSERT_EQ(SortedLegal(*state), ply.at("l").as_string());
    ASSERT_EQ(state->ToMove(), ply.at("s").as_int64());
    ASSERT_FALSE(state->IsTerminal());
    const boost::json::string& move = ply.at("m").as_string();
    state->Apply(state->ParseAction(std::string_view(move.data(), move.size())).value());
  }
  ASSERT_EQ(state->IsTerminal(), trace.at("final").at("t").as_bool());
  if (!trace.at("result").is_null()) {
    ASSERT_EQ(static_cast<int>(state->GetOutcome()), trace.at("result").as_int64());
  }
  if (trace.contains("diff")) {
    ASSERT_EQ(state->GetFinalScore().margin, trace.at("diff").as_int64());
  }
  if (const auto* board = trace.at("final").as_object().if_contains("board")) {
    const std::vector<std::int8_t> owner = state->GetFinalScore().owner;
    for (std::size_t cell = 0; cell < owner.size(); ++cell) ASSERT_EQ("O-X"[owner[cell] + 1], board -> as_string()[cell]);
  }
}

class TracesTest : public testing::TestWithParam<TraceFile> {};

TEST_P(TracesTest, AgreesWithOtherProgramsAtEveryPly) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA(GetParam().file);
  int num_games = 0;
  for (const boost::json::object& trace : ReadJsonLines(GetParam().file)) {
    SCOPED_TRACE(trace.at("id").as_string().c_str());
    CompareTrace(GameNamed(GetParam().spec), trace);
    if (HasFatalFailure()) return;
    ++num_games;
  }
  EXPECT_GE(num_games, 60);
}

INSTANTIATE_TEST_SUITE_P(
    Traces, TracesTest,
    testing::Values(TraceFile{"tic_tac_toe", "tic_tac_toe/traces.jsonl"}, TraceFile{"connect_four", "connect_four/traces.jsonl"},
                    TraceFile{"othello", "othello/traces_8x8.jsonl"}, TraceFile{"othello:size=6", "othello/traces_6x6.jsonl"},
                    TraceFile{"connect_k", "connect_four/traces.jsonl"}, TraceFile{"gomoku:size=9", "gomoku/traces_9x9.jsonl.zst"},
                    TraceFile{"gomoku:size=15", "gomoku/traces_15x15.jsonl.zst"},
                    TraceFile{"breakthrough", "breakthrough/traces.jsonl.zst"}, TraceFile{"hex:size=3", "hex/traces_3x3.jsonl"},
                    TraceFile{"hex:size=5", "hex/traces_5x5.jsonl"}, TraceFile{"hex:size=7", "hex/traces_7x7.jsonl"},
                    TraceFile{"hex:size=9", "hex/traces_9x9.jsonl"}, TraceFile{"hex:size=11", "hex/traces_11x11.jsonl.zst"}));

class PerftTest : public testing::TestWithParam<std::string> {};

TEST_P(PerftTest, CountsTheLeavesThatOtherProgramsCount) {
  const std::string file = GetParam() + "/perft.json";
  TANDEM_SKIP_WITHOUT_SHARED_DATA(file);
  const boost::json::value tables = ReadJson(file);
  for (const boost::json::value& table : tables.as_array()) {
    const boost::json::value* size = table.at("params").as_object().if_contains("size");
    const std::string spec = size == nullptr ? GetParam() : absl::StrCat(GetParam(), ":size=", size->as_int64());
    const Game& game = GameNamed(spec);
    for (const auto& [depth, count] : table.at("counts").as_object()) {
      // From depth 10 on, where games can be over, the published table counts otherwise: see othello_test.cc.
      if (GetParam() == "othello" && count.as_int64() > 10'000'000) continue;
      if (count.as_int64() > 500'000'000) continue;  // formulas reach far beyond what can be walked
      EXPECT_EQ(game.Perft(*game.NewState(), std::stoi(std::string(depth))), static_cast<std::uint64_t>(count.as_int64()))
          << spec << " depth " << std::string(depth);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Perft, PerftTest, testing::Values("tic_tac_toe", "connect_four", "othello", "hex", "gomoku", "breakthrough"));

}  // namespace
}  // namespace tandem
