#include "engine/notation/pgn.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>

#include "absl/strings/ascii.h"
#include "engine/base/status.h"
#include "engine/game/file_notation.h"
#include "engine/game/game_part.h"
#include "engine/game/quoted_text.h"
#include "engine/game/registry.h"
#include "engine/notation/variant.h"

namespace tandem {
namespace {

constexpr std::size_t kLineLength = 80;  // PGN standard, section 4.3
constexpr std::array<const char*, 7> kRoster = {"Event", "Site", "Date", "Round", "White", "Black", "Result"};

std::optional<int> ResultOf(std::string_view text) {
  if (text == "1-0") return 1;
  if (text == "0-1") return -1;
  if (text == "1/2-1/2" || text == "1/2") return 0;
  return std::nullopt;
}

bool IsResult(std::string_view text) { return text == "*" || ResultOf(text).has_value(); }

class PgnReader {
 public:
  PgnReader(const Game* game, std::string_view text) : wanted_(game), text_(text) {
    if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  }

  GameFile Read() {
    while (SkipBlanks()) {
      const char c = text_[at_];
      if (c == '[') {
        if (in_moves_) Finish();
        ReadTag();
      } else if (c == '{') {
        ReadComment();
      } else if (c == ';') {
        Comment(TakeLine().substr(1));
      } else if (c == '(') {
        SkipVariation();
      } else if (c == '$') {
        ++at_;
        while (at_ < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_]))) ++at_;
      } else {
        ReadWord();
      }
    }
    Finish();
    return std::move(file_);
  }

 private:
  bool AtLineStart() const { return at_ == 0 || text_[at_ - 1] == '\n'; }

  // False at the end of the text. Lines that begin with % are escaped.
  bool SkipBlanks() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '\n') ++line_;
      if (text_[at_] == '%' && AtLineStart()) {
        TakeLine();
        --at_;
        continue;
      }
      if (!std::isspace(static_cast<unsigned char>(text_[at_]))) return true;
    }
    return false;
  }

  // The rest of the line; the position is then at its line break.
  std::string_view TakeLine() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    const std::string_view line = text_.substr(at_, end - at_);
    at_ = end;
    return line;
  }

  void Problem(int line, const std::string& what) { file_.problems.push_back(absl::StrCat("line ", line, ": ", what)); }
  // The current game is broken from here on.
  void Break(const std::string& what) {
    if (!current_.problem.empty()) return;
    current_.problem = what;
    Problem(line_, what);
  }

  void Open() {
    if (open_) return;
    open_ = true;
    current_ = FileGame();
    current_.line = line_;
  }

  void ReadTag() {
    Open();
    const int line = line_;
    const std::string_view rest = text_.substr(at_);
    std::size_t i = 1;
    while (i < rest.size() && (rest[i] == ' ' || rest[i] == '\t')) ++i;
    const std::size_t name_end = rest.find_first_of(" \t\"]\n", i);
    const std::string name(rest.substr(i, name_end == rest.npos ? 0 : name_end - i));
    const std::size_t quote = name_end == rest.npos ? rest.npos : rest.find_first_not_of(" \t", name_end);
    std::string value;
    std::size_t end = rest.npos;
    if (!name.empty() && quote != rest.npos && rest[quote] == '"') {
      for (end = quote + 1; end < rest.size() && rest[end] != '"' && rest[end] != '\n'; ++end) {
        if (rest[end] == '\\' && end + 1 < rest.size() && (rest[end + 1] == '"' || rest[end + 1] == '\\')) ++end;
        value += rest[end];
      }
      if (end >= rest.size() || rest[end] != '"') end = rest.npos;
    }
    std::size_t close = end == rest.npos ? rest.npos : rest.find_first_not_of(" \t", end + 1);
    if (close == rest.npos || rest[close] != ']') {
      // Some programs write quotes inside a value as they are: then the last ones of the line end it.
      const std::string_view line_text = rest.substr(0, rest.find('\n'));
      close = line_text.rfind(']');
      const std::size_t last = close == line_text.npos ? close : line_text.rfind('"', close);
      if (name.empty() || quote >= line_text.size() || last == line_text.npos || last <= quote) {
        Break(absl::StrCat("expected a tag [Name \"value\"], not ", QuotedText(TakeLine())));
        return;
      }
      value = line_text.substr(quote + 1, last - quote - 1);
    }
    at_ += close + 1;
    if (current_.Tag(name) != nullptr) {
      Problem(line, absl::StrCat("tag ", name, " twice"));
      return;
    }
    current_.SetTag(name, value);
  }

  // Decides game and start by the tags, before the first move.
  void BeginMoves() {
    if (in_moves_) return;
    Open();
    in_moves_ = true;
    const std::string* const variant = current_.Tag("Variant");
    current_.game = wanted_;
    std::string name = variant == nullptr ? "chess" : absl::AsciiStrToLower(*variant);
    if (name == "standard" || name == "normal" || name == "from position") name = "chess";
    if (name == "chess960" || name == "fischerandom" || name == "chess 960") name = "chess:chess960=true";
    const auto found = FindVariant(name);
    if (variant != nullptr || wanted_ == nullptr) {
      if (!found.ok()) return Break(absl::StrCat("Variant ", QuotedText(name), ": ", std::string(found.status().message())));
      const Game* const game = *FindGame(found->game);
      const bool fits = wanted_ == nullptr || game == wanted_ || game->facts().spec == wanted_->facts().name;
      if (!fits) return Break(absl::StrCat("a game of ", game->facts().spec, ", expected ", wanted_->facts().spec));
      if (wanted_ == nullptr) current_.game = game;
    }
    state_ = current_.game->NewState();
    if (const std::string* const fen = current_.Tag("FEN")) {
      auto start = ParseVariantPosition(*current_.game, *fen);
      if (!start.ok()) return Break(absl::StrCat("FEN: ", std::string(start.status().message())));
      state_ = *std::move(start);
      if (state_->ToText() != current_.game->NewState()->ToText()) current_.start = state_->ToText();
    }
  }

  void Comment(std::string_view text) {
    BeginMoves();
    const std::size_t ply = current_.moves.size();
    if (current_.comments.size() <= ply) current_.comments.resize(ply + 1);
    std::string& comment = current_.comments[ply];
    const absl::string_view trimmed = absl::StripAsciiWhitespace(absl::string_view(text.data(), text.size()));
    absl::StrAppend(&comment, comment.empty() ? "" : " ", trimmed);
  }

  void ReadComment() {
    const std::size_t end = text_.find('}', at_);
    if (end == text_.npos) {
      BeginMoves();
      Break("a comment { without its }");
      at_ = text_.size();
      return;
    }
    const std::string_view text = text_.substr(at_ + 1, end - at_ - 1);
    Comment(text);
    line_ += static_cast<int>(std::count(text.begin(), text.end(), '\n'));
    at_ = end + 1;
  }

  // To the matching bracket; comments inside may hold brackets.
  void SkipVariation() {
    const int line = line_;
    int depth = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (c == '{') {
        const std::size_t end = std::min(text_.find('}', at_), text_.size());
        line_ += static_cast<int>(
            std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_), text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
        at_ = end;
        if (at_ == text_.size()) break;
      } else if (c == ';') {
        TakeLine();
        --at_;
      } else if (c == '(') {
        ++depth;
      } else if (c == ')' && --depth == 0) {
        ++at_;
        return;
      }
    }
    BeginMoves();
    Break(absl::StrCat("a variation ( without its ), begun in line ", line));
  }

  void ReadWord() {
    // A game's end without a result, *, stands for itself, with or without a blank before it.
    const std::size_t end = text_[at_] == '*' ? at_ + 1 : std::min(text_.find_first_of(" \t\r\n{}();[]$*", at_), text_.size());
    if (end == at_) {
      BeginMoves();
      Break(absl::StrCat("unexpected ", QuotedText(text_.substr(at_, 1))));
      ++at_;
      return;
    }
    std::string_view word = text_.substr(at_, end - at_);
    at_ = end;
    BeginMoves();
    if (IsResult(word)) {
      current_.result = ResultOf(word);
      ended_ = true;
      Finish();
      return;
    }
    // "12." and "12..." before a move, with or without a blank.
    const std::size_t digits = std::min(word.find_first_not_of("0123456789"), word.size());
    if (digits > 0 &&
        (digits == word.size() ? current_.game == nullptr || current_.game->facts().name != "connect_four" : word[digits] == '.')) {
      word.remove_prefix(std::min(word.find_first_not_of('.', digits), word.size()));
    }
    while (!word.empty() && word[0] == '.') word.remove_prefix(1);
    if (word.empty() || word.find_first_not_of("!?") == word.npos || word == "e.p.") return;
    Play(word);
  }

  void Play(std::string_view word) {
    if (!current_.problem.empty()) return;
    const FileNotation* const notation = FindGamePart<FileNotation>(*current_.game);
    const std::string_view move = word.substr(0, word.find_last_not_of("!?") + 1);
    const auto action = notation != nullptr ? notation->read(*state_, move) : ParseVariantMove(*current_.game, *state_, move);
    if (!action.ok()) return Break(absl::StrCat("ply ", current_.moves.size(), ": ", std::string(action.status().message())));
    current_.moves.push_back(*action);
    state_->Apply(*action);
  }

  void Finish() {
    if (!open_) return;
    BeginMoves();
    if (!ended_) Break("the game ends without a result (1-0, 0-1, 1/2-1/2 or *)");
    const std::string* const tag = current_.Tag("Result");
    if (!current_.result && tag != nullptr) current_.result = ResultOf(*tag);
    file_.games.push_back(std::move(current_));
    current_ = FileGame();
    open_ = in_moves_ = ended_ = false;
  }

  const Game* const wanted_;
  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  GameFile file_;
  FileGame current_;
  bool open_ = false, in_moves_ = false, ended_ = false;
  std::unique_ptr<State> state_;
};

std::string Escape(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c == '\n' || c == '\r' ? ' ' : c;
  }
  return text;
}

// Words, broken into lines.
class MoveText {
 public:
  void Add(std::string_view word) {
    if (column_ > 0 && column_ + 1 + word.size() > kLineLength) {
      text_ += '\n';
      column_ = 0;
    } else if (column_ > 0) {
      text_ += ' ';
      ++column_;
    }
    text_ += word;
    column_ += word.size();
  }
  // Blanks inside are kept as they are: a comment is one word, or several where a line must end.
  void AddComment(std::string_view comment) {
    std::string word = "{";
    for (const char c : comment) {
      if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
        if (!word.empty()) Add(word);
        word.clear();
      } else if (c != '}') {
        word += c;
      }
    }
    Add(word + "}");
  }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
  std::size_t column_ = 0;
};

}  // namespace

GameFile ReadPgn(const Game* game, std::string_view text) { return PgnReader(game, text).Read(); }

std::string WritePgn(const FileGame& game) {
  const GameFacts& facts = game.game->facts();
  const std::string result = !game.result ? "*" : *game.result > 0 ? "1-0" : *game.result < 0 ? "0-1" : "1/2-1/2";
  std::string text;
  const auto write_tag = [&](std::string_view name, std::string_view value) {
    absl::StrAppend(&text, "[", std::string(name), " \"", Escape(value), "\"]\n");
  };
  for (const char* name : kRoster) {
    const std::string* const value = game.Tag(name);
    const std::string_view unknown = std::string_view(name) == "Date" ? "????.??.??" : "?";
    write_tag(name, std::string_view(name) == "Result" ? result : value != nullptr ? std::string_view(*value) : unknown);
  }
  if (facts.spec != "chess") write_tag("Variant", facts.spec == "chess:chess960=true" ? "Chess960" : facts.spec);
  if (!game.start.empty()) {
    write_tag("SetUp", "1");
    write_tag("FEN", game.start);
  }
  for (const auto& [name, value] : game.tags) {
    const bool written =
        std::find(kRoster.begin(), kRoster.end(), name) != kRoster.end() || name == "Variant" || name == "SetUp" || name == "FEN";
    if (!written) write_tag(name, value);
  }
  MoveText moves;
  const std::unique_ptr<State> state = game.StartState();
  const FileNotation* const notation = FindGamePart<FileNotation>(*game.game);
  // The first number is the FEN's in chess; elsewhere turns are counted from the start.
  int number = 1;
  if (facts.name == "chess" && !game.start.empty()) number = std::max(1, std::atoi(game.start.substr(game.start.rfind(' ') + 1).c_str()));
  const auto comment = [&](std::size_t ply) {
    if (ply < game.comments.size() && !game.comments[ply].empty()) moves.AddComment(game.comments[ply]);
  };
  comment(0);
  for (std::size_t ply = 0; ply < game.moves.size(); ++ply) {
    const bool first_player = state->ToMove() == 0;
    const bool after_comment = ply == 0 || (ply < game.comments.size() && !game.comments[ply].empty());
    if (first_player) moves.Add(absl::StrCat(number, "."));
    if (!first_player && after_comment) moves.Add(absl::StrCat(number, "..."));
    moves.Add(notation != nullptr ? notation->write(*state, game.moves[ply]) : state->ActionText(game.moves[ply]));
    state->Apply(game.moves[ply]);
    if (!first_player) ++number;
    comment(ply + 1);
  }
  moves.Add(result);
  return absl::StrCat(text, "\n", moves.Take(), "\n\n");
}

}  // namespace tandem
