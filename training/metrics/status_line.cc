#include "training/metrics/status_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tandem {
namespace {

constexpr char kEraseLine[] = "\r\x1b[K";  // to the first column; erase to the end (ECMA-48 EL)
constexpr std::string_view kSeparator = " | ";
constexpr std::size_t kIdDigits = 8;
constexpr int kDefaultWidth = 80;

// A part of the line; the higher `rank`, the sooner it is left out.
struct Part {
  int rank;
  std::string text;
};

std::string LossText(const StepReport& step) {
  std::string text = absl::StrFormat("loss %.3f (p %.3f v %.3f", step.loss, step.policy_loss, step.value_loss);
  if (step.ownership_loss != 0) absl::StrAppendFormat(&text, " o %.3f", step.ownership_loss);
  return text + ")";
}

std::vector<Part> Parts(const LoopStatus& status, const LoopRates& rates) {
  std::vector<Part> parts = {{0, ClockText(absl::Seconds(status.seconds))}};
  parts.push_back({1, absl::StrCat(ShortNumber(static_cast<double>(status.games)), " games")});
  if (status.games_waiting > 0) parts.push_back({7, absl::StrCat(ShortNumber(static_cast<double>(status.games_waiting)), " waiting")});
  parts.push_back({3, absl::StrCat(ShortNumber(rates.moves_per_second), " moves/s")});
  parts.push_back({4, absl::StrCat(ShortNumber(rates.evaluations_per_second), " evals/s")});
  parts.push_back({9, absl::StrFormat("batch %.0f", rates.mean_batch)});
  parts.push_back({10, absl::StrFormat("cache %.0f%%", 100 * rates.cache_share)});
  parts.push_back({6, absl::StrCat("window ", ShortNumber(static_cast<double>(status.window_rows)), " rows")});
  if (status.step.step > 0) {
    parts.push_back({1, absl::StrCat("step ", status.step.step)});
    parts.push_back({5, LossText(status.step)});
    parts.push_back({12, absl::StrFormat("lr %.1e", status.step.learning_rate)});
  }
  if (status.checkpoint_step > 0) parts.push_back({11, absl::StrCat("saved at ", status.checkpoint_step)});
  if (!status.net_id.empty()) parts.push_back({13, absl::StrCat("net ", status.net_id.substr(0, kIdDigits))});
  if (const absl::Duration left = TimeLeft(status, rates); left < absl::InfiniteDuration()) {
    parts.push_back({2, absl::StrCat("ETA ", ClockText(left))});
  }
  return parts;
}

int TerminalWidth() {
  winsize size = {};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kDefaultWidth;
}

}  // namespace

std::string ShortNumber(double number) {
  if (!std::isfinite(number)) return "?";
  static constexpr const char* kUnits[] = {"", "k", "M", "G"};
  int unit = 0;
  // 999.5 would be printed as 1000.
  while (std::abs(number) >= 999.5 && unit + 1 < static_cast<int>(std::size(kUnits))) {
    number /= 1000;
    ++unit;
  }
  const double magnitude = std::abs(number);
  const bool whole = unit == 0 && number == std::floor(number);
  const int decimals = whole || magnitude >= 99.95 ? 0 : magnitude >= 9.995 ? 1 : 2;
  return absl::StrFormat("%.*f%s", decimals, number, kUnits[unit]);
}

std::string ClockText(absl::Duration duration) {
  const std::int64_t seconds = std::max<std::int64_t>(0, absl::ToInt64Seconds(duration));
  if (seconds < 3600) return absl::StrFormat("%d:%02d", seconds / 60, seconds % 60);
  return absl::StrFormat("%d:%02d:%02d", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

std::string StatusText(const LoopStatus& status, const LoopRates& rates, int width) {
  std::vector<Part> parts = Parts(status, rates);
  for (;;) {
    std::string text;
    for (const Part& part : parts) absl::StrAppend(&text, text.empty() ? "" : std::string(kSeparator), part.text);
    if (static_cast<int>(text.size()) <= width || parts.size() == 1) return text.substr(0, static_cast<std::size_t>(std::max(0, width)));
    parts.erase(std::max_element(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.rank < b.rank; }));
  }
}

StatusLine StatusLine::ForStderr(const Clock* clock) {
  StatusLineOptions options;
  options.terminal = ::isatty(STDERR_FILENO) == 1;
  if (options.terminal) options.width = TerminalWidth;
  return StatusLine([](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }, std::move(options), clock);
}

void StatusLine::Update(const LoopStatus& status, const LoopRates& rates) {
  const absl::Duration interval = options_.terminal ? options_.redraw_interval : options_.plain_interval;
  if (clock_->Now() - drawn_at_ >= interval) Draw(status, rates);
}

void StatusLine::Finish(const LoopStatus& status, const LoopRates& rates) {
  Draw(status, rates);
  if (visible_) sink_("\n");
  visible_ = false;
}

void StatusLine::Clear() {
  if (!visible_) return;
  sink_(kEraseLine);
  visible_ = false;
  drawn_at_ = absl::InfinitePast();
}

void StatusLine::Draw(const LoopStatus& status, const LoopRates& rates) {
  drawn_at_ = clock_->Now();
  if (!options_.terminal) {
    sink_(StatusText(status, rates, std::numeric_limits<int>::max()) + "\n");
    return;
  }
  // One column stays free: a full line would make some terminals wrap.
  const int width = options_.width ? options_.width() - 1 : std::numeric_limits<int>::max();
  sink_(kEraseLine + StatusText(status, rates, width));
  visible_ = true;
}

}  // namespace tandem
