// Game and State: what every other layer knows of a game. A game's author does not write these: he writes one plain struct that meets
// the Position concept (position.h), and adapter.h makes both from it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/types.h"

namespace tandem {

class Game;

// One position of a game in play, with the plies played so far counted. Thread-compatible. Two players, zero sum, perfect information.
class State {
 public:
  virtual ~State() = default;
  virtual std::unique_ptr<State> Clone() const = 0;
  // Becomes a copy of `other`, a state of the same game; no allocation. For searches that reuse one scratch state.
  virtual void CopyFrom(const State& other) = 0;

  virtual int ToMove() const = 0;          // 0 first player, 1 second
  virtual Outcome GetOutcome() const = 0;  // kOngoing while there are legal moves
  bool IsTerminal() const { return GetOutcome() != Outcome::kOngoing; }
  virtual int Ply() const = 0;  // moves since the game's start (positions from text: since that text)
  virtual PositionKey Key() const = 0;
  std::uint64_t Hash() const { return Key().Hash(); }
  // Equal keys mean equal planes and legal moves: under this key evaluations are kept. Key() itself, except in games whose planes show
  // history.
  virtual PositionKey EvaluationKey() const { return Key(); }

  // Replaces `legal` by the legal moves in ascending order; empty when the game is over.
  virtual void LegalActions(ActionList& legal) const = 0;
  // Plays a legal move (checked only in debug builds: text borders check with ParseAction).
  virtual void Apply(Action action) = 0;

  // Network input, float [rows, cols, num_planes] (channels last), every element written, each in [-1, 1], seen from the mover.
  virtual void WritePlanes(std::span<float> planes) const = 0;
  // Owner of each cell at the end of a finished game; empty owner for games without ownership.
  virtual FinalScore GetFinalScore() const = 0;

  // Move text of shared notation, e.g. "d3", "4", "pass". ActionText is defined for legal actions of this state.
  virtual std::string ActionText(Action action) const = 0;
  // The legal move with this text; else an error that names the text and says whether it is ill-formed or illegal.
  virtual absl::StatusOr<Action> ParseAction(std::string_view text) const = 0;
  virtual std::string ToText() const = 0;  // FEN-like, one line; Game::StateFromText reads it back
  virtual std::string Draw() const = 0;    // several lines for people, with coordinates

  // Plays uniformly random moves to the end of a copy (hot loop over the plain struct) and returns the outcome; games without
  // a practical end say in their README where they cut.
  virtual Outcome Rollout(Rng& rng) const = 0;
};

// Exact result of a position for the side to move, and of each legal move.
struct Solution {
  int value = 0;                 // 1 win, 0 draw, -1 loss under best play
  std::vector<int> move_values;  // for the mover, LegalActions order; empty when not asked for
  std::uint64_t nodes = 0;
};

// Exact alpha-beta over the plain struct (alpha_beta.h). Keeps its transposition table between calls. Thread-compatible.
class Solver {
 public:
  virtual ~Solver() = default;
  // kResourceExhausted when more than `max_nodes` positions were visited, or `stop` became true.
  virtual absl::StatusOr<Solution> Solve(const State& state, bool with_moves, std::uint64_t max_nodes, const bool* stop = nullptr) = 0;
};

// Rules and facts of one game at one size. Immutable, thread-safe, lives as long as the program (see registry.h).
class Game {
 public:
  virtual ~Game() = default;
  virtual const GameFacts& facts() const = 0;
  // Symmetries of rules and board; the first is the identity.
  virtual const std::vector<Symmetry>& symmetries() const = 0;
  virtual std::unique_ptr<State> NewState() const = 0;
  virtual absl::StatusOr<std::unique_ptr<State>> StateFromText(std::string_view text) const = 0;
  // Sequences of exactly `depth` moves from here.
  virtual std::uint64_t Perft(const State& state, int depth) const = 0;
  virtual std::unique_ptr<Solver> NewSolver(std::size_t table_bytes) const = 0;
};

}  // namespace tandem
