// Random numbers: published outputs of the generator, independence of named streams, and moments of each distribution (bounds are five
// standard errors of a fixed seed's sample, so the tests are exact and never flaky).

#include "engine/base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

namespace tandem {
namespace {

constexpr int kDraws = 100000;

struct Moments {
  double mean = 0;
  double variance = 0;
};

template <typename Draw>
Moments Sample(const Draw& draw) {
  Rng rng(17);
  double sum = 0;
  double sum_of_squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = draw(rng);
    sum += x;
    sum_of_squares += x * x;
  }
  const double mean = sum / kDraws;
  return {mean, sum_of_squares / kDraws - mean * mean};
}

double FiveErrors(double variance) { return 5 * std::sqrt(variance / kDraws); }

TEST(RngTest, SeedsItsStateWithThePublishedOutputsOfSplitMix64) {
  const Rng rng(1234567);
  EXPECT_EQ(rng.state(),
            (std::array<std::uint64_t, 4>{6457827717110365317u, 3203168211198807973u, 9817491932198370423u, 4593380528125082431u}));
}

TEST(RngTest, DrawsThePublishedOutputsOfXoshiro256StarStar) {
  Rng rng(0);
  rng.set_state({1, 2, 3, 4});
  for (const std::uint64_t expected :
       {std::uint64_t{11520}, std::uint64_t{0}, std::uint64_t{1509978240}, std::uint64_t{1215971899390074240},
        std::uint64_t{1216172134540287360}, std::uint64_t{607988272756665600}}) {
    EXPECT_EQ(rng(), expected);
  }
}

TEST(RngTest, KeepsItsNamedStreamsForEver) {
  // Computed by an independent implementation of the derivation in rng.cc.
  Rng rng = Rng::Stream(1, "selfplay", 0);
  EXPECT_EQ(rng(), 14683453279866220397u);
}

// Streams are named: with an empty name, seed and index could be swapped.
TEST(RngTest, GivesEverySeedNameAndIndexAnotherStream) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (const char* name : {"a", "b", "ab", "ba", "selfplay", "replay"}) {
      for (std::uint64_t index = 0; index < 100; ++index) firsts.insert(Rng::Stream(seed, name, index)());
    }
  }
  EXPECT_EQ(firsts.size(), 10u * 6 * 100);
}

TEST(RngTest, NeighbouringStreamsAreUncorrelated) {
  double product = 0;
  for (std::uint64_t index = 0; index < kDraws; ++index) {
    product += (Rng::Stream(1, "selfplay", index).Uniform() - 0.5) * (Rng::Stream(1, "selfplay", index + 1).Uniform() - 0.5);
  }
  EXPECT_NEAR(product / kDraws, 0, FiveErrors(1.0 / 144));
}

TEST(RngTest, GoesOnFromASavedStateAsIfNothingHadHappened) {
  Rng rng(5);
  rng();
  Rng copy(0);
  copy.set_state(rng.state());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(copy(), rng());
}

TEST(RngTest, UniformFillsTheUnitInterval) {
  const Moments moments = Sample([](Rng& rng) {
    const double x = rng.Uniform();
    EXPECT_TRUE(x >= 0 && x < 1);
    return x;
  });
  EXPECT_NEAR(moments.mean, 0.5, FiveErrors(1.0 / 12));
  EXPECT_NEAR(moments.variance, 1.0 / 12, FiveErrors(1.0 / 180));
}

TEST(RngTest, BelowGivesEachNumberItsShare) {
  Rng rng(3);
  std::vector<int> counts(7);
  for (int i = 0; i < kDraws; ++i) ++counts.at(rng.Below(7));
  double chi_squared = 0;
  for (const int count : counts) chi_squared += std::pow(count - kDraws / 7.0, 2) / (kDraws / 7.0);
  EXPECT_LT(chi_squared, 22.5);  // 0.999 quantile for six degrees of freedom
  EXPECT_EQ(rng.Below(1), 0u);
}

TEST(RngTest, NormalHasMeanZeroVarianceOneAndThinTails) {
  const Moments moments = Sample([](Rng& rng) { return rng.Normal(); });
  EXPECT_NEAR(moments.mean, 0, FiveErrors(1));
  EXPECT_NEAR(moments.variance, 1, FiveErrors(2));
  const Moments beyond_two = Sample([](Rng& rng) { return std::abs(rng.Normal()) > 1.959964 ? 1.0 : 0.0; });
  EXPECT_NEAR(beyond_two.mean, 0.05, FiveErrors(0.05 * 0.95));
}

TEST(RngTest, ExponentialHasTheMeanAskedFor) {
  const Moments moments = Sample([](Rng& rng) { return rng.Exponential(3); });
  EXPECT_NEAR(moments.mean, 3, FiveErrors(9));
  EXPECT_NEAR(moments.variance, 9, FiveErrors(8 * 81));
}

TEST(RngTest, GammaHasItsShapeAsMeanAndVarianceBelowAndAboveOne) {
  for (const double shape : {0.1, 0.5, 1.0, 3.5, 50.0}) {
    const Moments moments = Sample([&](Rng& rng) { return rng.Gamma(shape); });
    EXPECT_NEAR(moments.mean, shape, FiveErrors(shape)) << shape;
    EXPECT_NEAR(moments.variance, shape, FiveErrors(2 * shape * shape + 6 * shape)) << shape;
  }
}

TEST(RngTest, GumbelHasTheEulerConstantAsMean) {
  const Moments moments = Sample([](Rng& rng) { return rng.Gumbel(); });
  EXPECT_NEAR(moments.mean, 0.5772156649, FiveErrors(1.6449));
  EXPECT_NEAR(moments.variance, 1.6449340668, FiveErrors(4.4 * 1.6449 * 1.6449));
}

TEST(RngTest, TheLargestGumbelPlusLogitIsASampleOfTheSoftmax) {
  const std::vector<double> logits = {0, std::log(2.0), std::log(7.0)};
  const Moments third = Sample([&](Rng& rng) {
    std::vector<double> keys;
    for (const double logit : logits) keys.push_back(logit + rng.Gumbel());
    return std::max_element(keys.begin(), keys.end()) - keys.begin() == 2 ? 1.0 : 0.0;
  });
  EXPECT_NEAR(third.mean, 0.7, FiveErrors(0.21));
}

TEST(RngTest, DirichletSumsToOneWithMeansInProportionToAlpha) {
  Rng rng(9);
  const std::vector<double> alpha = {0.03, 0.3, 3.0};
  std::vector<double> means(3);
  constexpr int kVectors = 20000;
  for (int i = 0; i < kVectors; ++i) {
    const std::vector<float> draw = rng.Dirichlet(alpha);
    double sum = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      sum += draw[k];
      means[k] += draw[k] / kVectors;
    }
    ASSERT_NEAR(sum, 1, 1e-5);
  }
  for (std::size_t k = 0; k < 3; ++k) {
    const double mean = alpha[k] / 3.33;
    EXPECT_NEAR(means[k], mean, 5 * std::sqrt(mean * (1 - mean) / 4.33 / kVectors));
  }
}

TEST(RngTest, DirichletOfVanishingAlphasIsStillADistribution) {
  Rng rng(9);
  const std::vector<double> alpha(4, 1e-300);
  double sum = 0;
  for (const float x : rng.Dirichlet(alpha)) sum += x;
  EXPECT_NEAR(sum, 1, 1e-5);
}

TEST(RngTest, CategoricalFollowsTheWeightsAndNeverDrawsAZero) {
  Rng rng(4);
  const std::vector<double> weights = {0, 1, 0, 3, 0};
  std::vector<int> counts(5);
  for (int i = 0; i < kDraws; ++i) ++counts[rng.Categorical(weights)];
  EXPECT_EQ(counts[0] + counts[2] + counts[4], 0);
  EXPECT_NEAR(counts[3] / double{kDraws}, 0.75, FiveErrors(0.1875));
}

TEST(RngTest, CategoricalOfZeroWeightsIsUniform) {
  Rng rng(4);
  const std::vector<double> weights(4, 0.0);
  std::vector<int> counts(4);
  for (int i = 0; i < kDraws; ++i) ++counts[rng.Categorical(weights)];
  for (const int count : counts) EXPECT_NEAR(count / double{kDraws}, 0.25, FiveErrors(0.1875));
}

}  // namespace
}  // namespace tandem
