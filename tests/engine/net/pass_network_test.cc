// What a network does with outputs that are not finite, and how a precision is chosen; with passes that obey.
#include "engine/net/pass_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "engine/game/registry.h"
#include "engine/net/precision.h"

namespace tandem {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

// Every logit of the first move is `logit`, the others 0; values are even.
class ScriptedPass : public ForwardPass {
 public:
  explicit ScriptedPass(float logit, float win = 0) : logit_(logit), win_(win) {}
  void Run(const float*, std::span<EvalRequest> batch, std::span<RawValues> values) const override {
    for (std::size_t i = 0; i < batch.size(); ++i) {
      std::fill(batch[i].prior.begin(), batch[i].prior.end(), 0.0f);
      batch[i].prior[0] = logit_;
      values[i] = {win_, 0, 0, 0};
    }
    ++runs_;
  }
  int runs() const { return runs_; }

 private:
  const float logit_, win_;
  mutable int runs_ = 0;
};

const Game& TheGame() { return **FindGame("tic_tac_toe"); }

struct OnePosition {
  OnePosition() : state(TheGame().NewState()) {
    state->LegalActions(legal);
    prior.resize(legal.size());
    request = {state.get(), legal.span(), prior, &evaluation};
  }
  std::unique_ptr<State> state;
  ActionList legal;
  std::vector<float> prior;
  Evaluation evaluation;
  EvalRequest request;
};

std::shared_ptr<const Network> NetworkOf(std::shared_ptr<const ForwardPass> fast, std::shared_ptr<const ForwardPass> safe) {
  PassNetworkParts parts;
  parts.id = "c0ffee";
  parts.precision = Precision::kBFloat16;
  parts.fast = std::move(fast);
  parts.safe = std::move(safe);
  return MakePassNetwork(TheGame(), parts);
}

TEST(PassNetworkTest, ComputesABatchAgainInFp32WhenItIsNotFinite) {
  for (float bad : {kNan, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()}) {
    const auto safe = std::make_shared<ScriptedPass>(1.0f);
    OnePosition position;
    ASSERT_TRUE(NetworkOf(std::make_shared<ScriptedPass>(bad), safe)->NewEvaluator()->Evaluate({&position.request, 1}).ok());
    EXPECT_EQ(safe->runs(), 1);
    EXPECT_GT(position.prior[0], position.prior[1]);
  }
}

TEST(PassNetworkTest, RefusesANetworkByItsIdWhenFp32IsNotFiniteEither) {
  OnePosition position;
  const absl::Status status = NetworkOf(std::make_shared<ScriptedPass>(kNan), std::make_shared<ScriptedPass>(0.0f, kNan))
                                  ->NewEvaluator()
                                  ->Evaluate({&position.request, 1});
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(status.message().find("c0ffee"), std::string::npos) << status;
}

TEST(PassNetworkTest, DoesNotRunTheSafePassWithoutNeed) {
  const auto safe = std::make_shared<ScriptedPass>(1.0f);
  OnePosition position;
  ASSERT_TRUE(NetworkOf(std::make_shared<ScriptedPass>(0.5f), safe)->NewEvaluator()->Evaluate({&position.request, 1}).ok());
  EXPECT_EQ(safe->runs(), 0);
}

TEST(ChoosePrecisionTest, SkipsWhatDisagreesAndWhatCanNotBeHad) {
  const PositionList positions = RandomPositions(TheGame(), 32);
  const ProbeBatch held_out(TheGame(), positions);
  const std::vector<Candidate> candidates = {{Precision::kFloat32, std::make_shared<ScriptedPass>(1.0f), ""},
                                             {Precision::kBFloat16, std::make_shared<ScriptedPass>(1.001f), ""},
                                             {Precision::kInt8, std::make_shared<ScriptedPass>(3.0f), ""}};
  const auto choice = ChoosePrecision(TheGame(), candidates, held_out, "test", /*timed=*/false);
  ASSERT_TRUE(choice.ok()) << choice.status();
  EXPECT_EQ(choice->index, 1u);
  EXPECT_NE(choice->description.find("refused"), std::string::npos) << choice->description;

  const std::vector<Candidate> alone = {candidates[0], {Precision::kBFloat16, nullptr, "an old processor"}};
  const auto fallback = ChoosePrecision(TheGame(), alone, held_out, "test", /*timed=*/true);
  EXPECT_EQ(fallback->index, 0u);
  EXPECT_NE(fallback->description.find("an old processor"), std::string::npos) << fallback->description;
}

TEST(ChoosePrecisionTest, RefusesAPrecisionWhoseOutputIsNotFinite) {
  const ProbeBatch held_out(TheGame(), RandomPositions(TheGame(), 32));
  const std::vector<Candidate> candidates = {{Precision::kFloat32, std::make_shared<ScriptedPass>(1.0f), ""},
                                             {Precision::kBFloat16, std::make_shared<ScriptedPass>(kNan), ""}};
  EXPECT_EQ(ChoosePrecision(TheGame(), candidates, held_out, "nan", /*timed=*/true)->index, 0u);
}

}  // namespace
}  // namespace tandem
