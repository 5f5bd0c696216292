// Words of the Universal Chess Interface, read into requests. Pure functions that take any bytes: what can't be read is said in one line
// and left out, as the protocol asks of an engine.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/protocol/session.h"

namespace tandem {

// Words between any white space (blanks, tabs, carriage returns), pointing into `line`.
std::vector<std::string_view> SplitWords(std::string_view line);

// What follows "go".
struct GoCommand {
  SearchRequest request;
  int perft_depth = 0;                  // > 0: counts instead of searching
  std::vector<std::string> complaints;  // a line for each word that was left out
};
GoCommand ParseGo(std::span<const std::string_view> words);

// What follows "position"; no `text` means the start.
struct PositionCommand {
  std::optional<std::string> text;
  std::vector<std::string> moves;
};
// nullopt when it is neither "startpos" nor "fen TEXT".
std::optional<PositionCommand> ParsePosition(std::span<const std::string_view> words);

// What follows "setoption": "name N [value V]", both of any number of words. The value keeps its inner white space.
struct OptionCommand {
  std::string name;
  std::string value;
};
std::optional<OptionCommand> ParseOption(std::span<const std::string_view> words);

}  // namespace tandem
