// Game files as training data: lines of records as shared collections have them, PGN and SGF files, made into the records of
// selfplay/record. The policy target of a turn is the move that was played, its value target the game's result: a record says so by one
// visit and a root value that equals the result, so that value targets are the result whatever LearnerConfig.root_value_share is.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/game/state.h"
#include "engine/notation/game_file.h"
#include "proto/record.pb.h"

namespace tandem {

struct ImportedGames {
  std::vector<GameRecord> games;      // each accepted by VerifyRecord
  std::int64_t rows = 0;              // turns that are targets
  std::vector<std::string> problems;  // "FILE: line 7: ..." for each game that was left out
};

// The text of a file, decompressed when its name ends in .zst.
absl::StatusOr<std::string> ReadTextFile(const std::filesystem::path& path);

// Reads a file by the end of its name (.pgn, .sgf, anything else: a game a line; each may end in .zst too) and appends to `imported`.
// A line is a result (its sign counts, for the first player), any fields, the moves (split by blanks or run together) and, when they are
// run together, perhaps a mask: a letter a move, r for a random one, which is played but is no target. An error only when the file can not
// be read.
absl::Status ImportFile(const Game& game, const std::filesystem::path& path, ImportedGames* imported);

// kInvalidArgument when the moves are illegal or the result is not that of the finished game.
absl::StatusOr<GameRecord> RecordOfLine(const Game& game, std::string_view line);
absl::StatusOr<GameRecord> RecordOfGame(const FileGame& game);

}  // namespace tandem
