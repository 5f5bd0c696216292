#include "engine/protocol/score.h"

#include <cmath>
#include <limits>

#include "engine/base/rng.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

TEST(ScoreTest, CentipawnsAreOddAndNeverFallAsTheValueRises) {
  int last = Centipawns(-1);
  for (double value = -1; value <= 1; value += 0.001) {
    EXPECT_GE(Centipawns(value), last);
    EXPECT_EQ(Centipawns(-value), -Centipawns(value));
    last = Centipawns(value);
  }
  // 400 log10(1.999999 / 0.000001) = 400 x 6.30103
  EXPECT_EQ(Centipawns(1), 2520);
  EXPECT_EQ(Centipawns(0), 0);
  EXPECT_EQ(Centipawns(std::numeric_limits<double>::quiet_NaN()), 0);
}

TEST(ScoreTest, CentipawnsAreEloOfTheExpectedScore) {
  // An expected score of 10/11 is 400 Elo: the value is 10/11 - 1/11.
  EXPECT_EQ(Centipawns(9.0 / 11), 400);
  for (int centipawns = -2000; centipawns <= 2000; centipawns += 7) EXPECT_EQ(Centipawns(ValueOfCentipawns(centipawns)), centipawns);
}

TEST(ScoreTest, MatesCountMovesOfTheSideToMove) {
  EXPECT_EQ(ScoreText(1, Proven::kWin, 1), "mate 1");
  EXPECT_EQ(ScoreText(1, Proven::kWin, 3), "mate 2");
  EXPECT_EQ(ScoreText(-1, Proven::kLoss, 2), "mate -1");
  EXPECT_EQ(ScoreText(-1, Proven::kLoss, 4), "mate -2");
}

TEST(ScoreTest, ProvenResultsOfUnknownLengthAreBeyondAllEstimates) {
  EXPECT_EQ(ScoreText(0.3, Proven::kWin, 0), "cp 10000");
  EXPECT_EQ(ScoreText(0.3, Proven::kLoss, 0), "cp -10000");
  EXPECT_EQ(ScoreText(0.3, Proven::kDraw, 0), "cp 0");
  EXPECT_EQ(ScoreText(9.0 / 11, Proven::kNo, 0), "cp 400");
}

TEST(ScoreTest, WinDrawLossSumToAThousand) {
  EXPECT_EQ(WdlPerMille({1.0f / 3, 1.0f / 3, 1.0f / 3, 0}, Proven::kNo), (std::array<int, 3>{334, 333, 333}));
  EXPECT_EQ(WdlPerMille({0.1f, 0.2f, 0.7f, 0}, Proven::kWin), (std::array<int, 3>{1000, 0, 0}));
  EXPECT_EQ(WdlPerMille({0, 0, 0, 0}, Proven::kNo), (std::array<int, 3>{0, 1000, 0}));
  Rng rng(1);
  for (int i = 0; i < 10000; ++i) {
    const Evaluation wdl{static_cast<float>(rng.Uniform()), static_cast<float>(rng.Uniform()), static_cast<float>(rng.Uniform()), 0};
    const auto [win, draw, loss] = WdlPerMille(wdl, Proven::kNo);
    ASSERT_EQ(win + draw + loss, 1000);
    ASSERT_TRUE(win >= 0 && draw >= 0 && loss >= 0);
  }
}

}  // namespace
}  // namespace tandem
