// Bell: a wait that somebody may cut short, timed by the steady clock. Abseil's own timed waits (as of 20220623) follow the wall clock:
// when that is set back by an hour while a thread waits for 100 ms, the thread waits for an hour.
//
//   const std::uint64_t rings = bell.rings();       // before looking whether there is something to do
//   if (!SomethingToDo()) bell.Wait(rings, limit);  // what rings meanwhile is not missed
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "absl/time/time.h"

namespace tandem {

// Thread-safe.
class Bell {
 public:
  void Ring() {
    const std::lock_guard lock(mutex_);
    ++rings_;
    rung_.notify_all();
  }
  std::uint64_t rings() const {
    const std::lock_guard lock(mutex_);
    return rings_;
  }
  // Until there have been more rings than `seen`, or the time is up.
  void Wait(std::uint64_t seen, absl::Duration limit) {
    std::unique_lock lock(mutex_);
    rung_.wait_for(lock, absl::ToChronoNanoseconds(limit), [&] { return rings_ != seen; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable rung_;
  std::uint64_t rings_ = 0;
};

}  // namespace tandem
