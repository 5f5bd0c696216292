// What takes long on large boards: whole games with every check, and all record games.
#include <gtest/gtest.h>

#include <sstream>

#include "engine/game/conformance.h"
#include "tests/engine/games/replay.h"
#include "tests/shared_data.h"

namespace tandem {
namespace {

class GoLongTest : public testing::TestWithParam<const char*> {};

TEST_P(GoLongTest, HoldsWhatEveryGameMust) {
  EXPECT_EQ(CheckConformance(GameNamed(GetParam()), {.num_games = 1, .seed = 5}), absl::OkStatus());
}

INSTANTIATE_TEST_SUITE_P(Specs, GoLongTest,
                         testing::Values("go:size=8", "go:size=11,suicide=false", "go:size=12,komi=-0.5", "go:size=13,superko=simple",
                                         "go:size=14", "go:size=15,handicap=9", "go:size=16", "go:size=17", "go:size=18", "go:size=19",
                                         "go:size=19,superko=simple,suicide=false"));

// Their rules let five of the games repeat a board after more than two moves: simple ko.
TEST(GoLongTest, EveryMoveOfTheRecordGamesIsLegal) {
  constexpr char kFile[] = "go/games_19x19_ai.txt.zst";
  TANDEM_SKIP_WITHOUT_SHARED_DATA(kFile);
  const Game& game = GameNamed("go:size=19,superko=simple,suicide=false");
  int num_games = 0;
  for (const std::string& line : ReadSharedLines(kFile)) {
    std::istringstream fields(line);
    std::string skipped, move;
    for (int i = 0; i < 4; ++i) fields >> skipped;
    std::vector<std::string> moves;
    while (fields >> move) moves.push_back(move);
    Play(game, moves);
    if (HasFailure()) return;
    ++num_games;
  }
  EXPECT_GT(num_games, 6000);
}

}  // namespace
}  // namespace tandem
