#include "engine/notation/game_file.h"

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/notation/pgn.h"
#include "engine/notation/sgf.h"

namespace tandem {

const std::string* FileGame::Tag(std::string_view name) const {
  for (const auto& [key, value] : tags) {
    if (key == name) return &value;
  }
  return nullptr;
}

void FileGame::SetTag(std::string_view name, std::string value) {
  for (auto& [key, old] : tags) {
    if (key == name) {
      old = std::move(value);
      return;
    }
  }
  tags.emplace_back(name, std::move(value));
}

std::unique_ptr<State> FileGame::StartState() const {
  if (start.empty()) return game->NewState();
  auto state = game->StateFromText(start);
  TANDEM_CHECK(state.ok());
  return *std::move(state);
}

std::unique_ptr<State> FileGame::FinalState() const {
  std::unique_ptr<State> state = StartState();
  for (const Action action : moves) state->Apply(action);
  return state;
}

absl::StatusOr<GameFormat> GameFormatOf(std::string_view path) {
  if (path.ends_with(".pgn")) return GameFormat::kPgn;
  if (path.ends_with(".sgf")) return GameFormat::kSgf;
  return BadInput("file ", std::string(path), ": expected a name that ends in .pgn or .sgf");
}

GameFile ReadGames(GameFormat format, const Game* game, std::string_view text) {
  return format == GameFormat::kPgn ? ReadPgn(game, text) : ReadSgf(game, text);
}

absl::StatusOr<std::string> WriteGame(GameFormat format, const FileGame& game) {
  return format == GameFormat::kPgn ? WritePgn(game) : WriteSgf(game);
}

}  // namespace tandem
