// Smart Game Format, FF[4] (red-bean.com/sgf): go (GM 1), othello (2), gomoku (4) and hex (11). The main line of every game tree of a file
// is read: setup stones of the root, moves, passes, comments, results; other variations are dropped. Points are two letters from the
// top left; hex is written with cell names ("a1"), and both are read everywhere.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/notation/game_file.h"

namespace tandem {

GameFile ReadSgf(const Game* game, std::string_view text);
absl::StatusOr<std::string> WriteSgf(const FileGame& game);

}  // namespace tandem
