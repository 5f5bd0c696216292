// The live line: what it says, what it leaves out, and when it is drawn.

#include "training/metrics/status_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace tandem {
namespace {

using testing::HasSubstr;
using testing::Not;

LoopStatus ExampleStatus() {
  LoopStatus status;
  status.seconds = 130;
  status.limit_seconds = 600;
  status.games = 1204;
  status.window_rows = 118000;
  status.step.step = 300;
  status.step.loss = 1.93;
  status.step.policy_loss = 1.41;
  status.step.value_loss = 0.52;
  status.step.learning_rate = 0.002;
  status.checkpoint_step = 200;
  status.net_id = "3f9a12cd00000000";
  return status;
}

LoopRates ExampleRates() {
  LoopRates rates;
  rates.moves_per_second = 512;
  rates.evaluations_per_second = 8200;
  rates.mean_batch = 96;
  rates.cache_share = 0.41;
  return rates;
}

TEST(StatusTextTest, SaysEverythingWhereThereIsRoom) {
  EXPECT_EQ(StatusText(ExampleStatus(), ExampleRates(), 1000),
            "2:10 | 1.20k games | 512 moves/s | 8.20k evals/s | batch 96 | cache 41% | window 118k rows | step 300 | "
            "loss 1.930 (p 1.410 v 0.520) | lr 2.0e-03 | saved at 200 | net 3f9a12cd | ETA 7:50");
}

TEST(StatusTextTest, LeavesTheLearnerOutBeforeItsFirstStep) {
  const std::string text = StatusText(LoopStatus(), LoopRates(), 1000);
  EXPECT_EQ(text, "0:00 | 0 games | 0 moves/s | 0 evals/s | batch 0 | cache 0% | window 0 rows");
}

TEST(StatusTextTest, FitsEveryWidthAndKeepsWhatMattersMost) {
  for (int width = 0; width <= 250; ++width) EXPECT_LE(StatusText(ExampleStatus(), ExampleRates(), width).size(), std::size_t(width));
  EXPECT_EQ(StatusText(ExampleStatus(), ExampleRates(), 45), "2:10 | 1.20k games | step 300 | ETA 7:50");
  EXPECT_EQ(StatusText(ExampleStatus(), ExampleRates(), 3), "2:1");
}

TEST(StatusTextTest, ShowsGamesThatWaitForTheDisk) {
  LoopStatus status = ExampleStatus();
  EXPECT_THAT(StatusText(status, ExampleRates(), 1000), Not(HasSubstr("waiting")));
  status.games_waiting = 7;
  EXPECT_THAT(StatusText(status, ExampleRates(), 1000), HasSubstr("7 waiting"));
}

TEST(ShortNumberTest, StaysShortOverAllMagnitudes) {
  EXPECT_EQ(ShortNumber(0), "0");
  EXPECT_EQ(ShortNumber(0.25), "0.25");
  EXPECT_EQ(ShortNumber(12.34), "12.3");
  EXPECT_EQ(ShortNumber(999), "999");
  EXPECT_EQ(ShortNumber(999.7), "1.00k");
  EXPECT_EQ(ShortNumber(8249), "8.25k");
  EXPECT_EQ(ShortNumber(99960), "100k");
  EXPECT_EQ(ShortNumber(1.5e9), "1.50G");
  for (double x = 0.001; x < 9e11; x *= 1.37) EXPECT_LE(ShortNumber(x).size(), 5u) << x;
}

TEST(ClockTextTest, GrowsHoursOnlyWhenThereAreSome) {
  EXPECT_EQ(ClockText(absl::Seconds(7.9)), "0:07");
  EXPECT_EQ(ClockText(absl::Seconds(754)), "12:34");
  EXPECT_EQ(ClockText(absl::Hours(3) + absl::Minutes(5)), "3:05:00");
  EXPECT_EQ(ClockText(-absl::Seconds(1)), "0:00");
}

class StatusLineTest : public testing::Test {
 protected:
  StatusLine Line(bool terminal, int width = 60) {
    StatusLineOptions options;
    options.terminal = terminal;
    options.width = [width] { return width; };
    return StatusLine([this](std::string_view text) { written_ += text; }, options, &clock_);
  }
  int NumDraws(char mark) const { return static_cast<int>(std::count(written_.begin(), written_.end(), mark)); }

  FakeClock clock_;
  std::string written_;
};

TEST_F(StatusLineTest, RedrawsATerminalAtMostFourTimesASecond) {
  StatusLine line = Line(/*terminal=*/true);
  for (int i = 0; i < 1000; ++i) {
    line.Update(ExampleStatus(), ExampleRates());
    clock_.Advance(absl::Milliseconds(1));
  }
  EXPECT_EQ(NumDraws('\r'), 4);
  EXPECT_EQ(NumDraws('\n'), 0);
}

TEST_F(StatusLineTest, FitsTheTerminalWithoutWrapping) {
  StatusLine line = Line(/*terminal=*/true, /*width=*/40);
  line.Update(ExampleStatus(), ExampleRates());
  EXPECT_EQ(written_, "\r\x1b[K2:10 | 1.20k games | step 300");
}

TEST_F(StatusLineTest, WritesAPlainLineEveryTenSecondsElsewhere) {
  StatusLine line = Line(/*terminal=*/false);
  for (int i = 0; i < 300; ++i) {
    line.Update(ExampleStatus(), ExampleRates());
    clock_.Advance(absl::Milliseconds(100));
  }
  EXPECT_EQ(NumDraws('\n'), 3);
  EXPECT_EQ(NumDraws('\x1b'), 0);
  EXPECT_THAT(written_, HasSubstr("net 3f9a12cd"));
}

TEST_F(StatusLineTest, FinishingShowsTheLastNumbersAndEndsTheLine) {
  StatusLine line = Line(/*terminal=*/true);
  line.Update(LoopStatus(), LoopRates());
  line.Finish(ExampleStatus(), ExampleRates());
  EXPECT_THAT(written_, testing::EndsWith("ETA 7:50\n"));
  EXPECT_EQ(NumDraws('\n'), 1);
}

TEST_F(StatusLineTest, ClearingWipesTheLineOnceAndTheNextUpdateDrawsItAgain) {
  StatusLine line = Line(/*terminal=*/true);
  line.Clear();
  EXPECT_EQ(written_, "");
  line.Update(ExampleStatus(), ExampleRates());
  written_.clear();
  line.Clear();
  line.Clear();
  EXPECT_EQ(written_, "\r\x1b[K");
  line.Update(ExampleStatus(), ExampleRates());
  EXPECT_THAT(written_, HasSubstr("games"));
}

}  // namespace
}  // namespace tandem
