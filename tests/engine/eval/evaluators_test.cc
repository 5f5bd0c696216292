#include <cmath>

#include "engine/eval/rollout.h"
#include "engine/eval/uniform.h"
#include "gtest/gtest.h"
#include "tests/toys/toy_games.h"

namespace tandem {
namespace {

struct Answer {
  std::vector<float> prior;
  Evaluation evaluation;
};

Answer Ask(Evaluator& evaluator, const State& state) {
  ActionList legal;
  state.LegalActions(legal);
  Answer answer;
  answer.prior.resize(static_cast<std::size_t>(legal.size()));
  EvalRequest request{&state, legal.span(), answer.prior, &answer.evaluation};
  EXPECT_TRUE(evaluator.Evaluate({&request, 1}).ok());
  return answer;
}

// The second player is to move at 1 and wins by one of two moves; the other draws.
ToyGame WinOrDraw() { return ToyGame({{{1}}, {{2, 3}}, {{}, Outcome::kSecondWins}, {{}, Outcome::kDraw}}); }

TEST(UniformEvaluator, ThinksEveryMoveAndResultAlike) {
  const ToyGame game = WinOrDraw();
  const auto evaluator = NewUniformEvaluator();
  const auto state = game.NewState();
  state->Apply(0);
  const Answer answer = Ask(*evaluator, *state);
  EXPECT_EQ(answer.prior, (std::vector<float>{0.5f, 0.5f}));
  EXPECT_EQ(answer.evaluation.Value(), 0);
  EXPECT_EQ(evaluator->counters().evaluations, 1);
  EXPECT_EQ(evaluator->id(), "uniform");
}

TEST(RolloutEvaluator, CountsOutcomesInTheViewOfTheMover) {
  const ToyGame game = WinOrDraw();
  const auto evaluator = NewRolloutEvaluator(4000, 1);
  const auto root = game.NewState();
  const auto next = game.NewState();
  next->Apply(0);
  const Evaluation first = Ask(*evaluator, *root).evaluation;
  const Evaluation second = Ask(*evaluator, *next).evaluation;
  // 4000 fair coins: standard deviation 0.008.
  EXPECT_NEAR(first.loss, 0.5, 0.04);
  EXPECT_EQ(first.win, 0);
  EXPECT_NEAR(second.win, 0.5, 0.04);
  EXPECT_NEAR(second.win + second.draw + second.loss, 1, 1e-6);
}

TEST(RolloutEvaluator, RepeatsItselfWithTheSameSeed) {
  const ToyGame game = WinOrDraw();
  const auto value = [&](std::uint64_t seed) { return Ask(*NewRolloutEvaluator(100, seed), *game.NewState()).evaluation.loss; };
  EXPECT_EQ(value(1), value(1));
}

}  // namespace
}  // namespace tandem
