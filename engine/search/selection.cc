#include "engine/search/selection.h"

#include <algorithm>

namespace tandem {

void Root::Allow(std::span<const Action> wanted) {
  allowed.clear();
  bool any = false;
  for (const Edge& edge : edges) {
    allowed.push_back(wanted.empty() || std::find(wanted.begin(), wanted.end(), edge.action) != wanted.end());
    any |= allowed.back() != 0;
  }
  if (!any) std::fill(allowed.begin(), allowed.end(), 1);
}

bool Root::Decided(bool infinite) const {
  int num_allowed = 0;
  bool all_proven = true;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    if (!allowed[i]) continue;
    ++num_allowed;
    if (prove() && edges[i].proven == Proven::kWin) return true;
    all_proven &= edges[i].proven != Proven::kNo;
  }
  return (prove() && all_proven) || (num_allowed == 1 && !infinite);
}

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
