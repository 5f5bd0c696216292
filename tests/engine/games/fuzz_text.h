// Bytes that nobody meant, for the parsers of moves and positions.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/rng.h"

namespace tandem {

// Up to `longest` random bytes.
inline std::string RandomBytes(Rng& rng, int longest) {
  std::string text(rng.Below(static_cast<std::uint32_t>(longest) + 1), '\0');
  for (char& c : text) c = static_cast<char>(rng.Below(256));
  return text;
}

// A few bytes replaced, inserted, removed or doubled; new ones are mostly `likely` ones.
inline std::string Mutated(std::string text, std::string_view likely, Rng& rng) {
  for (int i = 1 + static_cast<int>(rng.Below(3)); i > 0; --i) {
    const char c = rng.Below(4) == 0 ? static_cast<char>(rng.Below(256)) : likely[rng.Below(static_cast<std::uint32_t>(likely.size()))];
    const std::size_t at = rng.Below(static_cast<std::uint32_t>(text.size()) + 1);
    switch (rng.Below(4)) {
      case 0:
        text.insert(at, 1, c);
        break;
      case 1:
        text.erase(at, 1 + rng.Below(3));
        break;
      case 2:
        if (at < text.size()) text[at] = c;
        break;
      default:
        text.insert(at, text.substr(at / 2, rng.Below(6)));
    }
  }
  return text;
}

}  // namespace tandem
