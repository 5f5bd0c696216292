// Openings: how long they are, and that they leave something to search.
#include "selfplay/actor/opening.h"

#include <gtest/gtest.h>

#include "tests/selfplay/record/random_record.h"

namespace tandem {
namespace {

TEST(OpeningTest, LengthsFollowTheConfiguration) {
  const GameFacts& facts = GameNamed("connect_four").facts();
  SelfplayConfig config;  // half of the games random, at most 0.7 x 42 plies; else 2 plies on average
  Rng rng(3);
  int random = 0, longest = 0;
  double random_plies = 0, prior_plies = 0;
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) {
    const OpeningPlan plan = DrawOpening(facts, config, rng);
    random += plan.random;
    if (plan.random) longest = std::max(longest, plan.plies);
    (plan.random ? random_plies : prior_plies) += plan.plies;
  }
  EXPECT_NEAR(random, kDraws / 2, 300);
  EXPECT_EQ(longest, 29);
  EXPECT_NEAR(random_plies / random, 14.5, 0.3);
  // Mean of an exponential rounded down: 1 / (e^(1/2) - 1).
  EXPECT_NEAR(prior_plies / (kDraws - random), 1.541, 0.06);
}

TEST(OpeningTest, WithoutOpeningsGamesBeginAtTheStart) {
  SelfplayConfig config;
  config.set_random_opening_share(0);
  config.set_policy_opening_mean_plies(0);
  Rng rng(3);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(DrawOpening(GameNamed("connect_four").facts(), config, rng).plies, 0);
}

TEST(OpeningTest, ARandomOpeningThatEndsTheGameIsRedrawn) {
  const Game& game = GameNamed("tic_tac_toe");
  Rng rng(5);
  int as_long_as_asked = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto state = game.NewState();
    const std::vector<Action> moves = PlayRandomOpening(8, state.get(), rng);
    EXPECT_FALSE(state->IsTerminal());
    EXPECT_EQ(state->Ply(), static_cast<int>(moves.size()));
    as_long_as_asked += moves.size() == 8;
    const auto replayed = game.NewState();
    for (const Action action : moves) replayed->Apply(action);
    EXPECT_EQ(replayed->Key(), state->Key());
  }
  EXPECT_GT(as_long_as_asked, 200);
  EXPECT_LT(as_long_as_asked, 1800);
}

}  // namespace
}  // namespace tandem
