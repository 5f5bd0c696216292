// One line that shows a running loop: on a terminal redrawn in place at most four times a second and cut to the terminal's width; elsewhere
// (a file, a pipe) a plain line every ten seconds, so that logs stay short.
//
//   2:10 | 1,204 games | 512 moves/s | 8.2k evals/s | batch 96 | cache 41% | window 118k rows | step 300 | loss 1.93 (p 1.41 v 0.52) | ...
//
// Partner: loop_status.h.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "engine/base/clock.h"
#include "training/metrics/loop_status.h"

namespace tandem {

// The line's text, at most `width` characters (ASCII): the parts that matter least are left out first. No line break.
std::string StatusText(const LoopStatus& status, const LoopRates& rates, int width);

// "850", "8.2k", "1.25M": at most five characters up to 999G, for a line that must not jump.
std::string ShortNumber(double number);
// "0:07", "12:34", "3:05:00".
std::string ClockText(absl::Duration duration);

struct StatusLineOptions {
  bool terminal = false;
  std::function<int()> width;  // columns now; empty = no bound
  absl::Duration redraw_interval = absl::Milliseconds(250);
  absl::Duration plain_interval = absl::Seconds(10);
};

// Single-threaded.
class StatusLine {
 public:
  using Sink = std::function<void(std::string_view text)>;
  StatusLine(Sink sink, StatusLineOptions options, const Clock* clock)
      : sink_(std::move(sink)), options_(std::move(options)), clock_(clock) {}
  // On stderr, a terminal or not.
  static StatusLine ForStderr(const Clock* clock);

  // Shows the status when it is due.
  void Update(const LoopStatus& status, const LoopRates& rates);
  // Shows the last status in any case and ends the line.
  void Finish(const LoopStatus& status, const LoopRates& rates);
  // Wipes the line from the terminal, so that something else can be printed; the next Update draws it again.
  void Clear();

 private:
  void Draw(const LoopStatus& status, const LoopRates& rates);

  const Sink sink_;
  const StatusLineOptions options_;
  const Clock* const clock_;
  absl::Time drawn_at_ = absl::InfinitePast();
  bool visible_ = false;  // on a terminal: the line stands there without a line break
};

}  // namespace tandem
