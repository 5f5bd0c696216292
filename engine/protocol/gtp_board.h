// Games as GTP sees them: vertices and colours (engine/notation/gtp_vertex.h) instead of actions and players, moves in any order of
// colours, and taking back.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/game/state.h"
#include "engine/notation/game_spec.h"
#include "engine/notation/gtp_vertex.h"

namespace tandem {

// The points of GTP 2, section 4.1.1, for 2 to 9 handicap stones on a board of `size`; empty when that many do not fit there.
std::vector<std::string> FixedHandicap(int size, int num_stones);

// One game in play. Colours may come in any order where the game lets the other side pass in between (Go always does, Othello when it
// has to): what counts is the order of the stones, and passes only where they end the game. Thread-compatible.
class GtpGame {
 public:
  explicit GtpGame(const Game& game);

  const Game& game() const { return *game_; }
  // The position now. In Go two passes in a row end the game; a stone that comes after them goes on with it.
  const State& state() const { return *state_; }
  // The position with `player` to move; kFailedPrecondition when it cannot be his turn. `resumed`: as if there were no passes at its end.
  absl::StatusOr<std::unique_ptr<State>> StateFor(int player, bool resumed = false) const;
  int num_moves() const { return static_cast<int>(moves_.size()); }
  bool empty() const { return moves_.empty() && handicap_.empty() && start_.empty(); }
  // How much the first player's handicap is, in stones.
  int num_handicap() const { return static_cast<int>(handicap_.size()); }

  // On error ("illegal move: ...") nothing changes.
  absl::Status Play(int player, std::string_view vertex);
  // Stones of the first player on an empty board.
  absl::Status PlaceHandicap(const std::vector<std::string>& vertices);
  // A game from a file: `moves` played in turns from `start` (position text; empty: the game's start). All must be legal.
  void Load(const Game& game, const std::string& start, const std::vector<Action>& moves);
  // The game as moves in turns, passes of the other side included.
  std::vector<Action> Moves() const;
  const std::string& start() const { return start_; }
  // False when there is no move to take back; handicap stones stay.
  bool Undo();
  // The same moves under other rules (komi); an error leaves all as it is.
  absl::Status ChangeGame(const Game& game);

 private:
  struct Move {
    int player = 0;
    Action action = kNoAction;
    bool is_pass = false;
  };
  // Plays all stones in order, passing where the colours ask for it; with `passes`, those at the end too. `played` gets all moves made.
  absl::StatusOr<std::unique_ptr<State>> Build(const Game& game, const std::vector<Move>& moves, bool passes,
                                               std::vector<Action>* played = nullptr) const;

  const Game* game_;
  std::string start_;
  std::vector<Move> handicap_;
  std::vector<Move> moves_;
  std::unique_ptr<State> state_;
};

}  // namespace tandem
