#include "engine/games/chess/epd.h"

#include <algorithm>
#include <cctype>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/game/quoted_text.h"
#include "engine/games/chess/fen.h"
#include "engine/games/chess/move_text.h"

namespace tandem::chess {
namespace {

constexpr std::string_view kClockOpcode = "hmvc", kMoveNumberOpcode = "fmvn";

bool IsWordCharacter(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-+=#/_.,:").find(c) != std::string_view::npos;
}

bool IsOpcode(std::string_view text) {
  return !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) != 0 &&
         std::all_of(text.begin(), text.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

void SkipBlanks(std::string_view& text) {
  while (!text.empty() && (text[0] == ' ' || text[0] == '\t' || text[0] == '\r')) text.remove_prefix(1);
}

// The next field of a FEN, without the blanks before it.
std::string_view TakeField(std::string_view& text) {
  SkipBlanks(text);
  const std::string_view field = text.substr(0, text.find_first_of(" \t\r;"));
  text.remove_prefix(field.size());
  return field;
}

// A word or quoted text; `text` does not begin with a blank or ';'.
absl::StatusOr<std::string> TakeOperand(std::string_view& text) {
  if (text[0] != '"') {
    const std::string_view word = text.substr(0, text.find_first_of(" \t\r;\""));
    text.remove_prefix(word.size());
    return std::string(word);
  }
  const std::size_t end = text.find('"', 1);
  if (end == std::string_view::npos) return BadInput("operand ", QuotedText(text), ": expected a closing quote");
  const std::string_view inside = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  return std::string(inside);
}

absl::StatusOr<EpdOperation> TakeOperation(std::string_view& text) {
  EpdOperation operation;
  const std::string_view opcode = TakeField(text);
  if (!IsOpcode(opcode)) return BadInput("opcode ", QuotedText(opcode), ": expected letters and digits, a letter first");
  operation.opcode = std::string(opcode);
  for (SkipBlanks(text); !text.empty() && text[0] != ';'; SkipBlanks(text)) {
    TANDEM_ASSIGN_OR_RETURN(std::string operand, TakeOperand(text));
    operation.operands.push_back(std::move(operand));
  }
  if (!text.empty()) text.remove_prefix(1);
  return operation;
}

// The clock and move number are part of the board: they are read from a FEN's fields or their opcodes, and written as opcodes.
absl::StatusOr<Board> ReadBoard(const std::string& position, std::string_view clock, std::string_view number, bool chess960) {
  return ReadFen(absl::StrCat(position, " ", clock.empty() ? "0" : std::string(clock), " ", number.empty() ? "1" : std::string(number)),
                 chess960);
}

bool IsNumber(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

absl::StatusOr<Epd> ReadLine(std::string_view text, bool chess960) {
  std::string position;
  for (int i = 0; i < 4; ++i) absl::StrAppend(&position, i > 0 ? " " : "", std::string(TakeField(text)));
  std::string counters[2];
  std::string_view rest = text;
  const std::string_view first = TakeField(rest), second = TakeField(rest);
  if (IsNumber(first) && IsNumber(second)) {
    counters[0] = std::string(first);
    counters[1] = std::string(second);
    text = rest;
    SkipBlanks(text);
    if (!text.empty() && text[0] == ';') text.remove_prefix(1);
  }
  Epd epd;
  for (SkipBlanks(text); !text.empty(); SkipBlanks(text)) {
    TANDEM_ASSIGN_OR_RETURN(EpdOperation operation, TakeOperation(text));
    const bool is_clock = operation.opcode == kClockOpcode;
    if (!is_clock && operation.opcode != kMoveNumberOpcode) {
      epd.operations.push_back(std::move(operation));
      continue;
    }
    if (operation.operands.size() != 1 || !IsNumber(operation.operands[0])) return BadInput(operation.opcode, ": expected one number");
    counters[is_clock ? 0 : 1] = operation.operands[0];
  }
  TANDEM_ASSIGN_OR_RETURN(epd.board, ReadBoard(position, counters[0], counters[1], chess960));
  return epd;
}

}  // namespace

std::vector<std::string> Epd::Operands(std::string_view opcode) const {
  for (const EpdOperation& operation : operations) {
    if (operation.opcode == opcode) return operation.operands;
  }
  return {};
}

std::string Epd::id() const {
  const std::vector<std::string> operands = Operands("id");
  return operands.empty() ? "" : operands[0];
}

absl::StatusOr<std::vector<Move>> Epd::Moves(std::string_view opcode, bool chess960) const {
  std::vector<Move> moves;
  for (const std::string& text : Operands(opcode)) {
    const absl::StatusOr<Move> move = ReadSanOrUci(board, text, chess960);
    if (!move.ok()) return Annotate(move.status(), absl::StrCat("EPD ", id(), ", ", std::string(opcode)));
    moves.push_back(*move);
  }
  return moves;
}

absl::StatusOr<int> Epd::DirectMate() const {
  const std::vector<std::string> operands = Operands("dm");
  if (operands.empty()) return 0;
  int moves = 0;
  if (!absl::SimpleAtoi(operands[0], &moves) || moves < 1)
    return BadInput("EPD ", id(), ", dm ", QuotedText(operands[0]), ": expected a number of moves from 1");
  return moves;
}

absl::StatusOr<Epd> ReadEpd(std::string_view line, bool chess960) {
  absl::StatusOr<Epd> epd = ReadLine(line, chess960);
  if (!epd.ok()) return Annotate(epd.status(), absl::StrCat("EPD ", QuotedText(line)));
  return epd;
}

std::string WriteEpd(const Epd& epd, bool chess960) {
  std::string text = WritePosition(epd.board, chess960);
  if (epd.board.clock != 0) absl::StrAppend(&text, " ", std::string(kClockOpcode), " ", epd.board.clock, ";");
  if (epd.board.move_number != 1) absl::StrAppend(&text, " ", std::string(kMoveNumberOpcode), " ", epd.board.move_number, ";");
  for (const EpdOperation& operation : epd.operations) {
    absl::StrAppend(&text, " ", operation.opcode);
    for (const std::string& operand : operation.operands) {
      const bool plain = !operand.empty() && std::all_of(operand.begin(), operand.end(), IsWordCharacter);
      absl::StrAppend(&text, plain ? " " : " \"", operand, plain ? "" : "\"");
    }
    text += ';';
  }
  return text;
}

}  // namespace tandem::chess
