// Golden numbers of docs/statistics.md: outputs of other match programs' tests, each also re-derived by an independent short program.
#include <cmath>
#include <string>
#include <vector>

#include "engine/base/rng.h"
#include "engine/match/bradley_terry.h"
#include "engine/match/elo.h"
#include "engine/match/sprt.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

struct LlrCase {
  std::vector<std::int64_t> counts;
  SprtHypotheses hypotheses;
  double llr;
  double tolerance;
};

TEST(SprtTest, LogLikelihoodRatiosEqualTheGoldenOnes) {
  const std::vector<LlrCase> cases = {
      {{13, 37, 50, 25, 3}, {0, 4, EloModel::kNormalized}, -0.549, 0.001},
      {{13, 37, 50, 25, 3}, {0, 2.716, EloModel::kLogistic}, -0.538, 0.001},
      {{365, 16618, 36229, 16974, 390}, {0, 2, EloModel::kNormalized}, 2.25, 0.005},
      {{127, 4883, 10712, 5150, 104}, {-1.75, 0.25, EloModel::kNormalized}, 3.01, 0.006},
      {{223, 9863, 21279, 10037, 246}, {0.5, 2.5, EloModel::kLogistic}, -3.07, 0.006},
      {{379, 10170, 21828, 10640, 343}, {0, 2, EloModel::kNormalized}, 2.946, 0.002},
      {{0, 0, 0, 0, 5550}, {0, 5, EloModel::kNormalized}, 111.8, 0.22},
      {{36027, 68692, 36433}, {0, 2, EloModel::kNormalized}, 0.92, 0.005},
      {{0, 0, 4250}, {0, 10, EloModel::kNormalized}, 120.56, 0.24},
  };
  for (const LlrCase& c : cases) EXPECT_NEAR(LogLikelihoodRatio(c.counts, c.hypotheses), c.llr, c.tolerance) << c.llr;
}

TEST(SprtTest, AcceptsAtWaldsBounds) {
  const SprtState sweep = EvaluateSprt(Pentanomial{0, 0, 0, 0, 5550}, {0, 5, EloModel::kNormalized});
  EXPECT_NEAR(sweep.lower, -2.944, 0.001);
  EXPECT_NEAR(sweep.upper, 2.944, 0.001);
  EXPECT_EQ(sweep.verdict, SprtVerdict::kAcceptH1);
  EXPECT_EQ(EvaluateSprt(Pentanomial{223, 9863, 21279, 10037, 246}, {0.5, 2.5, EloModel::kLogistic}).verdict, SprtVerdict::kAcceptH0);
  EXPECT_EQ(EvaluateSprt(Pentanomial{13, 37, 50, 25, 3}, {0, 4, EloModel::kNormalized}).verdict, SprtVerdict::kContinue);
  EXPECT_EQ(EvaluateSprt(Pentanomial{}, {0, 4, EloModel::kNormalized}).llr, 0);
}

TEST(SprtTest, HypothesesAreReadOrRefusedWithTheirText) {
  const auto normalized = ParseSprt("0,5");
  ASSERT_TRUE(normalized.ok());
  EXPECT_EQ(normalized->elo1, 5);
  EXPECT_EQ(normalized->model, EloModel::kNormalized);
  EXPECT_EQ(ParseSprt("logistic:-1.5,0.5")->model, EloModel::kLogistic);
  for (const char* text : {"", "5", "5,0", "0,0", "a,b", "0,1,2", "nan,1", "0,inf", "0,1e9", "0,232", "-232,0", "normalized:300,400"}) {
    const auto bad = ParseSprt(text);
    ASSERT_FALSE(bad.ok()) << text;
    EXPECT_NE(std::string(bad.status().message()).find(std::string("'") + text + "'"), std::string::npos);
  }
}

TEST(SprtTest, HasAnAnswerForEveryHypothesisThatItTakesAndEveryResult) {
  for (const char* text : {"-231,231", "230.5,231", "-231,-230", "logistic:-999,999", "logistic:998,999"}) {
    const auto hypotheses = ParseSprt(text);
    ASSERT_TRUE(hypotheses.ok()) << hypotheses.status();
    for (int mask = 0; mask < 32; ++mask) {
      Pentanomial counts{};
      for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = (mask >> i & 1) * (i % 2 == 0 ? 1 : 100000);
      EXPECT_TRUE(std::isfinite(LogLikelihoodRatio(counts, *hypotheses))) << text << ", classes " << mask;
    }
  }
}

TEST(EloTest, EstimatesEqualTheGoldenOnes) {
  const StrengthEstimate first = EstimateStrength(Pentanomial{34, 54, 63, 64, 75});
  EXPECT_NEAR(*first.elo.value, 55.58, 0.01);
  EXPECT_NEAR(*first.elo.HalfWidth(), 27.65, 0.01);
  EXPECT_NEAR(*first.normalized_elo.value, 57.94, 0.01);
  EXPECT_NEAR(*first.normalized_elo.HalfWidth(), 28.28, 0.01);
  const StrengthEstimate second = EstimateStrength(Pentanomial{332, 433, 498, 333, 334});
  EXPECT_NEAR(*second.elo.value, -8.64, 0.01);
  EXPECT_NEAR(*second.elo.HalfWidth(), 10.33, 0.01);
  EXPECT_NEAR(*second.normalized_elo.value, -9.17, 0.01);
  EXPECT_NEAR(*second.normalized_elo.HalfWidth(), 10.96, 0.01);
  EXPECT_NEAR(second.los, 0.0505, 0.0001);
  const StrengthEstimate games = EstimateStrength(Trinomial{96, 111, 136});
  EXPECT_NEAR(*games.elo.value, 40.70, 0.01);
  EXPECT_NEAR(*games.elo.HalfWidth(), 30.43, 0.01);
  EXPECT_NEAR(*games.normalized_elo.value, 49.77, 0.01);
  EXPECT_NEAR(*games.normalized_elo.HalfWidth(), 36.77, 0.01);
  EXPECT_NEAR(games.los, 0.9960, 0.0001);
}

TEST(EloTest, HalfWidthOfNormalizedEloDependsOnTheNumberOfPairsOnly) {
  for (const auto& [pairs, width] : {std::pair{93, 50.0}, {580, 20.0}, {2319, 10.0}, {9275, 5.0}}) {
    const std::int64_t each = pairs / 3;
    EXPECT_NEAR(*EstimateStrength(Pentanomial{0, each, pairs - 2 * each, each, 0}).normalized_elo.HalfWidth(), width, 0.002 * width);
  }
}

TEST(EloTest, CleanSweepsHaveABoundOnOneSideAndNoInfinity) {
  const StrengthEstimate wins = EstimateStrength(Pentanomial{0, 0, 0, 0, 20});
  EXPECT_FALSE(wins.elo.value.has_value());
  EXPECT_FALSE(wins.elo.high.has_value());
  ASSERT_TRUE(wins.elo.low.has_value());
  EXPECT_NEAR(*wins.elo.low, EloOfScore(std::pow(0.05, 1.0 / 20)), 1e-9);
  EXPECT_GT(*wins.normalized_elo.low, 0);
  EXPECT_EQ(EstimateText(wins.elo).substr(0, 3), "> +");
  EXPECT_GT(wins.los, 0.999);

  const StrengthEstimate losses = EstimateStrength(Trinomial{20, 0, 0});
  EXPECT_NEAR(*losses.elo.high, -*EstimateStrength(Trinomial{0, 0, 20}).elo.low, 1e-9);
  EXPECT_FALSE(losses.elo.low.has_value());
  EXPECT_LT(losses.los, 0.001);

  const StrengthEstimate draws = EstimateStrength(Pentanomial{0, 0, 20, 0, 0});
  EXPECT_EQ(*draws.elo.value, 0);
  EXPECT_LT(*draws.elo.low, -10);
  EXPECT_GT(*draws.elo.high, 10);
  EXPECT_EQ(draws.los, 0.5);

  const StrengthEstimate nothing = EstimateStrength(Pentanomial{});
  EXPECT_EQ(EstimateText(nothing.elo), "unknown");
  EXPECT_EQ(nothing.score, 0.5);

  for (const Pentanomial& lopsided : {Pentanomial{0, 0, 0, 1, 9}, Pentanomial{1, 0, 0, 0, 19}, Pentanomial{0, 0, 0, 0, 1}}) {
    const StrengthEstimate estimate = EstimateStrength(lopsided);
    for (const Estimate& e : {estimate.elo, estimate.normalized_elo}) {
      for (const auto& number : {e.value, e.low, e.high}) EXPECT_TRUE(!number || std::isfinite(*number));
    }
  }
}

TEST(EloTest, WilsonIntervalEqualsTextbookNumbersAndStaysInside) {
  const Share share = WilsonShare(81, 263);  // Newcombe 1998, table I, method 3
  EXPECT_NEAR(share.low, 0.2553, 0.0001);
  EXPECT_NEAR(share.high, 0.3662, 0.0001);
  const Share none = WilsonShare(0, 20);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 0.1611, 0.0001);
  EXPECT_EQ(WilsonShare(0, 0).high, 1);
}

// Pairs of games between players of known strength, draws included.
Pentanomial PlayPairs(double elo_difference, int pairs, Rng& rng) {
  Pentanomial result{};
  const double score = ScoreOfElo(elo_difference);
  const double draw = 0.5 * std::min(score, 1 - score);
  for (int i = 0; i < pairs; ++i) {
    int half_points = 0;
    for (int game = 0; game < 2; ++game) {
      const double u = rng.Uniform();
      half_points += u < score - draw / 2 ? 2 : u < score + draw / 2 ? 1 : 0;
    }
    ++result[static_cast<std::size_t>(half_points)];
  }
  return result;
}

TEST(BradleyTerryTest, RecoversKnownStrengths) {
  const std::vector<double> truth = {0, 120, 300, 350, 700};
  Rng rng(7);
  std::vector<Pairing> pairings;
  for (int a = 0; a < 5; ++a) {
    for (int b = a + 1; b < 5; ++b) pairings.push_back({a, b, PlayPairs(truth[a] - truth[b], 2000, rng)});
  }
  const auto pool = RatingPool::Fit(5, pairings, {.bootstrap_samples = 100});
  ASSERT_TRUE(pool.ok()) << pool.status();
  for (int i = 0; i < 5; ++i) {
    const Rating& rating = pool->ratings()[i];
    EXPECT_NEAR(rating.elo, truth[i], 25) << i;
    EXPECT_LE(rating.low, rating.elo);
    EXPECT_GE(rating.high, rating.elo);
    EXPECT_EQ(rating.games, 4 * 4000);
  }
  EXPECT_NEAR(*pool->Difference(4, 2).value, 400, 25);
}

TEST(BradleyTerryTest, OnePairingGivesTheLogisticEloWithAnIntervalLikeElos) {
  const Pentanomial counts{34, 54, 63, 64, 75};
  const auto pool = RatingPool::Fit(2, {{1, 0, counts}}, {.anchor_elo = 1000, .prior_pairs = 1e-9, .bootstrap_samples = 4000});
  ASSERT_TRUE(pool.ok());
  EXPECT_NEAR(pool->ratings()[1].elo, 1055.58, 0.01);
  EXPECT_NEAR(*pool->Difference(1, 0).HalfWidth(), 27.65, 1.5);
  EXPECT_EQ(pool->ratings()[0].elo, 1000);
}

TEST(BradleyTerryTest, CleanSweepsStayFiniteAndKeepAnUncertainty) {
  const auto pool = RatingPool::Fit(3, {{1, 0, {0, 0, 0, 0, 10}}, {2, 1, {0, 0, 0, 0, 10}}}, {});
  ASSERT_TRUE(pool.ok());
  EXPECT_NEAR(pool->ratings()[1].elo, EloOfScore(20.5 / 21), 0.01);
  EXPECT_LT(pool->ratings()[2].low, pool->ratings()[2].high - 10);
  EXPECT_TRUE(std::isfinite(pool->ratings()[2].high));
}

TEST(BradleyTerryTest, SameSeedSameIntervals) {
  const std::vector<Pairing> pairings = {{1, 0, {3, 4, 5, 6, 7}}};
  const auto first = RatingPool::Fit(2, pairings, {.seed = 3});
  const auto again = RatingPool::Fit(2, pairings, {.seed = 3});
  EXPECT_EQ(first->ratings()[1].low, again->ratings()[1].low);
}

TEST(BradleyTerryTest, RefusesPlayersWithoutAChainToTheAnchor) {
  EXPECT_FALSE(RatingPool::Fit(3, {{0, 1, {1, 0, 0, 0, 1}}}, {}).ok());
  EXPECT_FALSE(RatingPool::Fit(2, {{0, 2, {}}}, {}).ok());
  EXPECT_FALSE(RatingPool::Fit(2, {{1, 1, {}}}, {}).ok());
  EXPECT_FALSE(RatingPool::Fit(2, {{0, 1, {}}}, {.anchor = 2}).ok());
}

}  // namespace
}  // namespace tandem
