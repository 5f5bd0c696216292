// Game files: what PGN (pgn.h) and SGF (sgf.h) have in common. A game in a file is its tags, a start, the moves of its main line, comments
// and a result. Readers never fail as a whole: a broken game is reported with its line, the games around it are kept, and what could be
// read of a game up to its first bad move is there for who wants it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/state.h"

namespace tandem {

struct FileGame {
  const Game* game = nullptr;
  // Names and values as PGN has them ("White", "Event", "Result"); SGF's PB, PW, DT, EV, RO, PC, KM, RE are read into and written from
  // "White" for the FIRST player (PB of SGF: Black moves first there), "Black", "Date", "Event", "Round", "Site", "Komi", "Result".
  std::vector<std::pair<std::string, std::string>> tags;
  std::string start;  // position text; empty = the game's start
  std::vector<Action> moves;
  std::vector<std::string> comments;  // comments[i] belongs to the position after i moves; shorter than moves + 1 when the rest is empty
  std::optional<int> result;          // 1 first player wins, 0 draw, -1 second player wins
  int line = 0;                       // of the file, where the game begins
  std::string problem;                // why the moves end early; empty = all was read

  const std::string* Tag(std::string_view name) const;
  void SetTag(std::string_view name, std::string value);
  // The start as a state, and the state after all moves. Start texts of a FileGame are readable: readers check them.
  std::unique_ptr<State> StartState() const;
  std::unique_ptr<State> FinalState() const;
};

struct GameFile {
  std::vector<FileGame> games;        // broken ones too, with their `problem`
  std::vector<std::string> problems;  // "line 12: ..." of everything that was not understood
};

enum class GameFormat { kPgn, kSgf };
// By the end of the name: .pgn or .sgf; kInvalidArgument otherwise.
absl::StatusOr<GameFormat> GameFormatOf(std::string_view path);

// `game`: what the file's games must be; null = as each game says (a Variant tag or GM and SZ; without them chess in PGN, go in SGF).
GameFile ReadGames(GameFormat format, const Game* game, std::string_view text);
// One game as text, ending in an empty line (PGN) or a line break (SGF), so that games can be appended to a file. kInvalidArgument when
// SGF has no number for the game.
absl::StatusOr<std::string> WriteGame(GameFormat format, const FileGame& game);

}  // namespace tandem
