// Go on square boards from 2x2 to 19x19, by area (the Tromp-Taylor rules and their usual variations). Black is the first player. A game
// ends after two passes in a row, or after MaxPlies(size) moves: then the larger area wins, white's with komi added.
//
// Cell = row * size + col, A1 first; action = cell, and size * size is the pass. Boards of several sizes share the code of one capacity.
// A position remembers its whole game (history.h), since superko and the planes ask for it.
#pragma once

#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/game/types.h"
#include "engine/games/go/board.h"
#include "engine/games/go/history.h"

namespace tandem {

struct GoRules {
  std::int16_t twice_komi = 0;     // added to white's area; komi is a multiple of a half
  bool suicide = true;             // a chain of two stones or more may take its own last liberty
  bool positional_superko = true;  // no stone may bring back an earlier board; else only the simple ko is forbidden
};

template <int kCapacity>
class Go {
 public:
  using Board = go::Board<kCapacity>;
  using History = go::History<kCapacity>;
  static constexpr int kNumPlanes = 15;
  static constexpr int kNumMovesShown = 5;

  Go(int size, const GoRules& rules, const typename History::Setup& setup);

  const Board& board() const { return board_; }
  Action PassAction() const { return static_cast<Action>(board_.size() * board_.size()); }

  int ToMove() const { return to_move_; }
  Outcome GetOutcome() const;
  // All that the rest of the game depends on: stones, side to move, passes, ko, ply, and the set of all boards so far.
  PositionKey Key() const;
  // All that the planes show: stones, side to move, the points that superko or ko forbids now, and the last five moves.
  PositionKey EvaluationKey() const;
  void LegalActions(ActionList& legal) const;
  std::uint64_t CountActions() const;
  bool IsLegal(Action action) const;  // of any number
  void Apply(Action action);
  Outcome Playout(Rng& rng) const;  // by the policy of playout.h
  FinalScore GetFinalScore() const;

  // [size, size, 15]: the mover's stones, the opponent's, ones; stones of chains with 1, 2, 3 liberties; points where ko or superko
  // forbids a stone; the last move, the one before, ... (five planes); the mover's komi / 20, at most 1; ones after a pass; who would own
  // the point if the game ended here (1 the mover, -1 the opponent).
  void WritePlanes(std::span<float> planes) const;

  std::string ActionText(Action action) const;
  absl::StatusOr<Action> ActionFromText(std::string_view text) const;
  // "BOARD SIDE MOVES": the stones that the game began with, who moved first, and all moves since. See README.md.
  std::string ToText() const;
  absl::StatusOr<Go> FromText(std::string_view text) const;
  std::string Draw() const;

 private:
  using Point = typename Board::Point;

  go::Color Mover() const { return to_move_ == 0 ? go::kBlack : go::kWhite; }
  bool IsOver() const { return passes_ == 2 || history_.num_moves() >= go::MaxPlies(board_.size()); }
  Point PointOf(int cell) const { return board_.At(cell / board_.size(), cell % board_.size()); }
  Outcome OutcomeOf(int lead) const;
  std::uint64_t StonesDigest() const;  // independent of the board's hash
  // The point is empty in both.
  bool IsBanned(Point point) const;  // by ko or superko
  bool IsLegalPoint(Point point) const { return !(IsForbiddenSuicide(point) || IsBanned(point)); }
  bool IsForbiddenSuicide(Point point) const;
  template <typename Visit>
  void ForEachEmpty(const Visit& visit) const;  // visit(cell, point), cells ascending

  Board board_;
  GoRules rules_;
  std::int8_t to_move_ = 0;
  std::int8_t passes_ = 0;  // in a row, just now
  bool has_taken_ = false;  // stones left the board at some time: before that no board comes back
  History history_;
};

template <int kCapacity>
template <typename Visit>
void Go<kCapacity>::ForEachEmpty(const Visit& visit) const {
  const int size = board_.size();
  for (int row = 0; row < size; ++row) {
    for (int col = 0; col < size; ++col) {
      const Point point = board_.At(row, col);
      if (board_.color(point) == go::kEmpty) visit(row * size + col, point);
    }
  }
}

template <int kCapacity>
inline bool Go<kCapacity>::IsForbiddenSuicide(Point point) const {
  return rules_.suicide ? board_.IsLoneSuicide(point, Mover()) : board_.IsSuicide(point, Mover());
}

template <int kCapacity>
inline bool Go<kCapacity>::IsBanned(Point point) const {
  if (!rules_.positional_superko) return point == board_.ko();
  // While no stone has ever left the board, earlier boards lack the new stone: only a chain that takes itself off leads back to them.
  if (!has_taken_ && !board_.IsSuicide(point, Mover())) return false;
  return history_.HasBoard(board_.HashAfter(point, Mover()));
}

template <int kCapacity>
void Go<kCapacity>::Apply(Action action) {
  history_.AddMove(action);
  if (action == PassAction()) {
    ++passes_;
    board_.ClearKo();
  } else {
    passes_ = 0;
    has_taken_ |= board_.template Play<true>(PointOf(action), Mover()) > 0;
    if (rules_.positional_superko) history_.AddBoard(board_.hash());
  }
  to_move_ ^= 1;
}

}  // namespace tandem
