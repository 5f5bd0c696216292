// The launches of one batch recorded once and replayed as a whole (CUDA graphs), which spares a small network most of its time on a large
// GPU. Built only against the CUDA wheel (TANDEM_LIBTORCH_CUDA, set by third_party/libtorch.bzl) with CUDA's runtime header at hand.
#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace tandem {

// Thread-compatible.
class DeviceGraph {
 public:
  virtual ~DeviceGraph() = default;
  virtual void Replay() = 0;
};

// Records what `work` launches on the current stream, which must not be the default one; `work` has run before. Null where graphs are not
// built in or `device` is no CUDA device. May throw c10::Error.
std::unique_ptr<DeviceGraph> RecordGraph(const c10::Device& device, const std::function<void()>& work);

}  // namespace tandem
