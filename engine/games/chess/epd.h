// Extended Position Description (PGN standard, section 16.2): four fields of a FEN, then operations "opcode operand operand;". Operands
// are words or texts in double quotes. Read and written whatever the opcode; bm, am, id and dm are also understood.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/games/chess/board.h"

namespace tandem::chess {

struct EpdOperation {
  std::string opcode;                 // letters, digits and _, a letter first
  std::vector<std::string> operands;  // without quotes
  friend bool operator==(const EpdOperation&, const EpdOperation&) = default;
};

struct Epd {
  Board board;  // with the counters of hmvc and fmvn, where given
  std::vector<EpdOperation> operations;

  // The operands of an opcode, empty when it is absent.
  std::vector<std::string> Operands(std::string_view opcode) const;
  std::string id() const;  // operand of id, or nothing
  // Moves of bm ("best") or am ("avoid"), in SAN or UCI; kInvalidArgument names the one that is not legal.
  absl::StatusOr<std::vector<Move>> Moves(std::string_view opcode, bool chess960) const;
  // Moves to mate (dm); 0 when absent.
  absl::StatusOr<int> DirectMate() const;
};

// kInvalidArgument with the place and what was expected. The last ';' may be missing; a FEN's two counters may stand where the first
// operation should.
absl::StatusOr<Epd> ReadEpd(std::string_view line, bool chess960);
// In one form: operands that are not plain words (letters, digits and -+=#/_.,:) stand in quotes.
std::string WriteEpd(const Epd& epd, bool chess960);

}  // namespace tandem::chess
