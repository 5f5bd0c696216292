// Every registered game, at its default and at further sizes and rules, holds what every game must hold.
#include <gtest/gtest.h>

#include <cctype>

#include "engine/game/conformance.h"
#include "engine/game/registry.h"

namespace tandem {
namespace {

std::vector<std::string> Specs() {
  std::vector<std::string> specs = {"tic_tac_toe:misere=true",
                                    "connect_four:misere=true",
                                    "connect_four:rows=5,cols=5",
                                    "connect_k:rows=3,cols=12,k=3,gravity=false,misere=true",
                                    "othello:size=4",
                                    "othello:size=6",
                                    "othello:size=10",
                                    "othello:size=12",
                                    "othello:size=14",
                                    "othello:size=16",
                                    "gomoku:size=9,exact=true",
                                    "gomoku:size=20",
                                    "hex:size=2",
                                    "hex:size=3,swap=true",
                                    "hex:size=5",
                                    "hex:size=9,swap=true",
                                    "hex:size=19",
                                    "breakthrough:size=5",
                                    "breakthrough:size=6",
                                    "breakthrough:size=7"};
  for (const RegisteredGame& game : RegisteredGames()) {
    specs.push_back(game.name);
    for (const auto& [variant, spec] : game.variants) specs.push_back(variant);
  }
  return specs;
}

class AllGamesTest : public testing::TestWithParam<std::string> {};

TEST_P(AllGamesTest, ConformsOnRandomGames) {
  const Game& game = **FindGame(GetParam());
  const int num_games = game.facts().cells() > 100 ? 1 : game.facts().cells() > 64 ? 2 : 6;
  EXPECT_EQ(CheckConformance(game, {.num_games = num_games, .seed = 7}), absl::OkStatus());
}

TEST_P(AllGamesTest, IsFoundByItsCanonicalSpecAndVariantNames) {
  const Game* game = *FindGame(GetParam());
  EXPECT_EQ(*FindGame(game->facts().spec), game);
  for (const std::string& variant : game->facts().variant_names) EXPECT_EQ(*FindGame(variant), game);
}

TEST_P(AllGamesTest, PlaysTheSameRandomGamesFromTheSameSeed) {
  const std::unique_ptr<State> state = (*FindGame(GetParam()))->NewState();
  Rng first(3), second(3);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(state->Rollout(first), state->Rollout(second));
}

INSTANTIATE_TEST_SUITE_P(Games, AllGamesTest, testing::ValuesIn(Specs()), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

}  // namespace
}  // namespace tandem
