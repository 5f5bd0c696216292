// The names and texts that other programs use for our games: values of UCI_Variant, FENs and moves in the notation of Fairy-Stockfish. Both
// sides of the protocol read this one table: sessions that serve (engine/protocol) and engines that play for us (engine/agent).
//
//   Fairy-Stockfish     ours                 moves              FEN
//   tictactoe           tic_tac_toe          P@b2               first player's stones P, second's p, the stones in hand in [...]
//   cfour               connect_four         P@d1               likewise
//   flipello, flipello6, flipello10  othello P@d3, pass "a1a1"  likewise; rank 1 is at the bottom, our row 1 on top
//   gomoku              gomoku               P@h8               likewise
//   breakthrough        breakthrough         a2a3               P and p, nothing in hand
//   chess, fischerandom chess                as ours            as ours
//
// The dialect decides what is written; both dialects are read. Pure functions, thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/state.h"

namespace tandem {

enum class Dialect {
  kNative,  // move text and position text of the game itself
  kFairy,   // Fairy-Stockfish's
};

struct Variant {
  std::string name;  // value of UCI_Variant
  std::string game;  // canonical game spec
  Dialect dialect = Dialect::kNative;
};

// The names above whose games the program has, in the order of the table.
std::vector<Variant> FairyVariants();

// Names of our own (anything FindGame takes: "othello:size=6", "gomoku") are native, other names of the table are Fairy-Stockfish's.
// FindGame's error when the name is neither.
absl::StatusOr<Variant> FindVariant(std::string_view name);

// What Fairy-Stockfish calls this game; nothing when it has no name for it.
std::optional<Variant> FairyVariantOf(const Game& game);

// The text of a legal action of `state`.
std::string VariantMoveText(const Game& game, Dialect dialect, const State& state, Action action);
// The legal move with this text, in either dialect; ParseAction's error when there is none.
absl::StatusOr<Action> ParseVariantMove(const Game& game, const State& state, std::string_view text);

// The position as one line: State::ToText, or a FEN. Counters of moves that the game does not know are "0 1".
std::string VariantPositionText(const Game& game, Dialect dialect, const State& state);
// Reads either dialect. Stones in hand and counters are not kept.
absl::StatusOr<std::unique_ptr<State>> ParseVariantPosition(const Game& game, std::string_view text);

}  // namespace tandem
