// How many threads make sense here, and names for them.
#pragma once

#include <string>

namespace tandem {

// Processors this process may use at once: the smallest of those of the machine, of its affinity mask and of the control group's quota
// (rounded up), so that a container with a share of a large machine does not start a thread for each of the machine's processors. >= 1.
int AvailableProcessors();

// `requested` when positive, else AvailableProcessors(): the meaning of RunConfig.threads.
int ResolveThreads(int requested);

// Names the calling thread for debuggers and top; at most 15 characters are kept.
void SetThreadName(const std::string& name);

}  // namespace tandem
