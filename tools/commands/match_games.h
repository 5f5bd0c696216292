// Writes the games of a match into a PGN or SGF file as they finish: each one appended in one write, so that a crash of the
// program costs no finished game, and one of the machine at most the last few.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/match/match.h"
#include "engine/notation/game_file.h"

namespace tandem {

// One finished game as a file has it; `round` counts from 1.
FileGame MatchGame(const Game& game, const PlayedGame& played, const std::string& first, const std::string& second, int round);

// Called from one thread at a time.
class MatchGames {
 public:
  // Several files may be given. kInvalidArgument when SGF has no number for the game.
  static absl::StatusOr<MatchGames> Open(const Game& game, const std::vector<std::pair<std::string, GameFormat>>& files);
  // Appends the games of the report that were not there at the last call. After an error nothing more is written.
  void Append(const MatchReport& report);
  const absl::Status& status() const { return status_; }

 private:
  MatchGames(const Game& game, std::vector<std::pair<std::string, GameFormat>> files) : game_(&game), files_(std::move(files)) {}

  const Game* game_;
  std::vector<std::pair<std::string, GameFormat>> files_;
  std::size_t written_ = 0;
  absl::Status status_;
};

}  // namespace tandem
