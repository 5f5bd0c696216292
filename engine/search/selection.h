// What a selection (puct.h, gumbel.h) is told, and what the report after a search asks of it.
//
// A selection is a class with
//   static constexpr bool kEndsAtCollision;               whether a batch ends where a simulation meets a waiting leaf
//   void Start(const RootExploration&, Rng*);             a search begins
//   void OnRoot(const Root&, std::int64_t remaining);     the root has its node now; `remaining` simulations follow (kNoBudget: unknown)
//   Edge* SelectAtRoot(const Root&);                      the move of the next simulation
//   Edge* Select(Node&, const Edge& above);               the same below the root
//   Judgement Judge(const Root&) const;                   for the result
// It is a template argument of GuidedSearch and not a virtual class, because Select is called for every ply of every simulation.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "engine/search/node.h"
#include "engine/search/tree.h"

namespace tandem {

inline constexpr std::int64_t kNoBudget = std::numeric_limits<std::int64_t>::max();

// The root as selections see it. Indices run over its edges.
struct Root {
  const Tree* tree = nullptr;
  const Edge* above = nullptr;  // Tree::root_edge
  std::span<Edge> edges;
  std::vector<std::uint8_t> allowed;  // SearchLimits::root_actions, 1 or 0 for each edge

  const Node* node() const { return tree->root_node(); }
  // Root mover's mean value.
  double value() const { return -EdgeValue(*above, 0); }
  bool prove() const { return tree->prove(); }
  // Whether simulations there can teach anything: allowed, and nothing proven.
  bool Open(std::size_t i) const { return allowed[i] && !(prove() && edges[i].proven != Proven::kNo); }
  bool Draws(std::size_t i) const { return allowed[i] && prove() && edges[i].proven == Proven::kDraw; }
  // Sets `allowed`: the wanted moves, or all of them when none is wanted or none of the wanted is legal.
  void Allow(std::span<const Action> wanted);
  // More simulations can not change which allowed move is best: one is proven to win, or all are proven, or there is only one and the
  // search is not `infinite`.
  bool Decided(bool infinite) const;
  // The move to follow when there is nothing left to learn: the first proven win; or, when every allowed move is proven, the first draw,
  // else the loss that resists longest. nullptr when moves are open.
  Edge* Forced() const;
};

// Improved policy and order of the moves, by edge, before proofs are put in.
struct Judgement {
  std::vector<double> policy;      // >= 0; 0 where not allowed
  std::vector<double> preference;  // larger is better; ties by edge order
};

}  // namespace tandem
