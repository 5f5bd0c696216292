#include "engine/search/selection.h"

namespace tandem {

Edge* Root::Forced() const {
  if (!prove()) return nullptr;
  Edge* slowest = nullptr;
  bool open = false;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (!allowed[i]) continue;
    if (edges[i].proven == Proven::kWin) return &edges[i];
    if (edges[i].proven != Proven::kLoss) {
      open = true;
    } else if (slowest == nullptr || tree->Plies(edges[i]) > tree->Plies(*slowest)) {
      slowest = &edges[i];
    }
  }
  return open ? nullptr : slowest;
}

}  // namespace tandem
