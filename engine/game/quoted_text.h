// Text from outside as messages show it: in quotes, control characters escaped, cut after 60 characters.
#pragma once

#include <string>
#include <string_view>

namespace tandem {

std::string QuotedText(std::string_view text);

}  // namespace tandem
