#include "engine/notation/sgf.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <map>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "engine/game/board_text.h"
#include "engine/game/quoted_text.h"
#include "engine/game/registry.h"

namespace tandem {
namespace {

constexpr char kPass[] = "pass";
constexpr char kSwap[] = "swap", kSwapPieces[] = "swap-pieces";  // hex: ours, and HexGui's
constexpr int kMaxDepth = 1000;                                  // of nested variations

struct SgfGame {
  int number;  // GM
  const char* name;
  int default_size;
  bool row_one_on_top;
  bool skips_i;     // columns a..h, j.. in our names
  bool cell_names;  // written as "a1"
};
constexpr std::array<SgfGame, 4> kGames = {{{1, "go", 19, false, true, false},
                                            {2, "othello", 8, true, false, false},
                                            {4, "gomoku", 15, false, false, false},
                                            {11, "hex", 11, true, false, true}}};

const SgfGame* FindSgfGame(std::string_view name) {
  for (const SgfGame& game : kGames) {
    if (name == game.name) return &game;
  }
  return nullptr;
}

// Tags by property, both ways.
constexpr std::array<std::pair<const char*, const char*>, 10> kTags = {{{"PB", "White"},
                                                                        {"PW", "Black"},
                                                                        {"EV", "Event"},
                                                                        {"PC", "Site"},
                                                                        {"DT", "Date"},
                                                                        {"RO", "Round"},
                                                                        {"KM", "Komi"},
                                                                        {"HA", "Handicap"},
                                                                        {"RU", "Rules"},
                                                                        {"GC", "Annotation"}}};

struct Property {
  std::string name;
  std::vector<std::string> values;
};
struct Node {
  std::vector<Property> properties;
  int line = 0;
  const Property* Find(std::string_view name) const {
    for (const Property& property : properties) {
      if (property.name == name) return &property;
    }
    return nullptr;
  }
  std::string Text(std::string_view name) const {
    const Property* const property = Find(name);
    return property == nullptr ? "" : property->values[0];
  }
};

// Takes a file apart into the main lines of its game trees.
class SgfParser {
 public:
  explicit SgfParser(std::string_view text) : text_(text) {}

  // The next game tree's main line; false at the end. `problem` says what is wrong with it.
  bool Next(std::vector<Node>* line, std::string* problem) {
    line->clear();
    problem->clear();
    // Anything before "(;" is not SGF (mail headers, say).
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] == '(' && Peek(at_ + 1) == ';') break;
    }
    if (at_ >= text_.size()) return false;
    line_of_error_ = line_;
    Tree(/*main=*/true, 0, line, problem);
    if (!problem->empty()) {
      // Go on at the next tree that begins at the start of a line.
      while (at_ < text_.size() && !(text_[at_] == '(' && (at_ == 0 || text_[at_ - 1] == '\n') && Peek(at_ + 1) == ';')) {
        if (text_[at_++] == '\n') ++line_;
      }
    }
    return true;
  }
  int line() const { return line_; }

 private:
  // Next character that is no blank, from `at` on.
  char Peek(std::size_t at) const {
    while (at < text_.size() && std::isspace(static_cast<unsigned char>(text_[at]))) ++at;
    return at < text_.size() ? text_[at] : '\0';
  }
  char Skip() {
    for (; at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])); ++at_) {
      if (text_[at_] == '\n') ++line_;
    }
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  // "(" ";" node ... then subtrees ")". The first subtree goes on with the main line.
  void Tree(bool main, int depth, std::vector<Node>* line, std::string* problem) {
    if (depth > kMaxDepth) {
      *problem = absl::StrCat("variations nested deeper than ", kMaxDepth);
      return;
    }
    ++at_;  // "("
    bool first_child = true;
    for (;;) {
      const char c = Skip();
      if (c == ';') {
        ++at_;
        Node node;
        node.line = line_;
        Properties(&node, problem);
        if (!problem->empty()) return;
        if (main && first_child) line->push_back(std::move(node));
      } else if (c == '(') {
        Tree(main && first_child, depth + 1, line, problem);
        if (!problem->empty()) return;
        first_child = false;
      } else if (c == ')') {
        ++at_;
        return;
      } else {
        *problem = c == '\0' ? "the file ends inside a game" : absl::StrCat("unexpected ", QuotedText(text_.substr(at_, 1)));
        return;
      }
    }
  }

  void Properties(Node* node, std::string* problem) {
    for (;;) {
      char c = Skip();
      if (!std::isalpha(static_cast<unsigned char>(c))) return;
      Property property;
      // Old files write names with small letters in between, which do not count.
      for (; at_ < text_.size() && std::isalpha(static_cast<unsigned char>(text_[at_])); ++at_) {
        if (std::isupper(static_cast<unsigned char>(text_[at_]))) property.name += text_[at_];
      }
      while (Skip() == '[') {
        if (!Value(&property, problem)) return;
      }
      if (property.values.empty()) {
        *problem = absl::StrCat("property ", QuotedText(property.name), " without a value");
        return;
      }
      node->properties.push_back(std::move(property));
    }
  }

  bool Value(Property* property, std::string* problem) {
    std::string value;
    for (++at_; at_ < text_.size() && text_[at_] != ']'; ++at_) {
      char c = text_[at_];
      if (c == '\n') ++line_;
      if (c == '\\' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        if (c == '\n') ++line_;
        if (c == '\n' || c == '\r') continue;  // an escaped line break is none
      }
      value += c;
    }
    if (at_ >= text_.size()) {
      *problem = absl::StrCat("the value of ", property->name, " without its ]");
      return false;
    }
    ++at_;
    property->values.push_back(std::move(value));
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int line_of_error_ = 1;
};

struct Point {
  int col = 0, row = 0;  // from the top left
};

// Two letters, or a column letter and a number.
std::optional<Point> PointOf(const SgfGame& kind, int size, std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto number = [](char c) { return c >= 'a' && c <= 'z' ? c - 'a' : c >= 'A' && c <= 'Z' ? c - 'A' + 26 : -1; };
  Point point{number(text[0]), 0};
  if (std::isdigit(static_cast<unsigned char>(text[1]))) {
    int row = 0;
    if (!absl::SimpleAtoi(absl::string_view(text.data() + 1, text.size() - 1), &row)) return std::nullopt;
    point.col = std::tolower(text[0]) - 'a';
    point.row = kind.row_one_on_top ? row - 1 : size - row;
  } else {
    if (text.size() != 2) return std::nullopt;
    point.row = number(text[1]);
  }
  if (point.col < 0 || point.row < 0 || point.col >= size || point.row >= size) return std::nullopt;
  return point;
}

// Our name of a cell.
std::string CellText(const SgfGame& kind, int size, const Point& point) {
  const char column = static_cast<char>('a' + point.col + (kind.skips_i && point.col >= 8 ? 1 : 0));
  const std::string name = absl::StrCat(std::string(1, column), kind.row_one_on_top ? point.row + 1 : size - point.row);
  return kind.skips_i ? absl::AsciiStrToUpper(name) : name;
}

// "aa", or the cell name where the game wants it, from our move text.
std::string SgfPoint(const SgfGame& kind, int size, const std::string& move) {
  if (move == kPass) return "";
  if (move == kSwap) return kSwapPieces;
  if (kind.cell_names) return move;
  int col = std::tolower(move[0]) - 'a';
  if (kind.skips_i && col > 8) --col;
  const int number = std::atoi(move.c_str() + 1);
  const int row = kind.row_one_on_top ? number - 1 : size - number;
  return {static_cast<char>('a' + col), static_cast<char>('a' + row)};
}

std::optional<int> ResultOf(std::string text) {
  text = absl::AsciiStrToLower(text);
  if (text.starts_with("b+")) return 1;
  if (text.starts_with("w+")) return -1;
  if (text == "0" || text == "draw" || text == "jigo") return 0;
  return std::nullopt;
}

class SgfGameReader {
 public:
  SgfGameReader(const Game* wanted, const std::vector<Node>& nodes) : wanted_(wanted), nodes_(nodes) {}

  FileGame Read() {
    game_.line = nodes_[0].line;
    absl::Status status = Begin();
    for (std::size_t i = 0; i < nodes_.size() && status.ok(); ++i) status = Play(nodes_[i], i == 0);
    game_.problem = std::string(status.message());
    return std::move(game_);
  }

 private:
  absl::Status ChooseGame(const Node& root) {
    int number = 1;
    if (const std::string text = root.Text("GM"); !text.empty() && !absl::SimpleAtoi(text, &number)) {
      return BadInput("GM[", text, "]: expected a number");
    }
    for (const SgfGame& row : kGames) {
      if (row.number == number) kind_ = &row;
    }
    if (kind_ == nullptr) return BadInput("GM[", number, "]: expected 1 (go), 2 (othello), 4 (gomoku) or 11 (hex)");
    size_ = kind_->default_size;
    if (const std::string text = root.Text("SZ"); !text.empty()) {
      const std::vector<std::string> sides = absl::StrSplit(text, ':');
      if (!absl::SimpleAtoi(sides[0], &size_) || size_ < 1 || size_ > 52 || (sides.size() > 1 && sides[1] != sides[0])) {
        return BadInput("SZ[", text, "]: expected the size of a square board");
      }
    }
    if (wanted_ != nullptr) {
      if (wanted_->facts().name != kind_->name || wanted_->facts().rows != size_) {
        return BadInput("a game of ", kind_->name, " on ", size_, "x", size_, ", expected ", wanted_->facts().spec);
      }
      game_.game = wanted_;
      return absl::OkStatus();
    }
    std::string spec = absl::StrCat(kind_->name, ":size=", size_, HasSwap() ? ",swap=true" : "");
    double komi = 0;
    if (kind_->number == 1 && absl::SimpleAtod(root.Text("KM"), &komi)) {
      if (const auto with_komi = FindGame(absl::StrCat(spec, ",komi=", komi)); with_komi.ok()) {
        game_.game = *with_komi;
        return absl::OkStatus();
      }
    }
    TANDEM_ASSIGN_OR_RETURN(game_.game, FindGame(spec));
    return absl::OkStatus();
  }

  static bool IsSwap(std::string_view value) { return value == kSwap || value == kSwapPieces; }
  bool HasSwap() const {
    return std::any_of(nodes_.begin(), nodes_.end(), [](const Node& node) { return IsSwap(node.Text("B")) || IsSwap(node.Text("W")); });
  }

  absl::Status Begin() {
    const Node& root = nodes_[0];
    TANDEM_RETURN_IF_ERROR(ChooseGame(root));
    for (const auto& [property, tag] : kTags) {
      if (const std::string text = root.Text(property); !text.empty()) game_.SetTag(tag, text);
    }
    if (const std::string text = root.Text("RE"); !text.empty()) {
      game_.SetTag("Result", text);
      game_.result = ResultOf(text);
    }
    state_ = game_.game->NewState();
    return SetUp(root);
  }

  absl::Status SetUp(const Node& root) {
    const BoardShape shape{.rows = size_, .cols = size_, .row_one_on_top = kind_->row_one_on_top};
    if (root.Find("AB") == nullptr && root.Find("AW") == nullptr && root.Find("AE") == nullptr) return absl::OkStatus();
    std::string text = state_->ToText();
    TANDEM_ASSIGN_OR_RETURN(BoardText board, ReadBoardText(shape, text));
    for (const auto& [name, stone] : {std::pair{"AE", '.'}, std::pair{"AB", 'x'}, std::pair{"AW", 'o'}}) {
      const Property* const property = root.Find(name);
      if (property == nullptr) continue;
      for (const std::string& value : property->values) TANDEM_RETURN_IF_ERROR(Place(name, value, stone, &board));
    }
    const std::string to_move = root.Text("PL");
    if (!to_move.empty()) {
      board.to_move = std::tolower(to_move[0]) == 'w' ? 1 : 0;
    } else {
      // Handicap stones are black's first moves; else whoever moves first in the file.
      board.to_move = 0;
      for (const Node& node : nodes_) {
        if (node.Find("B") != nullptr || node.Find("W") != nullptr) {
          board.to_move = node.Find("B") != nullptr ? 0 : 1;
          break;
        }
      }
    }
    auto state = game_.game->StateFromText(WriteBoardText(shape, board));
    if (!state.ok()) return Annotate(state.status(), "setup");
    state_ = *std::move(state);
    if (state_->ToText() != game_.game->NewState()->ToText()) game_.start = state_->ToText();
    return absl::OkStatus();
  }

  // A point or a rectangle "aa:cc".
  absl::Status Place(const char* name, const std::string& value, char stone, BoardText* board) {
    const std::vector<std::string> corners = absl::StrSplit(value, ':');
    const std::optional<Point> from = PointOf(*kind_, size_, corners[0]), to = PointOf(*kind_, size_, corners.back());
    if (!from || !to || corners.size() > 2) return BadInput(name, "[", QuotedText(value), "]: expected a point of the board");
    for (int row = from->row; row <= to->row; ++row) {
      for (int col = from->col; col <= to->col; ++col) {
        const int line = kind_->row_one_on_top ? row : size_ - 1 - row;
        board->cells[static_cast<std::size_t>(line * size_ + col)] = stone;
      }
    }
    return absl::OkStatus();
  }

  absl::Status Play(const Node& node, bool is_root) {
    const Property* const black = node.Find("B");
    const Property* const white = node.Find("W");
    const auto where = [&] { return absl::StrCat("line ", node.line, ", ply ", game_.moves.size()); };
    if (black != nullptr && white != nullptr) return BadInput(where(), ": a node with moves of both players");
    if (!is_root && (node.Find("AB") != nullptr || node.Find("AW") != nullptr || node.Find("AE") != nullptr)) {
      return BadInput(where(), ": stones are set in the middle of the game");
    }
    if (black != nullptr || white != nullptr) {
      const std::string& value = (black != nullptr ? black : white)->values[0];
      TANDEM_RETURN_IF_ERROR(Annotate(PlayMove(black != nullptr ? 0 : 1, value), where()));
    }
    if (const std::string comment = node.Text("C"); !comment.empty()) {
      game_.comments.resize(game_.moves.size() + 1);
      game_.comments.back() = comment;
    }
    return absl::OkStatus();
  }

  absl::Status PlayMove(int player, const std::string& value) {
    // Files leave passes out.
    if (!state_->IsTerminal() && state_->ToMove() != player) {
      const auto pass = state_->ParseAction(kPass);
      if (!pass.ok()) return BadInput("a move of ", player == 0 ? "black" : "white", ", who is not to move");
      Apply(*pass);
    }
    const bool is_pass = value.empty() || absl::EqualsIgnoreCase(value, kPass) || (value == "tt" && size_ <= 19);
    std::string text = kPass;
    if (!is_pass) {
      const std::optional<Point> point = PointOf(*kind_, size_, value);
      text = point ? CellText(*kind_, size_, *point) : IsSwap(value) ? kSwap : value;
    }
    TANDEM_ASSIGN_OR_RETURN(const Action action, state_->ParseAction(text));
    Apply(action);
    return absl::OkStatus();
  }

  void Apply(Action action) {
    game_.moves.push_back(action);
    state_->Apply(action);
  }

  const Game* const wanted_;
  const std::vector<Node>& nodes_;
  const SgfGame* kind_ = nullptr;
  int size_ = 0;
  FileGame game_;
  std::unique_ptr<State> state_;
};

std::string Escape(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == ']' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

// Setup properties of a start that is not the game's.
absl::StatusOr<std::string> SetupText(const SgfGame& kind, const FileGame& game) {
  const int size = game.game->facts().rows;
  const BoardShape shape{.rows = size, .cols = size, .row_one_on_top = kind.row_one_on_top};
  // Go's texts go on with the moves since.
  const std::vector<std::string> fields = absl::StrSplit(game.start, ' ');
  if (fields.size() != 2) return BadInput("SGF: the start ", QuotedText(game.start), " has moves of its own; expected a plain position");
  TANDEM_ASSIGN_OR_RETURN(const BoardText board, ReadBoardText(shape, game.start));
  TANDEM_ASSIGN_OR_RETURN(const BoardText fresh, ReadBoardText(shape, game.game->NewState()->ToText()));
  std::map<std::string, std::string> stones;
  for (int cell = 0; cell < size * size; ++cell) {
    const char stone = board.cells[static_cast<std::size_t>(cell)];
    if (stone == '.' && fresh.cells[static_cast<std::size_t>(cell)] == '.') continue;
    const int row = kind.row_one_on_top ? cell / size : size - 1 - cell / size;
    const std::string point = SgfPoint(kind, size, CellText(kind, size, {cell % size, row}));
    absl::StrAppend(&stones[stone == 'x' ? "AB" : stone == 'o' ? "AW" : "AE"], "[", point, "]");
  }
  std::string text;
  for (const auto& [name, points] : stones) absl::StrAppend(&text, name, points);
  return absl::StrCat(text, "PL[", board.to_move == 0 ? "B" : "W", "]");
}

}  // namespace

GameFile ReadSgf(const Game* game, std::string_view text) {
  GameFile file;
  SgfParser parser(text);
  std::vector<Node> nodes;
  std::string problem;
  while (parser.Next(&nodes, &problem)) {
    if (nodes.empty()) {
      file.problems.push_back(absl::StrCat("line ", parser.line(), ": ", problem.empty() ? "a game without a node" : problem));
      continue;
    }
    FileGame read = SgfGameReader(game, nodes).Read();
    if (!problem.empty() && read.problem.empty()) read.problem = problem;
    if (!read.problem.empty()) file.problems.push_back(absl::StrCat("line ", read.line, ": ", read.problem));
    file.games.push_back(std::move(read));
  }
  if (file.games.empty() && file.problems.empty() && !text.empty()) file.problems.push_back("line 1: no game; expected (;...)");
  return file;
}

absl::StatusOr<std::string> WriteSgf(const FileGame& game) {
  const GameFacts& facts = game.game->facts();
  const SgfGame* const kind = FindSgfGame(facts.name);
  if (kind == nullptr) return BadInput("SGF has no number for ", facts.spec, "; expected go, othello, gomoku or hex");
  std::string text = absl::StrCat("(;GM[", kind->number, "]FF[4]CA[UTF-8]AP[Tandem]SZ[", facts.rows, "]");
  for (const auto& [property, tag] : kTags) {
    const std::string* const value = game.Tag(tag);
    if (value != nullptr) absl::StrAppend(&text, property, "[", Escape(*value), "]");
  }
  const std::string* const result = game.Tag("Result");
  if (result != nullptr && ResultOf(*result) == game.result && game.result) {
    absl::StrAppend(&text, "RE[", Escape(*result), "]");
  } else if (game.result) {
    absl::StrAppend(&text, "RE[", *game.result > 0 ? "B+" : *game.result < 0 ? "W+" : "Draw", "]");
  }
  if (!game.start.empty()) {
    TANDEM_ASSIGN_OR_RETURN(const std::string setup, SetupText(*kind, game));
    text += setup;
  }
  const auto comment = [&](std::size_t ply) {
    if (ply < game.comments.size() && !game.comments[ply].empty()) absl::StrAppend(&text, "C[", Escape(game.comments[ply]), "]");
  };
  comment(0);
  const std::unique_ptr<State> state = game.StartState();
  for (std::size_t ply = 0; ply < game.moves.size(); ++ply) {
    if (ply % 10 == 0) text += '\n';
    const std::string point = SgfPoint(*kind, facts.rows, state->ActionText(game.moves[ply]));
    absl::StrAppend(&text, ";", state->ToMove() == 0 ? "B" : "W", "[", Escape(point), "]");
    state->Apply(game.moves[ply]);
    comment(ply + 1);
  }
  return text + ")\n";
}

}  // namespace tandem
