// Mirror images of a position, told by what the network sees: two positions are images of each other when a symmetry of the game turns the
// planes of one into those of the other. All images of a position have one canonical form, under which the cache keeps one evaluation.
//
// The key is a hash of the turned planes, the smallest over all symmetries: each cell's planes are hashed once, and a symmetry only changes
// which random multipliers the cells meet (multilinear hashing, Carter and Wegman 1979), so an image costs one pass of multiply-adds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "engine/game/state.h"

namespace tandem {

// Single-threaded (scratch memory). The game's planes must turn with its symmetries, which the conformance check of games asks for.
class MirrorImages {
 public:
  explicit MirrorImages(const Game& game);

  // Key of the canonical image. `order` gets legal.size() elements: order[i] is the place of move legal[i] among the legal moves of the
  // canonical image, so that canonical_prior[order[i]] = prior[i].
  PositionKey Canonical(const State& state, std::span<const Action> legal, std::vector<std::uint16_t>* order);

 private:
  const std::vector<Symmetry>& symmetries_;
  const std::size_t num_cells_;
  const std::size_t num_planes_;
  // Multipliers of cell c under symmetry s at [s * cells + c], one for each half of the key.
  std::vector<std::uint64_t> low_, high_;
  std::vector<float> planes_;
  std::vector<std::uint64_t> cells_;
  std::vector<std::uint32_t> turned_;  // turned action * 2^16 + index of the move
};

}  // namespace tandem
