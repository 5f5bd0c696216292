#include "engine/notation/gtp_vertex.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr char kPass[] = "pass";
constexpr char kSwap[] = "swap", kSwapPieces[] = "swap-pieces";

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

bool FirstIsWhite(const Game& game) { return game.facts().name == "chess" || game.facts().name == "breakthrough"; }

// Letters without I; the game's own notation has one.
bool SkipsI(const Game& game) { return game.facts().name == "gomoku"; }

// The game's own text of a vertex.
absl::StatusOr<std::string> OwnText(const Game& game, std::string_view text) {
  if (IsPassText(text)) return kPass;
  if (game.facts().name == "go") return absl::AsciiStrToUpper(Absl(text));
  std::string own = absl::AsciiStrToLower(Absl(text));
  if (own == kSwapPieces) return kSwap;
  if (!SkipsI(game) || own.empty()) return own;
  if (own[0] == 'i') return BadInput("'", Absl(text), "' is no vertex: columns go from H to J");
  if (own[0] > 'i') --own[0];
  return own;
}

}  // namespace

bool IsPassText(std::string_view text) { return absl::EqualsIgnoreCase(Absl(text), kPass); }

std::string VertexText(const Game& game, const State& state, Action action) {
  std::string text = state.ActionText(action);
  if (text == kSwap) return kSwapPieces;
  if (!SkipsI(game) || text == kPass) return text;
  if (text[0] >= 'i') ++text[0];
  return absl::AsciiStrToUpper(text);
}

std::string CellVertex(const Game& game, int cell) {
  const int cols = game.facts().cols, col = cell % cols;
  const bool skips_i = SkipsI(game) || game.facts().name == "go";
  const char letter = static_cast<char>((skips_i ? 'A' : 'a') + col + (skips_i && col >= 8 ? 1 : 0));
  return absl::StrCat(std::string(1, letter), cell / cols + 1);
}

absl::StatusOr<Action> ParseVertex(const Game& game, const State& state, std::string_view text) {
  TANDEM_ASSIGN_OR_RETURN(const std::string own, OwnText(game, text));
  return state.ParseAction(own);
}

std::optional<int> ParseColor(const Game& game, std::string_view text) {
  const std::string color = absl::AsciiStrToLower(Absl(text));
  const bool is_black = color == "b" || color == "black", is_white = color == "w" || color == "white";
  if (!is_black && !is_white) return std::nullopt;
  return is_white != FirstIsWhite(game) ? 1 : 0;
}

char ColorLetter(const Game& game, int player) { return (player == 1) != FirstIsWhite(game) ? 'W' : 'B'; }

}  // namespace tandem
