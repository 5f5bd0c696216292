#include "engine/search/tree_search.h"

#include "engine/search/algorithms.h"

namespace tandem {

std::unique_ptr<TreeSearch> NewTreeSearch(const Game&, const SearchConfig& config) {
  return config.algorithm() == SearchConfig::GUMBEL ? NewGumbelSearch(config) : NewPuctSearch(config);
}

}  // namespace tandem
