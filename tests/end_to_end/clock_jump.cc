// Preloaded into a program (LD_PRELOAD), moves its wall clock: by the seconds that the file $CLOCK_JUMP_FILE holds as a little-endian
// 64-bit integer, at any time. Steady clocks stay as they are, and so does the machine.
//
// Waits until a wall-clock time (futexes with FUTEX_CLOCK_REALTIME, which Abseil's timed waits are) end by the moved clock, also when it is
// moved during the wait: a program that waits by the wall clock stands still for an hour when its clock is set back by one, as it would.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr long kNanosecondsPerSecond = 1'000'000'000;
constexpr long kSlice = 20'000'000;  // how soon a wait sees a jump

using Syscall = long (*)(long, ...);
using GetTime = int (*)(clockid_t, timespec*);

template <typename Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

long Offset() {
  static const volatile std::int64_t* const seconds = []() -> const volatile std::int64_t* {
    const char* path = std::getenv("CLOCK_JUMP_FILE");
    const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return nullptr;
    void* memory = mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
    close(file);
    return memory == MAP_FAILED ? nullptr : static_cast<const volatile std::int64_t*>(memory);
  }
  ();
  return seconds == nullptr ? 0 : static_cast<long>(*seconds);
}

timespec TrueTime() {
  static const GetTime get_time = Next<GetTime>("clock_gettime");
  timespec now{};
  get_time(CLOCK_REALTIME, &now);
  return now;
}

bool Before(const timespec& a, const timespec& b) { return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec; }

}  // namespace

extern "C" {

int clock_gettime(clockid_t id, timespec* time) noexcept {
  static const GetTime get_time = Next<GetTime>("clock_gettime");
  const int result = get_time(id, time);
  if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) time->tv_sec += Offset();
  return result;
}

int gettimeofday(timeval* time, void*) noexcept {
  const timespec now = TrueTime();
  time->tv_sec = now.tv_sec + Offset();
  time->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* result) noexcept {
  const time_t now = TrueTime().tv_sec + Offset();
  if (result != nullptr) *result = now;
  return now;
}

long syscall(long number, ...) noexcept {
  static const Syscall next = Next<Syscall>("syscall");
  va_list list;
  va_start(list, number);
  long argument[6];
  for (long& value : argument) value = va_arg(list, long);
  va_end(list);
  const auto* until = reinterpret_cast<const timespec*>(argument[3]);
  const long command = argument[1] & FUTEX_CMD_MASK;
  if (number != SYS_futex || command != FUTEX_WAIT_BITSET || (argument[1] & FUTEX_CLOCK_REALTIME) == 0 || until == nullptr) {
    return next(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
  }
  for (;;) {
    timespec slice = TrueTime();
    slice.tv_nsec += kSlice;
    if (slice.tv_nsec >= kNanosecondsPerSecond) {
      ++slice.tv_sec;
      slice.tv_nsec -= kNanosecondsPerSecond;
    }
    timespec end = *until;
    end.tv_sec -= Offset();
    const bool last = !Before(slice, end);
    const long result = next(number, argument[0], argument[1], argument[2], last ? &end : &slice, argument[4], argument[5]);
    if (last || result == 0 || errno != ETIMEDOUT) return result;
  }
}

}  // extern "C"
