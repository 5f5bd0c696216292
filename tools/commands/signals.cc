#include "tools/commands/signals.h"

#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <utility>

#include "engine/base/log.h"

namespace tandem {

StopOnSignals::StopOnSignals(std::stop_source stop) {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, &mask_before_);
  waiter_ = std::jthread([this, stop = std::move(stop)](std::stop_token done) mutable {
    const timespec tick{0, 100'000'000};
    while (!done.stop_requested()) {
      const int signal = sigtimedwait(&signals_, nullptr, &tick);
      if (signal < 0) continue;  // EAGAIN: nothing came
      if (stop.stop_requested()) _exit(128 + signal);
      Log().info("finishing: what is done is being saved (once more ends at once)");
      stop.request_stop();
    }
  });
}

StopOnSignals::~StopOnSignals() {
  waiter_.request_stop();
  waiter_.join();
  // One that came after the work was done asks for nothing any more.
  const timespec now{0, 0};
  while (sigtimedwait(&signals_, nullptr, &now) > 0) continue;
  pthread_sigmask(SIG_SETMASK, &mask_before_, nullptr);
}

}  // namespace tandem
