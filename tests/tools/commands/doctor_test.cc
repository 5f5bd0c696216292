// The checks of `tandem doctor` on a machine that is fit, and on broken directories and networks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "engine/game/registry.h"
#include "engine/net/initial.h"
#include "engine/net/network.h"
#include "tools/commands/doctor_checks.h"

namespace tandem {
namespace {

using testing::HasSubstr;

// A network whose answers are uniform priors and a value that depends on the precision, by `g_error` beyond fp32.
float g_error = 0;

class FakeEvaluator : public Evaluator {
 public:
  explicit FakeEvaluator(float value) : value_(value) {}
  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    for (EvalRequest& request : batch) {
      for (float& p : request.prior) p = 1.0f / static_cast<float>(request.prior.size());
      *request.evaluation = Evaluation{.win = value_, .draw = 1 - value_, .loss = 0};
    }
    return absl::OkStatus();
  }
  EvalCounters counters() const override { return {}; }
  std::string id() const override { return "fake"; }

 private:
  const float value_;
};

class FakeNetwork : public Network {
 public:
  FakeNetwork(const Game& game, std::string id, Precision precision) : game_(game), id_(std::move(id)), precision_(precision) {}
  const std::string& id() const override { return id_; }
  const Game& game() const override { return game_; }
  Precision precision() const override { return precision_; }
  std::unique_ptr<Evaluator> NewEvaluator(float) const override {
    return std::make_unique<FakeEvaluator>(precision_ == Precision::kFloat32 ? 0.5f : 0.5f + g_error);
  }

 private:
  const Game& game_;
  const std::string id_;
  const Precision precision_;
};

void RegisterFake() {
  RegisterNetworkBackend({
      .make = [](const Game& game, const Weights&, const std::string& id,
                 const NetworkOptions& options) -> absl::StatusOr<std::shared_ptr<const Network>> {
        return std::make_shared<FakeNetwork>(game, id, options.precision == Precision::kAuto ? Precision::kBFloat16 : options.precision);
      },
      .initial = [](const Game& game, const NetworkConfig& config, std::uint64_t seed) -> absl::StatusOr<Weights> {
        return DrawInitialWeights(game.facts(), config, seed);
      },
      .set_threads = [](int) {},
  });
}

const Game& TicTacToe() { return **FindGame("tic_tac_toe"); }

TEST(DoctorTest, TheMachineThatRunsTheTestsIsFit) {
  EXPECT_NE(CheckProcessor().level, CheckLevel::kFailure);
  EXPECT_EQ(CheckCores().level, CheckLevel::kOk);
  EXPECT_THAT(CheckMemory().detail, HasSubstr("GiB available"));
  EXPECT_EQ(CheckProgram().level, CheckLevel::kOk);
}

TEST(DoctorTest, ADirectoryIsTriedByWritingAndLeftAsItWas) {
  const std::filesystem::path directory = std::filesystem::path(testing::TempDir()) / "doctor_test";
  std::filesystem::create_directories(directory);
  EXPECT_NE(CheckDirectory(directory).level, CheckLevel::kFailure);
  EXPECT_TRUE(std::filesystem::is_empty(directory));
  EXPECT_EQ(CheckDirectory(directory / "none").level, CheckLevel::kFailure);
  EXPECT_EQ(CheckDirectory("/proc").level, CheckLevel::kFailure);
}

TEST(DoctorTest, TheRulesOfEveryRegisteredGameCountAsTheirStatesDo) {
  const auto results = CheckRules();
  EXPECT_EQ(results.size(), RegisteredGames().size());
  EXPECT_GE(results.size(), 3u);
  for (const CheckResult& result : results) EXPECT_EQ(result.level, CheckLevel::kOk) << result.name << ": " << result.detail;
}

TEST(DoctorTest, WithoutABackendTheNetworkIsAWarning) {
  const CheckResult result = CheckNetwork(TicTacToe());
  EXPECT_EQ(result.level, CheckLevel::kWarning);
  EXPECT_THAT(result.detail, HasSubstr("backend"));
}

TEST(DoctorTest, ANetworkWhoseFastPrecisionDisagreesIsAFailure) {
  RegisterFake();
  g_error = 0.001f;
  EXPECT_EQ(CheckNetwork(TicTacToe()).level, CheckLevel::kOk) << CheckNetwork(TicTacToe()).detail;
  g_error = 0.1f;
  EXPECT_EQ(CheckNetwork(TicTacToe()).level, CheckLevel::kFailure);
  g_error = NAN;
  EXPECT_EQ(CheckNetwork(TicTacToe()).level, CheckLevel::kFailure);
}

}  // namespace
}  // namespace tandem
