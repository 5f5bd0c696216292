// Tells ThreadSanitizer what absl's locks order. Linked in by --config=tsan only.
//
// Debian's libabsl_synchronization is not instrumented: its atomics are invisible to the sanitizer, which would report every access
// under an absl::Mutex as a race. The linker's --wrap sends our calls here (the list stands in third_party/BUILD); each wrapper calls
// the real function and marks its happens-before edge: release before giving a lock up, acquire after getting it. Reads made by
// conditions that absl evaluates inside are ignored, as absl's own annotations do.
//
// Kept simple: the edges do not tell readers from writers, so a write under a reader lock goes unnoticed.

#include <sanitizer/tsan_interface.h>

#include <atomic>
#include <cstddef>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

extern "C" void AnnotateIgnoreReadsBegin(const char* file, int line);
extern "C" void AnnotateIgnoreReadsEnd(const char* file, int line);

namespace {

// While it lives, what absl calls back into is ignored.
class Inside {
 public:
  Inside() { AnnotateIgnoreReadsBegin(__FILE__, __LINE__); }
  ~Inside() { AnnotateIgnoreReadsEnd(__FILE__, __LINE__); }
};

// Notification's flag, which follows its mutex; HasBeenNotified() knows only the flag.
void* FlagOf(void* notification) { return static_cast<char*>(notification) + sizeof(absl::Mutex); }

}  // namespace

using absl::Condition;
using absl::Duration;
using absl::Time;

#define TANDEM_REAL(name) __real__ZN4absl7debian3##name
#define TANDEM_WRAP(name) __wrap__ZN4absl7debian3##name

// Gives `release` up, calls, gets `acquire`: the keys of the edges, null for none.
#define TANDEM_ORDERED(result, name, parameters, arguments, release, acquire) \
  extern "C" result TANDEM_REAL(name) parameters;                             \
  extern "C" result TANDEM_WRAP(name) parameters {                            \
    struct Acquire {                                                          \
      void* key;                                                              \
      ~Acquire() {                                                            \
        if (key) __tsan_acquire(key);                                         \
      }                                                                       \
    } acquire_last{acquire};                                                  \
    if (void* key = release) __tsan_release(key);                             \
    Inside inside;                                                            \
    return TANDEM_REAL(name) arguments;                                       \
  }

TANDEM_ORDERED(void, 5Mutex4LockEv, (void* mutex), (mutex), nullptr, mutex)
TANDEM_ORDERED(void, 5Mutex10ReaderLockEv, (void* mutex), (mutex), nullptr, mutex)
TANDEM_ORDERED(bool, 5Mutex7TryLockEv, (void* mutex), (mutex), nullptr, mutex)
TANDEM_ORDERED(bool, 5Mutex13ReaderTryLockEv, (void* mutex), (mutex), nullptr, mutex)
TANDEM_ORDERED(void, 5Mutex6UnlockEv, (void* mutex), (mutex), mutex, nullptr)
TANDEM_ORDERED(void, 5Mutex12ReaderUnlockEv, (void* mutex), (mutex), mutex, nullptr)

TANDEM_ORDERED(void, 5Mutex5AwaitERKNS0_9ConditionE, (void* mutex, const Condition& until), (mutex, until), mutex, mutex)
TANDEM_ORDERED(bool, 5Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE, (void* mutex, const Condition& until, Duration limit),
               (mutex, until, limit), mutex, mutex)
TANDEM_ORDERED(bool, 5Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE, (void* mutex, const Condition& until, Time limit),
               (mutex, until, limit), mutex, mutex)

TANDEM_ORDERED(void, 5Mutex8LockWhenERKNS0_9ConditionE, (void* mutex, const Condition& until), (mutex, until), nullptr, mutex)
TANDEM_ORDERED(bool, 5Mutex19LockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE, (void* mutex, const Condition& until, Duration limit),
               (mutex, until, limit), nullptr, mutex)
TANDEM_ORDERED(bool, 5Mutex20LockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE, (void* mutex, const Condition& until, Time limit),
               (mutex, until, limit), nullptr, mutex)
TANDEM_ORDERED(void, 5Mutex14ReaderLockWhenERKNS0_9ConditionE, (void* mutex, const Condition& until), (mutex, until), nullptr, mutex)
TANDEM_ORDERED(bool, 5Mutex25ReaderLockWhenWithTimeoutERKNS0_9ConditionENS0_8DurationE,
               (void* mutex, const Condition& until, Duration limit), (mutex, until, limit), nullptr, mutex)
TANDEM_ORDERED(bool, 5Mutex26ReaderLockWhenWithDeadlineERKNS0_9ConditionENS0_4TimeE, (void* mutex, const Condition& until, Time limit),
               (mutex, until, limit), nullptr, mutex)

TANDEM_ORDERED(void, 7CondVar4WaitEPNS0_5MutexE, (void* variable, void* mutex), (variable, mutex), mutex, mutex)
TANDEM_ORDERED(bool, 7CondVar15WaitWithTimeoutEPNS0_5MutexENS0_8DurationE, (void* variable, void* mutex, Duration limit),
               (variable, mutex, limit), mutex, mutex)
TANDEM_ORDERED(bool, 7CondVar16WaitWithDeadlineEPNS0_5MutexENS0_4TimeE, (void* variable, void* mutex, Time limit), (variable, mutex, limit),
               mutex, mutex)

TANDEM_ORDERED(bool, 15BlockingCounter14DecrementCountEv, (void* counter), (counter), counter, nullptr)
TANDEM_ORDERED(void, 15BlockingCounter4WaitEv, (void* counter), (counter), nullptr, counter)
TANDEM_ORDERED(bool, 7Barrier5BlockEv, (void* barrier), (barrier), barrier, barrier)

TANDEM_ORDERED(void, 12Notification6NotifyEv, (void* notification), (notification), FlagOf(notification), nullptr)
TANDEM_ORDERED(bool, 12Notification23HasBeenNotifiedInternalEPKSt6atomicIbE, (std::atomic<bool> * flag), (flag), nullptr, flag)

// Const members are mangled under another prefix.
#undef TANDEM_REAL
#undef TANDEM_WRAP
#define TANDEM_REAL(name) __real__ZNK4absl7debian3##name
#define TANDEM_WRAP(name) __wrap__ZNK4absl7debian3##name

TANDEM_ORDERED(void, 12Notification19WaitForNotificationEv, (void* notification), (notification), nullptr, FlagOf(notification))
TANDEM_ORDERED(bool, 12Notification30WaitForNotificationWithTimeoutENS0_8DurationE, (void* notification, Duration limit),
               (notification, limit), nullptr, FlagOf(notification))
TANDEM_ORDERED(bool, 12Notification31WaitForNotificationWithDeadlineENS0_4TimeE, (void* notification, Time limit), (notification, limit),
               nullptr, FlagOf(notification))
