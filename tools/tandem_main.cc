// The `tandem` binary. Its commands register themselves: see tools/commands/command.h.
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "absl/synchronization/mutex.h"
#include "tools/commands/command.h"

int main(int argc, char** argv) {
#ifdef NDEBUG
  // Distributions build Abseil with its checks on: every lock would go into a graph of locks, to look for cycles.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
  const int code = tandem::RunCommandLine(argc, argv);
  // Commands have joined their threads and closed their files by now. The destructors of LibTorch's globals would only take half a second
  // of processor time, which a GUI that waits for `quit` notices.
  std::cout.flush();
  std::fflush(nullptr);
  std::_Exit(code);
}
