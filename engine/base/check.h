// TANDEM_CHECK: a broken invariant of our own ends the program with the place and the condition. Input, files and the network never
// reach it: they answer with absl::Status. (Torch and Abseil both define CHECK, hence the prefix.) TANDEM_DCHECK is for hot loops and
// exists only in debug builds.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace tandem::internal {
[[noreturn]] inline void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s\n", file, line, condition);
  std::abort();
}
}  // namespace tandem::internal

#define TANDEM_CHECK(condition) \
  ((condition) ? void(0) : ::tandem::internal::CheckFailed(#condition, __FILE__, __LINE__))

#ifdef NDEBUG
#define TANDEM_DCHECK(condition) void(sizeof(condition))
#else
#define TANDEM_DCHECK(condition) TANDEM_CHECK(condition)
#endif
