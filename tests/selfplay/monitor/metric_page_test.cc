#include "selfplay/monitor/metric_page.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "selfplay/monitor/pulse.h"

namespace tandem {
namespace {

using testing::HasSubstr;

TEST(MetricPageTest, KeepsTheValuesOfANameTogetherUnderOneHeading) {
  MetricPage page;
  page.Gauge("tandem_a", "first", 1, {{"worker", "1"}});
  page.Counter("tandem_b_total", "second", 5);
  page.Gauge("tandem_a", "first", 2.5, {{"worker", "2"}});
  EXPECT_EQ(page.Text(),
            "# HELP tandem_a first\n"
            "# TYPE tandem_a gauge\n"
            "tandem_a{worker=\"1\"} 1\n"
            "tandem_a{worker=\"2\"} 2.5\n"
            "# HELP tandem_b_total second\n"
            "# TYPE tandem_b_total counter\n"
            "tandem_b_total 5\n");
}

TEST(MetricPageTest, QuotesWhatAWorkerCallsItself) {
  MetricPage page;
  page.Gauge("tandem_a", "first", 1, {{"name", "a\"b\\c\nd"}});
  EXPECT_THAT(page.Text(), HasSubstr(R"(tandem_a{name="a\"b\\c\nd"} 1)"));
}

TEST(MetricPageTest, ShowsTheProcess) {
  MetricPage page;
  page.AddProcess();
  for (const char* name : {"process_cpu_seconds_total ", "process_resident_memory_bytes ", "process_open_fds ", "tandem_build_info{"}) {
    EXPECT_THAT(page.Text(), HasSubstr(std::string("\n") + name));
  }
}

TEST(PulseTest, IsWellWhileTheLoopBeatsAndStuckAfterwards) {
  Pulse pulse;
  const absl::Time start = absl::FromUnixSeconds(1000);
  pulse.Beat(start);
  EXPECT_EQ(pulse.Health(start + absl::Seconds(1), "\"x\":1").status, 200);
  EXPECT_EQ(pulse.Health(start + absl::Seconds(1), "\"x\":1").body, "{\"status\":\"ok\",\"x\":1}\n");
  EXPECT_EQ(pulse.Health(start + Pulse::kLongest, "\"x\":1").status, 503);
  pulse.Beat(start + Pulse::kLongest);
  EXPECT_EQ(pulse.Health(start + Pulse::kLongest, "\"x\":1").status, 200);
}

}  // namespace
}  // namespace tandem
