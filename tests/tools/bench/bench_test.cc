// What measurements can be tested for: refusals, shapes of reports, and the node signature.
#include "tools/bench/bench.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/thread.h"
#include "engine/game/registry.h"
#include "engine/net/forward_pass.h"
#include "engine/net/initial.h"
#include "engine/net/pass_network.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

using testing::AllOf;
using testing::HasSubstr;

BenchRequest Request() {
  BenchRequest request;
  request.game = *FindGame("tic_tac_toe");
  request.seconds = 0.001;
  return request;
}

std::string Refusal(const BenchRequest& request) {
  const absl::Status status = CheckBenchRequest(request);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

// All logits alike, at once.
class EvenPass final : public ForwardPass {
 public:
  void Run(const float*, std::span<EvalRequest> batch, std::span<RawValues> values) const override {
    for (const EvalRequest& request : batch) std::fill(request.prior.begin(), request.prior.end(), 0.0f);
    std::fill(values.begin(), values.end(), RawValues());
  }
};

// A machine with fp32 and bf16 but no int8, whose convolutions make 1 GFLOP/s.
const bool kBackend =
    RegisterNetworkBackend({.make = [](const Game& game, const Weights&, const std::string& id,
                                       const NetworkOptions& options) -> absl::StatusOr<std::shared_ptr<const Network>> {
                              if (options.precision == Precision::kInt8) return absl::FailedPreconditionError("no int8 here");
                              const auto pass = std::make_shared<EvenPass>();
                              return MakePassNetwork(game, {.id = id, .precision = options.precision, .fast = pass, .safe = pass});
                            },
                            .initial = [](const Game& game, const NetworkConfig& config, std::uint64_t seed) -> absl::StatusOr<Weights> {
                              return DrawInitialWeights(game.facts(), config, seed);
                            },
                            .set_threads = [](int) {},
                            .measure = [](const ConvolutionShape&, Precision, double) -> absl::StatusOr<double> { return 1e9; }});

TEST(BenchTest, AcceptsItsDefaults) { EXPECT_TRUE(CheckBenchRequest(Request()).ok()); }

TEST(BenchTest, RefusesMoreThreadsThanProcessors) {
  BenchRequest request = Request();
  request.threads = AvailableProcessors() + 1;
  EXPECT_THAT(Refusal(request), AllOf(HasSubstr(std::to_string(request.threads)), HasSubstr("processors")));
  request.threads = 0;
  EXPECT_THAT(Refusal(request), HasSubstr("threads 0"));
}

TEST(BenchTest, RefusesAnEmptyBatch) {
  BenchRequest request = Request();
  for (const int batch : {0, -1, 100000}) {
    request.batches = {8, batch};
    EXPECT_THAT(Refusal(request), AllOf(HasSubstr("batch " + std::to_string(batch)), HasSubstr("1 to 4096")));
  }
}

TEST(BenchTest, RefusesCachesAndTreesThatAreEmptyOrLargerThanTheMemory) {
  BenchRequest request = Request();
  request.config.mutable_search()->set_cache_entries(0);
  EXPECT_THAT(Refusal(request), HasSubstr("search.cache_entries 0"));
  request.config.mutable_search()->set_cache_entries(std::int64_t{1} << 50);
  EXPECT_THAT(Refusal(request), HasSubstr("MiB"));
  request = Request();
  request.config.mutable_search()->set_memory_bytes(std::int64_t{1} << 60);
  EXPECT_THAT(Refusal(request), HasSubstr("search.memory_bytes"));
}

TEST(BenchTest, RatesCountOnlyWhatCameAfterTheWarmUp) {
  int calls = 0;
  const auto rate =
      RatePerSecond(RateClock::kThread, 0.0001, [&]() -> absl::StatusOr<std::int64_t> { return ++calls == 1 ? 1'000'000'000'000 : 1; });
  ASSERT_TRUE(rate.ok());
  EXPECT_GT(calls, 1);
  EXPECT_LT(*rate, 1e10);
  EXPECT_FALSE(RatePerSecond(RateClock::kWall, 0.001, []() -> absl::StatusOr<std::int64_t> { return absl::DataLossError("no"); }).ok());
}

TEST(BenchTest, ASectionsRowsAreItsTableAndItsJson) {
  const BenchSection section = *BenchRollouts(Request());
  ASSERT_EQ(section.rows.size(), 1u);
  EXPECT_EQ(section.rows[0].at("game").as_string(), "tic_tac_toe");
  EXPECT_GT(section.rows[0].at("games_per_s").as_double(), 0);
  EXPECT_THAT(SectionText(section), AllOf(HasSubstr("games per s"), HasSubstr("tic_tac_toe")));
  EXPECT_EQ(SectionJson(section).at("rows").as_array().size(), 1u);
}

TEST(BenchTest, EveryPrecisionOfTheMachineStandsBesideEagerOfTheSameRun) {
  ASSERT_TRUE(kBackend);
  BenchRequest request = Request();
  request.batches = {1, 8};
  const BenchSection section = *BenchNetwork(request);
  std::vector<std::string> rows;
  for (const boost::json::object& row : section.rows) {
    rows.push_back(absl::StrCat(std::string(row.at("precision").as_string()), " ", row.at("batch").as_int64()));
    EXPECT_GT(row.at("times_eager").as_double(), 0);
    EXPECT_EQ(row.at("peak_gflops_per_s").as_double(), 1);
  }
  EXPECT_THAT(rows, testing::ElementsAre("eager fp32 1", "eager fp32 8", "fp32 1", "fp32 8", "bf16 1", "bf16 8"));
  EXPECT_EQ(section.rows[0].at("times_eager").as_double(), 1);
}

TEST(BenchTest, RefusesAPrecisionThatWasAskedForByNameAndIsMissing) {
  BenchRequest request = Request();
  request.precisions = {Precision::kBFloat16, Precision::kInt8};
  EXPECT_EQ(BenchNetwork(request).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(BenchTest, TheNodeSignatureIsTheSameOnEveryRunAndMachine) {
  const BenchSection once = *NodeSignature(), again = *NodeSignature();
  EXPECT_EQ(once.rows, again.rows);
  // Changes with the behaviour of the search, and then here, on purpose.
  EXPECT_EQ(once.rows.back().at("signature").as_string(), "f71e5c9cbdbe2abf");
}

}  // namespace
}  // namespace tandem
