#include "engine/net/torch/device_graph.h"

// The runtime's headers include the compiler's (crt/), which PyPI has in another package.
#if defined(TANDEM_LIBTORCH_CUDA) && __has_include(<cuda_runtime.h>) && __has_include(<crt/host_defines.h>)

#include <ATen/cuda/CUDAGraph.h>

#include <mutex>

namespace tandem {
namespace {

class CudaGraph : public DeviceGraph {
 public:
  explicit CudaGraph(const std::function<void()>& work) {
    static std::mutex& one_at_a_time = *new std::mutex;
    const std::lock_guard<std::mutex> lock(one_at_a_time);
    // Other threads go on launching and allocating meanwhile.
    graph_.capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    work();
    graph_.capture_end();
  }
  void Replay() override { graph_.replay(); }

 private:
  at::cuda::CUDAGraph graph_;
};

}  // namespace

std::unique_ptr<DeviceGraph> RecordGraph(const c10::Device& device, const std::function<void()>& work) {
  if (!device.is_cuda()) return nullptr;
  return std::make_unique<CudaGraph>(work);
}

}  // namespace tandem

#else

namespace tandem {
std::unique_ptr<DeviceGraph> RecordGraph(const c10::Device&, const std::function<void()>&) { return nullptr; }
}  // namespace tandem

#endif
