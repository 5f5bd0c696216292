#include "engine/notation/san.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "engine/game/quoted_text.h"

namespace tandem {
namespace {

// Letters of the FEN by square, a1 = 0; '.' where it is empty.
std::array<char, 64> BoardOf(const std::string& fen) {
  std::array<char, 64> board;
  board.fill('.');
  int row = 7, col = 0;
  for (const char c : fen) {
    if (c == ' ') break;
    if (c == '/') {
      --row;
      col = 0;
    } else if (std::isdigit(static_cast<unsigned char>(c))) {
      col += c - '0';
    } else if (row >= 0 && col < 8) {
      board[static_cast<std::size_t>(row * 8 + col++)] = c;
    }
  }
  return board;
}

int SquareOf(std::string_view text) { return (text[1] - '1') * 8 + (text[0] - 'a'); }

struct Move {
  Action action = kNoAction;
  std::string uci;
  int from = 0, to = 0;
  char piece = 'P';  // upper case
  bool captures = false;
  int castles = 0;  // 1 king's side, -1 queen's side
  char promotion = 0;
};

Move Describe(const std::array<char, 64>& board, const State& state, Action action) {
  Move move;
  move.action = action;
  move.uci = state.ActionText(action);
  move.from = SquareOf(move.uci);
  move.to = SquareOf(std::string_view(move.uci).substr(2));
  const char piece = board[static_cast<std::size_t>(move.from)];
  const char target = board[static_cast<std::size_t>(move.to)];
  move.piece = static_cast<char>(std::toupper(piece));
  if (move.uci.size() > 4) move.promotion = static_cast<char>(std::toupper(move.uci[4]));
  const int columns = move.to % 8 - move.from % 8;
  // King takes own rook (Chess960), or two columns at once.
  const bool own_rook = std::toupper(target) == 'R' && std::isupper(target) == std::isupper(piece);
  if (move.piece == 'K' && (own_rook || std::abs(columns) > 1)) move.castles = columns > 0 ? 1 : -1;
  move.captures = move.castles == 0 && (target != '.' || (move.piece == 'P' && columns != 0));
  return move;
}

std::vector<Move> LegalMoves(const State& state) {
  const std::array<char, 64> board = BoardOf(state.ToText());
  ActionList legal;
  state.LegalActions(legal);
  std::vector<Move> moves;
  for (const Action action : legal) moves.push_back(Describe(board, state, action));
  return moves;
}

// Whether the king of the side to move is attacked: with the move handed over, the position would be one that can not be.
bool InCheck(const Game& game, const State& state) {
  const std::string text = state.ToText();
  std::vector<absl::string_view> fields = absl::StrSplit(text, ' ');
  if (fields.size() < 4) return false;
  fields[1] = fields[1] == "w" ? "b" : "w";
  fields[3] = "-";
  return !game.StateFromText(absl::StrJoin(fields, " ")).ok();
}

// Without the marks of check.
std::string Bare(const std::vector<Move>& legal, const Move& move) {
  if (move.castles != 0) return std::string(move.castles > 0 ? "O-O" : "O-O-O");
  std::string text;
  if (move.piece == 'P') {
    if (move.captures) text += move.uci[0];
  } else {
    text += move.piece;
    bool others = false, same_column = false, same_row = false;
    for (const Move& other : legal) {
      if (other.action == move.action || other.piece != move.piece || other.to != move.to || other.castles != 0) continue;
      others = true;
      same_column |= other.from % 8 == move.from % 8;
      same_row |= other.from / 8 == move.from / 8;
    }
    if (others && (!same_column || same_row)) text += move.uci[0];
    if (same_column) text += move.uci[1];
  }
  if (move.captures) text += 'x';
  text += move.uci.substr(2, 2);
  if (move.promotion != 0) absl::StrAppend(&text, "=", std::string(1, move.promotion));
  return text;
}

}  // namespace

std::string SanText(const Game& game, const State& state, Action action) {
  const std::vector<Move> legal = LegalMoves(state);
  const auto move = std::find_if(legal.begin(), legal.end(), [&](const Move& m) { return m.action == action; });
  std::string text = Bare(legal, *move);
  const std::unique_ptr<State> after = state.Clone();
  after->Apply(action);
  if (after->IsTerminal() && after->GetOutcome() != Outcome::kDraw) {
    text.push_back('#');
  } else if (InCheck(game, *after)) {
    text.push_back('+');
  }
  return text;
}

absl::StatusOr<Action> ParseSan(const State& state, std::string_view text) {
  std::string bare(text.substr(0, text.find_last_not_of("+#!?") + 1));
  for (char& c : bare) c = c == '0' ? 'O' : c;
  if (bare == "OO") bare = "O-O";
  const std::vector<Move> legal = LegalMoves(state);
  for (const Move& move : legal) {
    if (Bare(legal, move) == bare || move.uci == bare) return move.action;
  }
  // Piece, then whatever of the from-square is given, then the to-square: every legal move that it describes.
  std::vector<Action> fits;
  std::string core;
  for (const char c : bare) {
    if (c != 'x' && c != '-' && c != '=' && c != ':') core += c;
  }
  const bool has_piece = !core.empty() && std::string_view("NBRQKP").find(core[0]) != std::string_view::npos;
  const char piece = has_piece ? core[0] : 'P';
  if (has_piece) core.erase(0, 1);
  char promotion = 0;
  if (core.size() > 2 && std::isalpha(static_cast<unsigned char>(core.back()))) {
    promotion = static_cast<char>(std::toupper(core.back()));
    core.pop_back();
  }
  if (core.size() >= 2 && core.size() <= 4) {
    const std::string to = core.substr(core.size() - 2), from = core.substr(0, core.size() - 2);
    for (const Move& move : legal) {
      if (move.castles != 0 || move.piece != piece || move.promotion != promotion || move.uci.substr(2, 2) != to) continue;
      const auto in_from = [&](char c) { return c == move.uci[0] || c == move.uci[1]; };
      if (std::all_of(from.begin(), from.end(), in_from)) fits.push_back(move.action);
    }
  }
  if (fits.size() == 1) return fits[0];
  return BadInput("move ", QuotedText(text), fits.empty() ? " is illegal" : " fits several moves", " in ", state.ToText());
}

}  // namespace tandem
