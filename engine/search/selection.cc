#include "engine/search/selection.h"

namespace tandem {

Edge* Root::Forced() const {
  if (!prove()) return nullptr;
  Edge* draw = nullptr;
  Edge* slowest = nullptr;
  bool open = false;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (!allowed[i]) continue;
    if (edges[i].proven == Proven::kWin) return &edges[i];
    if (edges[i].proven == Proven::kNo) {
      open = true;
    } else if (edges[i].proven == Proven::kDraw) {
      draw = draw != nullptr ? draw : &edges[i];
    } else if (slowest == nullptr || tree->Plies(edges[i]) > tree->Plies(*slowest)) {
      slowest = &edges[i];
    }
  }
  if (open) return nullptr;
  return draw != nullptr ? draw : slowest;
}

}  // namespace tandem
