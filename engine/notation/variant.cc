#include "engine/notation/variant.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/game/board_text.h"
#include "engine/game/quoted_text.h"
#include "engine/game/registry.h"

namespace tandem {
namespace {

// What a Fairy-Stockfish text has that ours has not.
enum class Form { kSame, kDrop, kColumnDrop, kFlip, kPawns };

struct FairyName {
  const char* name;
  const char* game;
  Form form;
};

constexpr std::array<FairyName, 9> kFairyNames = {{
    {"tictactoe", "tic_tac_toe", Form::kDrop},
    {"cfour", "connect_four", Form::kColumnDrop},
    {"flipello", "othello", Form::kFlip},
    {"flipello6", "othello:size=6", Form::kFlip},
    {"flipello10", "othello:size=10", Form::kFlip},
    {"gomoku", "gomoku", Form::kDrop},
    {"breakthrough", "breakthrough", Form::kPawns},
    {"chess", "chess", Form::kSame},
    {"fischerandom", "chess:chess960=true", Form::kSame},
}};

constexpr char kPass[] = "pass";

// Sizes without a name of their own have the form of their game.
Form FormOf(const Game& game) {
  for (const FairyName& row : kFairyNames) {
    const std::string_view spec = row.game;
    if (game.facts().name == spec.substr(0, spec.find(':'))) return row.form;
  }
  return Form::kSame;
}

// Cells from the bottom row up, whatever the game calls its rows.
BoardShape ShapeOf(const Game& game) { return {.rows = game.facts().rows, .cols = game.facts().cols}; }

bool IsPass(std::string_view text) {
  return text == "0000" || text == "@@@@" ||
         (text.size() >= 4 && text.size() % 2 == 0 && std::isalpha(static_cast<unsigned char>(text[0])) &&
          text.substr(0, text.size() / 2) == text.substr(text.size() / 2));
}

// "d3" with the ranks counted from the other end.
std::string FlipRank(const Game& game, std::string_view square) {
  int rank = 0;
  if (square.size() < 2 || square.size() > 3) return std::string(square);
  for (const char c : square.substr(1)) {
    if (!std::isdigit(static_cast<unsigned char>(c))) return std::string(square);
    rank = rank * 10 + (c - '0');
  }
  return absl::StrCat(std::string(1, square[0]), game.facts().rows + 1 - rank);
}

// The row, from 1, that a stone dropped into a column comes to lie in.
int LandingRow(const Game& game, const State& state, int col) {
  const absl::StatusOr<BoardText> board = ReadBoardText(ShapeOf(game), state.ToText());
  TANDEM_CHECK(board.ok());
  int row = 0;
  while (row < game.facts().rows && board->cells[static_cast<std::size_t>(row * game.facts().cols + col)] != '.') ++row;
  return row + 1;
}

// Stones in hand. Where the board fills up each side has its half; discs that are turned over come from nowhere, so flipello's hands are
// as large as they can ever have to be.
std::array<std::size_t, 2> StonesInHand(Form form, const std::string& cells) {
  const auto count = [&](char stone) { return static_cast<std::size_t>(std::count(cells.begin(), cells.end(), stone)); };
  if (form == Form::kFlip) return {count('.'), count('.')};
  return {(cells.size() + 1) / 2 - std::min((cells.size() + 1) / 2, count('x')), cells.size() / 2 - std::min(cells.size() / 2, count('o'))};
}

std::string Hands(Form form, const std::string& cells) {
  if (form == Form::kPawns) return "";
  const auto [first, second] = StonesInHand(form, cells);
  return absl::StrCat("[", std::string(first, 'P'), std::string(second, 'p'), "]");
}

// The hands of a FEN, if it has any: enough for the empty cells of a board that fills up, whatever the side to move.
absl::Status CheckHands(const Game& game, Form form, std::string_view fen, const std::string& cells) {
  const std::string board(fen.substr(0, fen.find(' ')));
  const std::size_t begin = board.find('[');
  if (begin == std::string::npos) return absl::OkStatus();
  const std::string hands = board.substr(begin + 1, board.size() - begin - 2);
  const auto wrong = [&](const auto&... expected) {
    return BadInput("position ", QuotedText(fen), ": stones in hand: expected ", expected...);
  };
  if (board.back() != ']' || hands.find_first_not_of("Pp") != std::string::npos) return wrong("P and p between [ and ]");
  if (form == Form::kPawns && !hands.empty()) return wrong("none in ", game.facts().name);
  if (form != Form::kDrop && form != Form::kColumnDrop) return absl::OkStatus();
  const auto least = StonesInHand(form, cells);
  for (const std::size_t player : {std::size_t{0}, std::size_t{1}}) {
    const auto given = static_cast<std::size_t>(std::count(hands.begin(), hands.end(), "Pp"[player]));
    if (given < least[player] || given > cells.size()) {
      return wrong(least[player], " to ", cells.size(), " of ", std::string(1, "Pp"[player]), ", not ", given);
    }
  }
  return absl::OkStatus();
}

// Fairy-Stockfish writes a pass as a move of the mover's first piece, counted along the ranks from a1, to where it stands.
std::string PassText(const Game& game, const State& state) {
  const absl::StatusOr<BoardText> board = ReadBoardText(ShapeOf(game), state.ToText());
  TANDEM_CHECK(board.ok());
  const std::size_t cell = board->cells.find(board->to_move == 0 ? 'x' : 'o');
  const std::string square = CellName(ShapeOf(game), cell == std::string::npos ? 0 : static_cast<int>(cell));
  return square + square;
}

// Our text of a position whose board reads "2pP3/..." and whose side to move is 'w' or 'b'; nothing when it is no FEN.
std::optional<std::string> OursFromFen(std::string_view fen) {
  const std::vector<std::string> fields = absl::StrSplit(absl::string_view(fen.data(), fen.size()), ' ', absl::SkipWhitespace());
  if (fields.size() < 2 || (fields[1] != "w" && fields[1] != "b")) return std::nullopt;
  std::string board = fields[0].substr(0, fields[0].find('['));
  for (char& c : board) c = c == 'P' ? 'x' : c == 'p' ? 'o' : c;
  return absl::StrCat(board, fields[1] == "w" ? " x" : " o");
}

}  // namespace

std::vector<Variant> FairyVariants() {
  std::vector<Variant> variants;
  for (const FairyName& row : kFairyNames) {
    if (const auto game = FindGame(row.game); game.ok()) variants.push_back({row.name, (*game)->facts().spec, Dialect::kFairy});
  }
  return variants;
}

absl::StatusOr<Variant> FindVariant(std::string_view name) {
  const auto ours = FindGame(name);
  if (ours.ok()) {
    const bool is_own_name = (*ours)->facts().name == name.substr(0, name.find(':'));
    if (is_own_name) return Variant{std::string(name), (*ours)->facts().spec, Dialect::kNative};
  }
  for (const FairyName& row : kFairyNames) {
    if (name != row.name) continue;
    TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(row.game));
    return Variant{row.name, game->facts().spec, Dialect::kFairy};
  }
  if (!ours.ok()) return ours.status();
  return Variant{std::string(name), (*ours)->facts().spec, Dialect::kNative};
}

std::optional<Variant> FairyVariantOf(const Game& game) {
  for (const Variant& variant : FairyVariants()) {
    if (variant.game == game.facts().spec) return variant;
  }
  return std::nullopt;
}

std::string VariantMoveText(const Game& game, Dialect dialect, const State& state, Action action) {
  const std::string text = state.ActionText(action);
  if (dialect == Dialect::kNative) return text;
  switch (FormOf(game)) {
    case Form::kDrop:
      return "P@" + text;
    case Form::kColumnDrop:
      return absl::StrCat("P@", std::string(1, static_cast<char>('a' + action)), LandingRow(game, state, action));
    case Form::kFlip:
      return text == kPass ? PassText(game, state) : "P@" + FlipRank(game, text);
    case Form::kSame:
    case Form::kPawns:
      return text;
  }
  return text;
}

absl::StatusOr<Action> ParseVariantMove(const Game& game, const State& state, std::string_view text) {
  const Form form = FormOf(game);
  if (form == Form::kFlip && IsPass(text)) return state.ParseAction(kPass);
  if (text.size() < 4 || text.substr(0, 2) != "P@") return state.ParseAction(text);
  const std::string_view square = text.substr(2);
  if (form == Form::kDrop) return state.ParseAction(square);
  if (form == Form::kFlip) return state.ParseAction(FlipRank(game, square));
  const int col = square[0] - 'a';
  if (form != Form::kColumnDrop || col < 0 || col >= game.facts().cols) return state.ParseAction(text);
  TANDEM_ASSIGN_OR_RETURN(const Action action, state.ParseAction(std::to_string(col + 1)));
  if (square.substr(1) != std::to_string(LandingRow(game, state, col))) {
    return BadInput("move '", std::string(text), "' is illegal: a stone in column ", col + 1, " comes to lie in row ",
                    LandingRow(game, state, col));
  }
  return action;
}

std::string VariantPositionText(const Game& game, Dialect dialect, const State& state) {
  const std::string text = state.ToText();
  const Form form = FormOf(game);
  if (dialect == Dialect::kNative || form == Form::kSame) return text;
  const absl::StatusOr<BoardText> board = ReadBoardText(ShapeOf(game), text);
  if (!board.ok()) return text;
  std::string rows = text.substr(0, text.find(' '));
  for (char& c : rows) c = c == 'x' ? 'P' : c == 'o' ? 'p' : c;
  return absl::StrCat(rows, Hands(form, board->cells), board->to_move == 0 ? " w" : " b", " - - 0 1");
}

absl::StatusOr<std::unique_ptr<State>> ParseVariantPosition(const Game& game, std::string_view text) {
  if (FormOf(game) != Form::kSame) {
    if (const std::optional<std::string> ours = OursFromFen(text)) {
      TANDEM_ASSIGN_OR_RETURN(std::unique_ptr<State> state, game.StateFromText(*ours));
      TANDEM_ASSIGN_OR_RETURN(const BoardText board, ReadBoardText(ShapeOf(game), *ours));
      const std::size_t fen = text.find_first_not_of(' ');
      TANDEM_RETURN_IF_ERROR(CheckHands(game, FormOf(game), text.substr(fen), board.cells));
      return state;
    }
  }
  return game.StateFromText(text);
}

}  // namespace tandem
