// A lock for sections of a few microseconds that two or a few threads enter all the time: putting a thread to sleep and waking it costs
// more than such a section. After a while of spinning it lets others run, so that a holder that lost its processor gets it back.
#pragma once

#include <atomic>
#include <thread>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace tandem {

// Meets Lockable. Not fair, not recursive.
class SpinLock {
 public:
  void lock() {
    for (int spins = 0; !try_lock(); ++spins) {
      while (locked_.load(std::memory_order_relaxed)) {
        if (++spins < kSpins) {
          Pause();
        } else {
          std::this_thread::yield();
        }
      }
    }
  }
  bool try_lock() { return !locked_.load(std::memory_order_relaxed) && !locked_.exchange(true, std::memory_order_acquire); }
  void unlock() { locked_.store(false, std::memory_order_release); }

 private:
  static constexpr int kSpins = 4000;  // some 50 microseconds
  static void Pause() {
#if defined(__x86_64__)
    _mm_pause();
#endif
  }

  alignas(64) std::atomic<bool> locked_{false};  // a line of its own: those that wait read it all the time
};

}  // namespace tandem
