#include "tests/engine/games/replay.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_join.h"
#include "tests/shared_data.h"

namespace tandem {

std::unique_ptr<State> Play(const Game& game, const std::vector<std::string>& moves) {
  std::unique_ptr<State> state = game.NewState();
  for (const std::string& move : moves) {
    const absl::StatusOr<Action> action = state->ParseAction(move);
    if (!action.ok()) {
      ADD_FAILURE() << "ply " << state->Ply() << ": " << action.status();
      break;
    }
    state->Apply(*action);
  }
  return state;
}

std::vector<std::string> SplitMoves(std::string_view text, int width) {
  std::vector<std::string> moves;
  for (; !text.empty(); text.remove_prefix(width)) {
    const std::string_view move = text.substr(0, width);
    moves.emplace_back(move == "--" ? "pass" : move);
  }
  return moves;
}

int Sign(std::int64_t value) { return value > 0 ? 1 : value < 0 ? -1 : 0; }

std::string SortedLegal(const State& state) {
  ActionList legal;
  state.LegalActions(legal);
  std::vector<std::string> moves;
  for (const Action action : legal) moves.push_back(state.ActionText(action));
  std::sort(moves.begin(), moves.end());
  return absl::StrJoin(moves, " ");
}

int CompareWithSolvedColumns(const Game& game, std::string_view file, int min_ply, int max_ply, int every) {
  const std::unique_ptr<Solver> solver = game.NewSolver(64 << 20);
  int num_rows = 0, num_compared = 0;
  for (const boost::json::object& row : ReadJsonLines(file)) {
    const std::int64_t ply = row.at("ply").as_int64();
    if (ply < min_ply || ply > max_ply || num_rows++ % every != 0) continue;
    std::vector<int> expected;
    for (const boost::json::value& score : row.at("scores").as_array()) {
      if (!score.is_null()) expected.push_back(Sign(score.as_int64()));
    }
    const std::string moves(row.at("moves").as_string());
    const absl::StatusOr<Solution> solution = solver->Solve(*Play(game, SplitMoves(moves, 1)), true, ~std::uint64_t{0});
    EXPECT_EQ(solution.value().move_values, expected) << moves;
    EXPECT_EQ(solution->value, *std::max_element(expected.begin(), expected.end())) << moves;
    const bool mixed = std::count(expected.begin(), expected.end(), expected[0]) != static_cast<std::ptrdiff_t>(expected.size());
    EXPECT_EQ(mixed, row.at("mixed").as_bool()) << moves;
    ++num_compared;
  }
  return num_compared;
}

}  // namespace tandem
