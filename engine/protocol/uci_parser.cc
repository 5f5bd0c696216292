#include "engine/protocol/uci_parser.h"

#include <algorithm>
#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tandem {
namespace {

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

// Words that begin something else than a move in a list of moves.
bool IsGoWord(std::string_view word) {
  static constexpr std::string_view kWords[] = {"searchmoves", "ponder", "wtime", "btime",    "winc",     "binc", "movestogo",
                                                "depth",       "nodes",  "mate",  "movetime", "infinite", "perft"};
  return std::find(std::begin(kWords), std::end(kWords), word) != std::end(kWords);
}

int ToInt(std::int64_t number) {
  return static_cast<int>(std::clamp<std::int64_t>(number, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

// Stores the number of one limit.
void SetLimit(std::string_view word, std::int64_t number, GoCommand* go) {
  SearchRequest& request = go->request;
  const absl::Duration time = absl::Milliseconds(number);
  if (word == "nodes") request.nodes = number;
  if (word == "depth") request.depth = ToInt(number);
  if (word == "mate") request.mate = ToInt(number);
  if (word == "movetime") request.move_time = time;
  if (word == "wtime") request.remaining[0] = time;
  if (word == "btime") request.remaining[1] = time;
  if (word == "winc") request.increment[0] = time;
  if (word == "binc") request.increment[1] = time;
  if (word == "movestogo") request.moves_to_go = std::max(0, ToInt(number));
  if (word == "perft") go->perft_depth = std::max(1, ToInt(number));
}

std::string Join(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text += ' ';
    text += word;
  }
  return text;
}

// The text from the first word's begin to the last one's end, which lie in one line.
std::string Span(std::span<const std::string_view> words) {
  if (words.empty()) return "";
  return std::string(words.front().data(), words.back().data() + words.back().size());
}

}  // namespace

std::vector<std::string_view> SplitWords(std::string_view line) {
  std::vector<std::string_view> words;
  std::size_t begin = 0;
  while (begin < line.size()) {
    if (absl::ascii_isspace(line[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < line.size() && !absl::ascii_isspace(line[end])) ++end;
    words.push_back(line.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

GoCommand ParseGo(std::span<const std::string_view> words) {
  GoCommand go;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "infinite") {
      go.request.infinite = true;
    } else if (word == "ponder") {
      go.request.ponder = true;
    } else if (word == "searchmoves") {
      while (i + 1 < words.size() && !IsGoWord(words[i + 1])) go.request.root_moves.emplace_back(words[++i]);
    } else if (!IsGoWord(word)) {
      go.complaints.push_back(absl::StrCat("go: unknown word '", Absl(word), "'"));
    } else if (i + 1 == words.size() || IsGoWord(words[i + 1])) {
      go.complaints.push_back(absl::StrCat("go: ", Absl(word), " without a number"));
    } else if (std::int64_t number; absl::SimpleAtoi(Absl(words[++i]), &number)) {
      SetLimit(word, number, &go);
    } else {
      go.complaints.push_back(absl::StrCat("go: ", Absl(word), " '", Absl(words[i]), "' is not a whole number"));
    }
  }
  return go;
}

std::optional<PositionCommand> ParsePosition(std::span<const std::string_view> words) {
  if (words.empty() || (words[0] != "startpos" && words[0] != "fen")) return std::nullopt;
  const auto moves = std::find(words.begin() + 1, words.end(), "moves");
  const std::span<const std::string_view> text(words.begin() + 1, moves);
  PositionCommand position;
  if (words[0] == "fen") position.text = Join(text);
  if (position.text ? text.empty() : !text.empty()) return std::nullopt;
  if (moves != words.end()) position.moves.assign(moves + 1, words.end());
  return position;
}

std::optional<OptionCommand> ParseOption(std::span<const std::string_view> words) {
  if (words.size() < 2 || words[0] != "name") return std::nullopt;
  const auto value = std::find(words.begin() + 2, words.end(), "value");
  OptionCommand option;
  option.name = Join({words.begin() + 1, value});
  if (value != words.end()) option.value = Span({value + 1, words.end()});
  return option;
}

}  // namespace tandem
