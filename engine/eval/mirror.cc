#include "engine/eval/mirror.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/base/rng.h"

namespace tandem {

MirrorImages::MirrorImages(const Game& game)
    : symmetries_(game.symmetries()),
      num_cells_(static_cast<std::size_t>(game.facts().cells())),
      num_planes_(static_cast<std::size_t>(game.facts().num_planes)),
      planes_(num_cells_ * num_planes_),
      cells_(num_cells_) {
  const auto odd = [](std::uint64_t x) { return Mix64(x) | 1; };
  for (const Symmetry& symmetry : symmetries_) {
    for (const std::uint16_t cell : symmetry.cell) {
      low_.push_back(odd(2 * std::uint64_t{cell}));
      high_.push_back(odd(2 * std::uint64_t{cell} + 1));
    }
  }
}

PositionKey MirrorImages::Canonical(const State& state, std::span<const Action> legal, std::vector<std::uint16_t>* order) {
  state.WritePlanes(planes_);
  for (std::size_t cell = 0; cell < num_cells_; ++cell) {
    const float* row = &planes_[cell * num_planes_];
    std::uint64_t hash = num_planes_;
    for (std::size_t plane = 0; plane < num_planes_; ++plane) {
      hash = (std::rotl(hash, 29) ^ std::bit_cast<std::uint32_t>(row[plane])) * 0x9e3779b97f4a7c15u;
    }
    cells_[cell] = Mix64(hash);
  }
  PositionKey best;
  std::size_t chosen = 0;
  for (std::size_t s = 0; s < symmetries_.size(); ++s) {
    PositionKey key;
    const std::uint64_t* low = &low_[s * num_cells_];
    const std::uint64_t* high = &high_[s * num_cells_];
    for (std::size_t cell = 0; cell < num_cells_; ++cell) {
      key.low += cells_[cell] * low[cell];
      key.high += std::rotl(cells_[cell], 32) * high[cell];
    }
    if (s > 0 && std::pair(key.low, key.high) >= std::pair(best.low, best.high)) continue;
    best = key;
    chosen = s;
  }
  const std::vector<Action>& action = symmetries_[chosen].action;
  turned_.clear();
  for (std::size_t i = 0; i < legal.size(); ++i) turned_.push_back(std::uint32_t{action[legal[i]]} << 16 | static_cast<std::uint32_t>(i));
  std::sort(turned_.begin(), turned_.end());
  order->resize(legal.size());
  for (std::size_t i = 0; i < turned_.size(); ++i) (*order)[turned_[i] & 0xffff] = static_cast<std::uint16_t>(i);
  return {.low = Mix64(best.low), .high = Mix64(best.high)};
}

}  // namespace tandem
