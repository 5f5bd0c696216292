// The words every game shares: action, outcome, position key, facts, symmetry.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/rng.h"

namespace tandem {

// Index of a move in the game's fixed action space, 0 .. GameFacts::num_actions - 1. A forced pass is an action like any other.
using Action = std::uint16_t;
inline constexpr Action kNoAction = 0xffff;

// Legal moves of one position, without a heap allocation. Always in ascending order of the action.
class ActionList {
 public:
  static constexpr int kCapacity = 512;  // gomoku 20x20 has 400, chess at most 218

  void push_back(Action action) {
    TANDEM_DCHECK(size_ < kCapacity);
    actions_[size_++] = action;
  }
  void clear() { size_ = 0; }
  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Action operator[](int i) const { return actions_[i]; }
  Action* begin() { return actions_; }
  Action* end() { return actions_ + size_; }
  const Action* begin() const { return actions_; }
  const Action* end() const { return actions_ + size_; }
  std::span<const Action> span() const { return {actions_, static_cast<std::size_t>(size_)}; }
  // Position of `action` in the list, or -1.
  int Find(Action action) const;

 private:
  int size_ = 0;
  Action actions_[kCapacity];  // uninitialised past size_
};

// Result of a game, per player.
enum class Outcome : std::int8_t { kSecondWins = -1, kDraw = 0, kFirstWins = 1, kOngoing = 2 };

// THE conversion between the two viewpoints: a per-player value (first player's view, as in records) seen by `mover` (0 or 1), and back.
template <typename Value>
constexpr Value SwitchView(Value value, int mover) {
  return mover == 0 ? value : static_cast<Value>(-value);
}
// Result of a finished game for `mover`: 1, 0 or -1.
constexpr int MoverResult(Outcome outcome, int mover) { return SwitchView(static_cast<int>(outcome), mover); }

// Identity of a position: the board, the side to move and what else the rules look at. Equal keys mean equal legal moves and equal planes,
// but for planes that show history (State::EvaluationKey); games whose boards fit use the exact bits, others a 128-bit Zobrist key.
struct PositionKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const PositionKey&, const PositionKey&) = default;
  std::uint64_t Hash() const { return Mix64(low ^ Mix64(high)); }
};

// Where the logits of the policy head lie (engine/net): kCell: `policy_planes` logits for each cell, action = plane * cells + cell, then
// `num_global_actions` (a pass) from pooled features; kColumn: one logit per column, pooled over its rows (action = column).
enum class PolicyLayout { kCell, kColumn };

struct GameFacts {
  std::string name;                        // "othello"
  std::string spec;                        // canonical: "othello:size=6"; options at their default are left out
  std::string title;                       // for people: "Othello 6x6"
  std::vector<std::string> variant_names;  // other names accepted by UCI_Variant and the command line
  int rows = 0;
  int cols = 0;
  int num_planes = 0;
  int num_actions = 0;
  PolicyLayout policy_layout = PolicyLayout::kCell;
  int policy_planes = 1;
  int num_global_actions = 0;
  int max_plies = 0;           // longest possible game
  bool has_ownership = false;  // finished games have an owner for each cell and a margin
  std::string notation;        // one line on move text, for `tandem games`

  int cells() const { return rows * cols; }
};

// A symmetry of the rules: cell i moves to cell[i], action a to action[a].
struct Symmetry {
  std::vector<std::uint16_t> cell;
  std::vector<Action> action;
};

// End of a game for its auxiliary targets: owner[i] = 1 first player, -1 second, 0 nobody; margin = sum of owner.
struct FinalScore {
  std::vector<std::int8_t> owner;
  int margin = 0;
};

inline int ActionList::Find(Action action) const {
  for (int i = 0; i < size_; ++i) {
    if (actions_[i] == action) return i;
  }
  return -1;
}

}  // namespace tandem
