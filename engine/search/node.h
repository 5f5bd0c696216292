// Layout of the search tree. A node is one block of memory: a Node header of 32 bytes, then its edges, 24 bytes each, one for every legal
// move, sorted by prior (largest first, equal ones by action). A position with 7 legal moves takes 200 bytes.
//
// All statistics of a move stand in the edge that leads to it, so that choosing among moves reads one contiguous piece of memory; what
// only few places need (draws, squares, the network's opinion) stands in the header of the node below.
#pragma once

#include <cstdint>
#include <span>

#include "engine/eval/evaluator.h"
#include "engine/game/types.h"
#include "engine/search/planner.h"

namespace tandem {

// A legal move of a node. Values are in the view of the side that makes it.
struct Edge {
  Action action = kNoAction;
  Proven proven : 4 = Proven::kNo;
  std::uint8_t at_most_draw : 4 = 0;  // 1: the other side has an answer that is proven to draw
  std::uint8_t in_flight = 0;  // simulations below that wait for an evaluation; they count as visits when moves are chosen (Liu 2020)
  float prior = 0;             // the evaluator's, without noise
  std::uint32_t visits = 0;    // finished simulations
  std::uint32_t child = 0;     // arena unit of the node below; 0 = none
  double value_sum = 0;        // of finished simulations

  std::uint32_t Started() const { return visits + in_flight; }
};
static_assert(sizeof(Edge) == 24);

// Header of a node. Values are in the view of the side to move at it.
struct Node {
  double draw_sum = 0;    // of the draw probabilities of all simulations through the node
  double square_sum = 0;  // of their squared values
  float raw_win = 0;      // the evaluator's opinion
  float raw_draw = 0;
  float raw_moves_left = 0;
  std::uint16_t num_edges : 15 = 0;
  std::uint16_t marked : 1 = 0;    // used by Arena::Keep
  std::uint16_t proven_plies = 0;  // plies to the end when the node is proven, as far as known

  std::span<Edge> edges() { return {reinterpret_cast<Edge*>(this + 1), num_edges}; }
  std::span<const Edge> edges() const { return {reinterpret_cast<const Edge*>(this + 1), num_edges}; }
  float RawValue() const { return raw_win - (1 - raw_win - raw_draw); }
  Evaluation Raw() const { return {raw_win, raw_draw, 1 - raw_win - raw_draw, raw_moves_left}; }
};
static_assert(sizeof(Node) == 32);

// The same result seen by the other side.
constexpr Proven Opposite(Proven proven) {
  return proven == Proven::kWin ? Proven::kLoss : proven == Proven::kLoss ? Proven::kWin : proven;
}
// 1, 0 or -1; 0 when nothing is proven.
constexpr double ProvenValue(Proven proven) { return proven == Proven::kWin ? 1 : proven == Proven::kLoss ? -1 : 0; }

constexpr Proven ProvenFromResult(int result) { return result > 0 ? Proven::kWin : result < 0 ? Proven::kLoss : Proven::kDraw; }

// Value of an edge: exact when proven; else the mean of its simulations, or `unvisited` when there is none, but no more than a draw where
// the other side can force one (a bound as in Cazenave, Saffidine 2010, score bounded Monte-Carlo tree search).
inline double EdgeValue(const Edge& edge, double unvisited) {
  if (edge.proven != Proven::kNo) return ProvenValue(edge.proven);
  const double mean = edge.visits > 0 ? edge.value_sum / edge.visits : unvisited;
  return edge.at_most_draw && mean > 0 ? 0 : mean;
}

}  // namespace tandem
