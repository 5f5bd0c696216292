// The choice of a move: the formula of the temperature, what sampling follows, and what it never does.
#include "selfplay/actor/temperature.h"

#include <gtest/gtest.h>

#include <array>

namespace tandem {
namespace {

// Three moves with policies 0.6, 0.3, 0.1, ranked in this order.
SearchResult ThreeMoves() {
  SearchResult result;
  for (const float policy : {0.6f, 0.3f, 0.1f}) {
    MoveStats move;
    move.action = static_cast<Action>(result.moves.size());
    move.policy = policy;
    result.ranking.push_back(static_cast<int>(result.moves.size()));
    result.moves.push_back(move);
  }
  return result;
}

SelfplayConfig Temperatures(double first, double final, double halflife) {
  SelfplayConfig config;
  config.set_temperature(first);
  config.set_temperature_final(final);
  config.set_temperature_halflife(halflife);
  return config;
}

std::array<double, 3> Shares(const SearchResult& result, SearchConfig::Algorithm algorithm, const SelfplayConfig& config, int ply) {
  Rng rng(7);
  std::array<double, 3> shares{};
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) shares[ChooseMove(result, algorithm, config, ply, rng)] += 1.0 / kDraws;
  return shares;
}

TEST(TemperatureTest, DecaysByHalfLife) {
  const SelfplayConfig config = Temperatures(1, 0.2, 8);
  EXPECT_DOUBLE_EQ(MoveTemperature(config, 0), 1);
  EXPECT_DOUBLE_EQ(MoveTemperature(config, 8), 0.6);
  EXPECT_DOUBLE_EQ(MoveTemperature(config, 16), 0.4);
  EXPECT_NEAR(MoveTemperature(config, 1000), 0.2, 1e-9);
}

TEST(ChooseMoveTest, PuctSamplesPolicyToThePowerOfInverseTemperature) {
  const auto at_one = Shares(ThreeMoves(), SearchConfig::PUCT, Temperatures(1, 1, 8), 5);
  EXPECT_NEAR(at_one[0], 0.6, 0.02);
  EXPECT_NEAR(at_one[1], 0.3, 0.02);
  const auto at_half = Shares(ThreeMoves(), SearchConfig::PUCT, Temperatures(0.5, 0.5, 8), 5);
  EXPECT_NEAR(at_half[0], 0.36 / 0.46, 0.02);
  EXPECT_NEAR(at_half[1], 0.09 / 0.46, 0.02);
}

TEST(ChooseMoveTest, TemperatureZeroPlaysTheLargestPolicy) {
  SearchResult result = ThreeMoves();
  result.moves[1].policy = 0.7f;
  EXPECT_NEAR(Shares(result, SearchConfig::PUCT, Temperatures(0, 0, 8), 0)[1], 1, 1e-9);
}

TEST(ChooseMoveTest, AProvenWinIsPlayed) {
  SearchResult result = ThreeMoves();
  result.moves[2].proven = Proven::kWin;
  result.moves[2].policy = 0;
  EXPECT_NEAR(Shares(result, SearchConfig::PUCT, Temperatures(1, 1, 8), 0)[2], 1, 1e-9);
}

TEST(ChooseMoveTest, AProvenLossIsPlayedOnlyWhenThereIsNothingElse) {
  SearchResult result = ThreeMoves();
  result.moves[0].proven = Proven::kLoss;
  const auto shares = Shares(result, SearchConfig::PUCT, Temperatures(1, 1, 8), 0);
  EXPECT_EQ(shares[0], 0);
  EXPECT_NEAR(shares[1], 0.75, 0.02);
  for (MoveStats& move : result.moves) move.proven = Proven::kLoss;
  EXPECT_NEAR(Shares(result, SearchConfig::PUCT, Temperatures(1, 1, 8), 0)[0], 0.6, 0.02);
}

TEST(ChooseMoveTest, AllPolicyOnProvenLossesLeavesTheBestRankedOther) {
  SearchResult result = ThreeMoves();
  result.moves[0].proven = Proven::kLoss;
  result.moves[1].policy = result.moves[2].policy = 0;
  EXPECT_NEAR(Shares(result, SearchConfig::PUCT, Temperatures(1, 1, 8), 0)[1], 1, 1e-9);
}

TEST(ChooseMoveTest, GumbelSamplesInTheFirstPliesAndThenPlaysTheWinner) {
  SearchResult result = ThreeMoves();
  result.ranking = {1, 0, 2};
  const SelfplayConfig config = Temperatures(1, 1, 4);
  EXPECT_NEAR(Shares(result, SearchConfig::GUMBEL, config, 3)[0], 0.6, 0.02);
  EXPECT_NEAR(Shares(result, SearchConfig::GUMBEL, config, 4)[1], 1, 1e-9);
}

}  // namespace
}  // namespace tandem
