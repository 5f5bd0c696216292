// Deep leaf counts: minutes. TANDEM_PERFT_MAX_LEAVES raises or lowers the largest count (the files go up to 8 * 10^9 a position).
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/engine/games/chess_perft.h"
#include "tests/shared_data.h"

namespace tandem::chess {
namespace {

constexpr std::int64_t kMinLeaves = 400'001;  // smaller ones are in the fast test
constexpr std::int64_t kMaxLeaves = 100'000'000;

class ChessPerftLongTest : public testing::TestWithParam<PerftFile> {};

TEST_P(ChessPerftLongTest, CountsTheLeavesThatOtherProgramsCount) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA(GetParam().file);
  const char* most = std::getenv("TANDEM_PERFT_MAX_LEAVES");
  RecordProperty("num_compared", ComparePerft(GetParam(), kMinLeaves, most == nullptr ? kMaxLeaves : std::atoll(most)));
}

INSTANTIATE_TEST_SUITE_P(Files, ChessPerftLongTest, testing::ValuesIn(kPerftFiles));

}  // namespace
}  // namespace tandem::chess
