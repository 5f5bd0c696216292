// What measurements can be tested for: refusals, shapes of reports, and the node signature.
#include "tools/bench/bench.h"

#include "engine/base/thread.h"
#include "engine/game/registry.h"
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
  const auto rate = RatePerSecond(0.0001, [&]() -> absl::StatusOr<std::int64_t> { return ++calls == 1 ? 1'000'000'000'000 : 1; });
  ASSERT_TRUE(rate.ok());
  EXPECT_GT(calls, 1);
  EXPECT_LT(*rate, 1e10);
  EXPECT_FALSE(RatePerSecond(0.001, []() -> absl::StatusOr<std::int64_t> { return absl::DataLossError("no"); }).ok());
}

TEST(BenchTest, ASectionsRowsAreItsTableAndItsJson) {
  const BenchSection section = *BenchRollouts(Request());
  ASSERT_EQ(section.rows.size(), 1u);
  EXPECT_EQ(section.rows[0].at("game").as_string(), "tic_tac_toe");
  EXPECT_GT(section.rows[0].at("games_per_s").as_double(), 0);
  EXPECT_THAT(SectionText(section), AllOf(HasSubstr("games per s"), HasSubstr("tic_tac_toe")));
  EXPECT_EQ(SectionJson(section).at("rows").as_array().size(), 1u);
}

TEST(BenchTest, TheNodeSignatureIsTheSameOnEveryRunAndMachine) {
  const BenchSection once = *NodeSignature(), again = *NodeSignature();
  EXPECT_EQ(once.rows, again.rows);
  // Changes with the behaviour of the search, and then here, on purpose.
  EXPECT_EQ(once.rows.back().at("signature").as_string(), "f71e5c9cbdbe2abf");
}

}  // namespace
}  // namespace tandem
