#include "engine/game/quoted_text.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace tandem {

std::string QuotedText(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  const std::string shown = absl::CEscape(absl::string_view(text.data(), std::min(text.size(), kLongest)));
  return absl::StrCat("'", shown, text.size() > kLongest ? "..." : "", "'");
}

}  // namespace tandem
