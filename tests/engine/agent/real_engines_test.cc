// Engines of the system, each against a random player; those that are not installed are left out with a line that says so.
#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <iostream>

#include "engine/agent/agent.h"
#include "engine/game/registry.h"
#include "engine/match/match.h"

namespace tandem {
namespace {

MatchReport Match(const std::string& a, const Game& game) {
  MatchSettings settings;
  settings.pairs = 1;
  settings.openings = RandomOpenings(game, 2, 1, 1);
  auto report = PlayMatch(
      game, [&] { return MakeAgent(game, a); }, [&] { return MakeAgent(game, "random"); }, settings);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : MatchReport{};
}

TEST(RealEngineTest, EnginesOfDebianPlayWithoutForfeits) {
  const std::vector<std::array<std::string, 3>> kEngines = {
      {"/usr/games/gtp-rhino", "othello", "gtp:cmd=/usr/games/gtp-rhino"},
      {"/usr/games/gnugo", "go:size=9,suicide=false",
       "gtp:cmd=\"/usr/games/gnugo --mode gtp --level 1 --chinese-rules --positional-superko\""},
      {"/usr/games/stockfish", "chess", "uci:cmd=/usr/games/stockfish,nodes=500"},
      {"/usr/games/fairy-stockfish", "breakthrough", "uci:cmd=/usr/games/fairy-stockfish,nodes=500"}};
  for (const auto& [program, spec, agent] : kEngines) {
    const auto game = FindGame(spec);
    if (!std::filesystem::exists(program) || !game.ok()) {
      std::cout << "skipped: " << (game.ok() ? program + " is not installed" : "no game " + spec) << "\n";
      continue;
    }
    const MatchReport report = Match(agent, **game);
    EXPECT_EQ(report.num_games(), 2) << agent;
    EXPECT_EQ(report.forfeits_a, 0) << agent << ": " << testing::PrintToString(report.notes);
    EXPECT_GE(report.games[2], 1) << agent << " does not beat a random player";
  }
}

}  // namespace
}  // namespace tandem
