#include "engine/base/thread.h"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <thread>

#include "engine/base/log.h"

namespace tandem {
namespace {

// Quota of control group version 2 ("max 100000" or "150000 100000": microseconds of processor time in a period), else of version 1;
// 0 when there is none. Only the group's own root as a container sees it is read.
double ControlGroupProcessors() {
  std::string quota;
  double period = 0;
  std::ifstream unified("/sys/fs/cgroup/cpu.max");
  if (unified >> quota >> period) {
    return quota == "max" || period <= 0 ? 0 : std::strtod(quota.c_str(), nullptr) / period;
  }
  double microseconds = 0;
  std::ifstream quota_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream period_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (quota_file >> microseconds && period_file >> period && microseconds > 0 && period > 0) return microseconds / period;
  return 0;
}

}  // namespace

int AvailableProcessors() {
  int processors = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  cpu_set_t mask;
  if (sched_getaffinity(0, sizeof(mask), &mask) == 0) processors = std::min(processors, std::max(1, CPU_COUNT(&mask)));
  if (const double quota = ControlGroupProcessors(); quota > 0) {
    processors = std::min(processors, std::max(1, static_cast<int>(std::ceil(quota))));
  }
  return processors;
}

int ResolveThreads(int requested) {
  const int processors = AvailableProcessors();
  if (requested > processors) {
    Log().warn("threads {}: expected at most {}, the processors here; they will wait for each other", requested, processors);
  }
  return requested > 0 ? requested : processors;
}

void SetThreadName(const std::string& name) { pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()); }

}  // namespace tandem
