// Numbers as our binary formats hold them: least byte first, whatever the machine.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem {

inline void AppendU32(std::uint32_t value, std::string* out) {
  for (int shift = 0; shift < 32; shift += 8) out->push_back(static_cast<char>(value >> shift));
}

// The four bytes from `offset` on must be there.
inline std::uint32_t U32At(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= std::uint32_t{static_cast<unsigned char>(bytes[offset + i])} << (8 * i);
  return value;
}

}  // namespace tandem
