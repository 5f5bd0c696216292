#include "engine/search/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "engine/base/check.h"

namespace tandem {
namespace {

constexpr std::size_t kMinBytes = 16 << 10;  // one node of the widest game and some more
constexpr std::size_t kMaxBytes = (std::size_t{1} << 32) * 8 - 4096;
constexpr std::size_t kPageBytes = 4096;
// From here on a few huge pages more or less do not matter. Trees of self-play are smaller.
constexpr std::size_t kLargeBytes = 64 << 20;
// Pages are given back only when a good many are free: the system clears each that is taken anew, an eighth of a search of Connect Four by
// a free evaluator. There are hundreds of small trees.
constexpr std::size_t kReleaseBytesSmall = 1 << 20;
constexpr std::size_t kReleaseBytesLarge = 64 << 20;

std::uint32_t NodeUnits(int num_edges) {
  return static_cast<std::uint32_t>((sizeof(Node) + static_cast<std::size_t>(num_edges) * sizeof(Edge)) / 8);
}

}  // namespace

Arena::Arena(std::size_t capacity_bytes) {
  const std::size_t bytes = std::clamp(capacity_bytes, kMinBytes, kMaxBytes) / kUnitBytes * kUnitBytes;
  capacity_ = static_cast<std::uint32_t>(bytes / kUnitBytes);
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();  // no address space left: the same end as any other allocation
  // Large trees are walked at random; with small pages a good part of that is address translation. A refusal costs nothing.
  if (bytes >= kLargeBytes) madvise(memory, bytes, MADV_HUGEPAGE);
  base_ = static_cast<std::byte*>(memory);
}

Arena::~Arena() { munmap(base_, capacity_bytes()); }

std::uint32_t Arena::NewNode(int num_edges) {
  const std::uint32_t units = NodeUnits(num_edges);
  std::uint32_t unit = end();
  do {
    if (units > capacity_ - unit) return 0;
  } while (!end_.compare_exchange_weak(unit, unit + units, std::memory_order_relaxed));
  Node* node = new (At(unit)) Node();
  node->num_edges = static_cast<std::uint16_t>(num_edges);
  for (int i = 0; i < num_edges; ++i) new (reinterpret_cast<Edge*>(node + 1) + i) Edge();
  return unit;
}

// One ascending pass. A node that is kept is moved down at once; since nothing between it and its children was written yet, the children
// are marked and *threaded* (Jonkers 1979): the edge that leads to a child keeps a word of the child's header, and the header keeps the
// edge's new place instead. When the pass comes to the child, the header gets its word back and the edge gets the child's new place.
void Arena::Keep(Edge* root) {
  if (root->child == 0) {
    Clear();
    return;
  }
  const std::uint32_t old_end = end();
  std::uint32_t cursor = kFirst;
  constexpr std::uint32_t kRootEdge = 0;  // no edge lies at unit 0
  const auto thread = [this](Edge& edge, std::uint32_t edge_unit) {
    Node* child = At(edge.child);
    child->marked = 1;
    edge.child = std::bit_cast<std::uint32_t>(child->raw_moves_left);
    child->raw_moves_left = std::bit_cast<float>(edge_unit);
  };
  std::uint32_t unit = root->child;
  thread(*root, kRootEdge);
  while (unit < old_end) {
    Node* node = At(unit);
    const std::uint32_t units = NodeUnits(node->num_edges);
    if (node->marked) {
      const std::uint32_t edge_unit = std::bit_cast<std::uint32_t>(node->raw_moves_left);
      Edge& parent_edge = edge_unit == kRootEdge ? *root : *reinterpret_cast<Edge*>(base_ + std::size_t{edge_unit} * kUnitBytes);
      node->raw_moves_left = std::bit_cast<float>(parent_edge.child);
      node->marked = 0;
      parent_edge.child = cursor;
      std::memmove(static_cast<void*>(At(cursor)), node, std::size_t{units} * kUnitBytes);
      for (Edge& edge : At(cursor)->edges()) {
        const auto place = static_cast<std::uint32_t>((reinterpret_cast<std::byte*>(&edge) - base_) / kUnitBytes);
        if (edge.child != 0) thread(edge, place);
      }
      cursor += units;
    }
    unit += units;
  }
  end_ = cursor;
  ReleasePages(old_end);
}

void Arena::Clear() {
  const std::uint32_t old_end = end();
  end_ = kFirst;
  ReleasePages(old_end);
}

void Arena::ReleasePages(std::uint32_t old_end) {
  const std::size_t from = (used_bytes() + kPageBytes - 1) / kPageBytes * kPageBytes;
  const std::size_t to = std::size_t{old_end} * kUnitBytes;
  // A failure would only leave the pages in use.
  const std::size_t kept = capacity_bytes() >= kLargeBytes ? kReleaseBytesLarge : kReleaseBytesSmall;
  if (to > from + kept) madvise(base_ + from, to - from, MADV_DONTNEED);
}

}  // namespace tandem
