// The implementations behind NewTreeSearch, one a file: puct.cc, gumbel.cc.
#pragma once

#include <memory>

#include "engine/search/tree_search.h"

namespace tandem {

std::unique_ptr<TreeSearch> NewPuctSearch(const SearchConfig& config);
std::unique_ptr<TreeSearch> NewGumbelSearch(const SearchConfig& config);

}  // namespace tandem
