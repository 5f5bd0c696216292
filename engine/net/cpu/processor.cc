#include "engine/net/cpu/processor.h"

#include <atomic>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace tandem {
namespace {

ProcessorFeatures Detect() {
  ProcessorFeatures features;
#if defined(__x86_64__)
  features.avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq");
  features.avx512_bf16 = avx512 && __builtin_cpu_supports("avx512bf16");
  features.avx512_vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  // g++ 12 has no name for AMX: leaf 7, EDX bit 22 (Intel SDM vol. 2A, CPUID).
  unsigned int eax = 0, ebx = 0, ecx = 0, edx = 0;
  features.amx_bf16 = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (edx >> 22 & 1) != 0;
#endif
  return features;
}

constexpr ProcessorFeatures kAll = {.avx2 = true, .avx512_bf16 = true, .avx512_vnni = true, .amx_bf16 = true};

std::atomic<ProcessorFeatures> g_limit{kAll};

}  // namespace

ProcessorFeatures Processor() {
  static const ProcessorFeatures found = Detect();
  const ProcessorFeatures limit = g_limit.load(std::memory_order_relaxed);
  return {.avx2 = found.avx2 && limit.avx2,
          .avx512_bf16 = found.avx512_bf16 && limit.avx512_bf16,
          .avx512_vnni = found.avx512_vnni && limit.avx512_vnni,
          .amx_bf16 = found.amx_bf16 && limit.amx_bf16};
}

ScopedProcessorLimit::ScopedProcessorLimit(const ProcessorFeatures& allowed) { g_limit = allowed; }
ScopedProcessorLimit::~ScopedProcessorLimit() { g_limit = kAll; }

}  // namespace tandem
