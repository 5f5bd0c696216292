// What this processor multiplies fast. Found once; a test may take features away to walk the paths of an older machine.
#pragma once

namespace tandem {

struct alignas(8) ProcessorFeatures {
  bool avx2 = false;         // and FMA (winograd_convolution.h)
  // Both with AVX-512 F, BW, VL and DQ (direct_convolution.h):
  bool avx512_bf16 = false;  // bfloat16 dot products (Intel Cooper Lake, AMD Zen 4)
  bool avx512_vnni = false;  // 8-bit dot products (Intel Cascade Lake, AMD Zen 4)
  bool amx_bf16 = false;     // matrix tiles, which oneDNN uses (Intel Sapphire Rapids)
};

// Thread-safe.
ProcessorFeatures Processor();

// While it lives, Processor() has only those features that `allowed` has too. One at a time.
class ScopedProcessorLimit {
 public:
  explicit ScopedProcessorLimit(const ProcessorFeatures& allowed);
  ~ScopedProcessorLimit();
  ScopedProcessorLimit(const ScopedProcessorLimit&) = delete;
  ScopedProcessorLimit& operator=(const ScopedProcessorLimit&) = delete;
};

}  // namespace tandem
