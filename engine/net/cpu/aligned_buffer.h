// Memory for vectors.
#pragma once

#include <cstddef>
#include <memory>

namespace tandem {

// Memory that begins at a multiple of 64 bytes and only grows. Not copyable; new bytes are zero.
class AlignedBuffer {
 public:
  void Grow(std::size_t bytes) {
    if (bytes <= bytes_) return;
    constexpr std::size_t kLine = 64;
    memory_ = std::make_unique<unsigned char[]>(bytes + kLine);
    void* begin = memory_.get();
    std::size_t space = bytes + kLine;
    begin_ = static_cast<unsigned char*>(std::align(kLine, bytes, begin, space));
    bytes_ = bytes;
  }
  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(begin_);
  }
  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(begin_);
  }

 private:
  std::unique_ptr<unsigned char[]> memory_;
  unsigned char* begin_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace tandem
