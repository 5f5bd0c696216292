// SIGINT and SIGTERM as a stop request, for commands that run long: the first asks to finish and save, the second ends at once.
#pragma once

#include <csignal>
#include <stop_token>
#include <thread>

namespace tandem {

// One at a time, made on the main thread before other threads, which inherit the blocked signals. While it lives the signals are blocked;
// then they are as they were, so whoever starts a program with them blocked (tools/deploy/ray_workers.py) has no moment without a handler.
class StopOnSignals {
 public:
  explicit StopOnSignals(std::stop_source stop);
  ~StopOnSignals();
  StopOnSignals(const StopOnSignals&) = delete;

 private:
  sigset_t signals_;
  sigset_t mask_before_;
  std::jthread waiter_;
};

}  // namespace tandem
