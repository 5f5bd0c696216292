// ChessPosition: a Board with what the laws and the network need of the moves before, as the Position concept wants it. Copies take only
// the part in use: the board, up to three earlier ones for the planes, and a key for each position since the last capture or pawn move.
//
// How games end: checkmate, stalemate, insufficient material (Board::IsInsufficientMaterial), and by Rules either at the fifth occurrence
// of a position and 75 moves without capture or pawn move (FIDE 9.6, nobody need claim), or, with claims, as if every claim were made: at
// the third occurrence and 50 moves (FIDE 9.2, 9.3).
#pragma once

#include <algorithm>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/game/types.h"
#include "engine/games/chess/board.h"

namespace tandem::chess {

struct Rules {
  bool chess960 = false;  // how castling is written
  bool claims = false;    // draws that a player may claim end the game

  int MaxOccurrences() const { return claims ? 3 : 5; }
  int MaxClock() const { return claims ? 100 : 150; }  // plies
};

// Planes `[8, 8, 57]`, cells in the mover's view (ranks turned for Black; row 0 is the mover's first rank):
//   13 t + 0..5    mover's pawns, knights, bishops, rooks, queens, king of the board t plies ago, t = 0..3; zero before the start
//   13 t + 6..11   the opponent's
//   13 t + 12      everywhere: earlier occurrences of that board's position, over the number that would end the game
//   52, 53         rooks that may castle, mover's and opponent's
//   54             square where a pawn may take en passant
//   55             everywhere: the clock of moves without capture or pawn move, over its limit
//   56             ones
inline constexpr int kHistoryBoards = 4;
inline constexpr int kPlanesPerBoard = 13;
inline constexpr int kNumPlanes = kPlanesPerBoard * kHistoryBoards + 5;

// A random playout is cut after this many plies. Cut games go to the side whose men are worth at least kCutLead pawns more (1, 3, 3, 5,
// 9), else they are drawn: random play rarely mates, but it keeps a material lead.
inline constexpr int kPlayoutPlies = 60;
inline constexpr int kCutLead = 3;

class ChessPosition {
 public:
  // `board` is as ReadFen accepts it; without history.
  explicit ChessPosition(const Board& board = StandardStart(), Rules rules = {});
  ChessPosition(const ChessPosition& other) { CopyUsed(other); }
  ChessPosition& operator=(const ChessPosition& other) {
    if (this != &other) CopyUsed(other);
    return *this;
  }

  const Board& board() const { return state_.board; }
  const Rules& rules() const { return state_.rules; }
  int repetitions() const { return state_.repetitions; }  // earlier occurrences of this position

  int ToMove() const { return state_.board.to_move; }
  Outcome GetOutcome() const { return state_.outcome; }
  // Of the board alone: equal whatever moves came before.
  PositionKey Key() const { return state_.board.Key(); }
  // Of all that the planes show.
  PositionKey EvaluationKey() const;
  void LegalActions(ActionList& legal) const;
  std::uint64_t CountActions() const;
  void Apply(Action action);
  // To the end or kPlayoutPlies; draws by the clock are seen, repetitions are not.
  Outcome Playout(Rng& rng) const;
  void WritePlanes(std::span<float> planes) const;

  std::string ActionText(Action action) const;
  absl::StatusOr<Action> ActionFromText(std::string_view text) const;
  std::string ToText() const;
  absl::StatusOr<ChessPosition> FromText(std::string_view text) const;
  std::string Draw() const;

 private:
  struct Past {
    Bits types[kNumPieceTypes];
    Bits colors[2];
    std::uint64_t key;
    int repetitions;
  };
  struct State {
    Board board;
    Rules rules;
    Outcome outcome = Outcome::kOngoing;
    std::uint8_t repetitions = 0;
    std::uint8_t num_past = 0;   // earlier boards in past_
    std::uint16_t num_keys = 0;  // in keys_
  };
  static constexpr int kMaxKeys = 151;  // the clock ends the game at 150

  void CopyUsed(const ChessPosition& other) {
    state_ = other.state_;
    std::copy_n(other.past_, state_.num_past, past_);
    std::copy_n(other.keys_, state_.num_keys, keys_);
  }
  void RememberBoard();
  void AddKey();
  Outcome FindOutcome() const;

  State state_;
  Past past_[kHistoryBoards - 1];  // the latest first
  std::uint64_t keys_[kMaxKeys];   // of the positions since the last capture or pawn move, this one last
};

}  // namespace tandem::chess
