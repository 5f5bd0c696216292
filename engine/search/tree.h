// The tree that PUCT and Gumbel grow: expansion, backup with proofs, keeping a subtree after a move, and reading results out of it.
// Which move a simulation follows is the business of the selections (puct.h, gumbel.h); the loop that joins both is guided_search.h.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/game/state.h"
#include "engine/search/arena.h"
#include "engine/search/node.h"

namespace tandem {

// An edge that a simulation went through and the node below it (nullptr when there is none).
struct PathStep {
  Edge* edge = nullptr;
  Node* node = nullptr;
};

// Single-threaded. Pointers to edges and nodes stay valid until SetRoot or Clear.
class Tree {
 public:
  // With `prove`, proven results of finished games travel up the tree; without, they stay at the moves that end a game.
  Tree(std::size_t memory_bytes, bool prove);

  // Makes `root` the root. Keeps the subtree below it when it is the old root, a child or a grandchild of it (recognised by key).
  void SetRoot(const State& root);
  void Clear();
  bool has_root() const { return root_state_ != nullptr; }
  const State& root_state() const { return *root_state_; }
  // An edge from nowhere to the root: its values are in the view of the side that is *not* to move at the root.
  Edge& root_edge() { return root_edge_; }
  const Edge& root_edge() const { return root_edge_; }
  Node* root_node() { return Child(root_edge_); }
  const Node* root_node() const { return Child(root_edge_); }
  Node* Child(const Edge& edge) { return edge.child == 0 ? nullptr : arena_.At(edge.child); }
  const Node* Child(const Edge& edge) const { return edge.child == 0 ? nullptr : arena_.At(edge.child); }

  // A node that belongs to no edge yet, in the arena; 0 when the memory is full. The only function that several threads may call at once,
  // and beside the others. A node that is never linked takes memory until the next SetRoot with another root.
  std::uint32_t MakeNode(std::span<const Action> legal, std::span<const float> prior, const Evaluation& evaluation);
  // Puts the node below `edge`; nullptr when it is 0, which memory_full() then tells.
  Node* Link(Edge& edge, std::uint32_t unit);
  // Ends a simulation: `value` (-1..1) and `draw` (0..1) of the last position of `path`, in the view of the side to move there, are added
  // to every edge and node of it, and what they prove is proved. From a proven edge upwards the exact value counts instead; above an edge
  // that can not be better than a draw, its value so bounded (below, only moves that might be better than the draw are searched).
  void Backup(std::span<const PathStep> path, double value, double draw);

  // Plies from before a proven edge to the end, this move counted.
  int Plies(const Edge& edge) const { return edge.child == 0 ? 1 : 1 + Child(edge)->proven_plies; }
  // Mean win/draw/loss of an edge, in its own view. `unvisited` stands for an edge without visits, and its draw share for edges of
  // which none is known (the memory was full).
  Evaluation MeanOutcome(const Edge& edge, const Evaluation& unvisited) const;
  // The best line that begins with `first`.
  std::vector<Action> Line(const Edge& first) const;

  bool prove() const { return prove_; }
  bool memory_full() const { return memory_full_; }
  std::size_t used_bytes() const { return arena_.used_bytes(); }
  std::size_t capacity_bytes() const { return arena_.capacity_bytes(); }

 private:
  // Sets `edge` (the one above `node`) proven when `node`'s edges prove it.
  void TryProve(Edge& edge, Node& node) const;
  // The edge that leads from the root to `key` in one or two moves and has a node; nullptr when there is none.
  const Edge* FindDescendant(const PositionKey& key);
  const Edge* BestEdge(const Node& node) const;

  const bool prove_;
  bool memory_full_ = false;
  Arena arena_;
  Edge root_edge_;
  std::unique_ptr<State> root_state_;
  std::unique_ptr<State> child_state_;  // scratch of FindDescendant
  std::unique_ptr<State> grandchild_state_;
};

}  // namespace tandem
