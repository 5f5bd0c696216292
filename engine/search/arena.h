// Memory of one search tree: a reserved stretch of addresses of which only what is written takes real memory. Nodes are appended; none
// is freed alone. A node's block is addressed by its offset in units of 8 bytes, and, since a node is made after its parent, **a child's
// offset is always larger than its parent's**. That makes keeping a subtree one pass in place (Keep).
//
// NewNode may be called by several threads at once; everything else is for one at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "engine/search/node.h"

namespace tandem {

class Arena {
 public:
  // Never holds more than `capacity_bytes` (at least 16 KiB, at most 32 GiB of them are used).
  explicit Arena(std::size_t capacity_bytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // A fresh node with room for `num_edges` edges, all default; 0 when it does not fit any more.
  std::uint32_t NewNode(int num_edges);

  Node* At(std::uint32_t unit) { return reinterpret_cast<Node*>(base_ + std::size_t{unit} * kUnitBytes); }
  const Node* At(std::uint32_t unit) const { return reinterpret_cast<const Node*>(base_ + std::size_t{unit} * kUnitBytes); }

  // Drops everything but the subtree below root->child, moves it to the front and updates root->child (root itself lies outside the
  // arena). Time is linear in the bytes used.
  void Keep(Edge* root);
  void Clear();

  std::size_t used_bytes() const { return std::size_t{end()} * kUnitBytes; }
  std::size_t capacity_bytes() const { return std::size_t{capacity_} * kUnitBytes; }

 private:
  static constexpr std::size_t kUnitBytes = 8;
  static constexpr std::uint32_t kFirst = 1;  // unit 0 stands for "no node"

  std::uint32_t end() const { return end_.load(std::memory_order_relaxed); }
  void ReleasePages(std::uint32_t old_end);

  std::byte* base_ = nullptr;
  std::uint32_t capacity_ = 0;              // units
  // Units in use. In a cache line of its own: threads that make nodes write it while others read base_ all the time.
  alignas(64) std::atomic<std::uint32_t> end_{kFirst};
};

}  // namespace tandem
