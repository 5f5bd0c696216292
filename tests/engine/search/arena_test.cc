#include "engine/search/arena.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/rng.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

// Everything in the subtree below an edge, as text.
std::string Describe(const Arena& arena, const Edge& edge) {
  std::string text = absl::StrCat(edge.action, ":", edge.visits, ":", edge.value_sum, "(");
  if (edge.child != 0) {
    const Node* node = arena.At(edge.child);
    absl::StrAppend(&text, node->raw_win, ",", node->raw_moves_left, ",", node->draw_sum, " ");
    for (const Edge& below : node->edges()) absl::StrAppend(&text, Describe(arena, below));
  }
  return text + ")";
}

std::size_t Bytes(const Arena& arena, const Edge& edge) {
  if (edge.child == 0) return 0;
  const Node* node = arena.At(edge.child);
  std::size_t bytes = sizeof(Node) + node->edges().size_bytes();
  for (const Edge& below : node->edges()) bytes += Bytes(arena, below);
  return bytes;
}

// Adds a node below a random edge without one, as a search does.
void GrowOnce(Arena& arena, Edge& root, Rng& rng) {
  Edge* edge = &root;
  while (edge->child != 0) {
    const std::span<Edge> edges = arena.At(edge->child)->edges();
    edge = &edges[rng.Below(static_cast<std::uint32_t>(edges.size()))];
  }
  const std::uint32_t unit = arena.NewNode(1 + static_cast<int>(rng.Below(6)));
  ASSERT_NE(unit, 0u);
  edge->child = unit;
  Node* node = arena.At(unit);
  node->raw_win = static_cast<float>(rng.Uniform());
  node->raw_moves_left = static_cast<float>(rng.Uniform());
  node->draw_sum = rng.Uniform();
  for (Edge& below : node->edges()) {
    below.action = static_cast<Action>(rng.Below(1000));
    below.visits = rng.Below(1000);
    below.value_sum = rng.Normal();
  }
}

TEST(Arena, KeepsAnySubtreeUnchangedAndNothingElse) {
  Rng rng(1);
  for (int round = 0; round < 50; ++round) {
    Arena arena(1 << 20);
    Edge root;
    for (int i = 0; i < 300; ++i) GrowOnce(arena, root, rng);
    // Twice, with growth between, as from move to move.
    for (int move = 0; move < 2; ++move) {
      const std::span<Edge> edges = arena.At(root.child)->edges();
      Edge chosen = edges[rng.Below(static_cast<std::uint32_t>(edges.size()))];
      const std::string before = Describe(arena, chosen);
      const std::size_t bytes = Bytes(arena, chosen);
      arena.Keep(&chosen);
      EXPECT_EQ(Describe(arena, chosen), before);
      EXPECT_EQ(arena.used_bytes(), bytes + 8);  // 8 bytes at the front are never used
      root = chosen;
      for (int i = 0; i < 100; ++i) GrowOnce(arena, root, rng);
    }
  }
}

TEST(Arena, GivesAChildALargerOffsetThanItsParent) {
  Arena arena(1 << 16);
  const std::uint32_t parent = arena.NewNode(3);
  const std::uint32_t child = arena.NewNode(3);
  EXPECT_GT(parent, 0u);
  EXPECT_GT(child, parent);
}

TEST(Arena, SaysWhenItIsFullAndStaysWithinItsBytes) {
  Arena arena(1 << 16);
  int nodes = 0;
  while (arena.NewNode(7) != 0) ++nodes;
  EXPECT_EQ(nodes, (65536 - 8) / (32 + 7 * 24));
  EXPECT_LE(arena.used_bytes(), std::size_t{1} << 16);
  arena.Clear();
  EXPECT_NE(arena.NewNode(7), 0u);
}

TEST(Arena, NodesAndEdgesHaveTheDocumentedSizes) {
  EXPECT_EQ(sizeof(Node), 32u);
  EXPECT_EQ(sizeof(Edge), 24u);
}

}  // namespace
}  // namespace tandem
