#include "engine/games/chess/fen.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "engine/game/quoted_text.h"
#include "engine/games/chess/move_generator.h"

namespace tandem::chess {
namespace {

constexpr int kMaxClock = 150;
constexpr const char* kColorNames[] = {"white", "black"};

absl::Status ReadRank(std::string_view text, int rank, Board& board) {
  int file = 0;
  for (const char c : text) {
    if (c >= '1' && c <= '8') {
      file += c - '0';
      continue;
    }
    const char upper = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    const char* letter = upper == '\0' ? nullptr : std::strchr(kPieceLetters, upper);
    if (letter == nullptr)
      return BadInput("rank ", rank + 1, ", ", QuotedText(text), ": expected pieces of PNBRQKpnbrqk and digits 1 to 8");
    if (file > 7) break;
    const Bits bit = Bit(SquareOf(file++, rank));
    board.types[letter - kPieceLetters] |= bit;
    board.colors[c == upper ? kWhite : kBlack] |= bit;
  }
  if (file != 8) return BadInput("rank ", rank + 1, ", ", QuotedText(text), ": expected 8 files");
  return absl::OkStatus();
}

absl::Status ReadPieces(std::string_view text, Board& board) {
  const std::vector<std::string> ranks = absl::StrSplit(absl::string_view(text.data(), text.size()), '/');
  if (ranks.size() != 8) return BadInput(ranks.size(), " ranks: expected 8, with '/' between them");
  for (int i = 0; i < 8; ++i) TANDEM_RETURN_IF_ERROR(ReadRank(ranks[i], 7 - i, board));
  return absl::OkStatus();
}

// What a glance at one side's men tells. The bound on promoted men also keeps legal moves within MoveList.
absl::Status CheckMen(const Board& board) {
  for (const int color : {kWhite, kBlack}) {
    const auto count = [&](PieceType type) { return Count(board.Pieces(color, type)); };
    if (count(kKing) != 1) return BadInput(count(kKing), " ", kColorNames[color], " kings: expected 1");
    const int pawns = count(kPawn);
    if (pawns > 8) return BadInput(pawns, " ", kColorNames[color], " pawns: expected at most 8");
    const int promoted =
        std::max(count(kKnight) - 2, 0) + std::max(count(kBishop) - 2, 0) + std::max(count(kRook) - 2, 0) + std::max(count(kQueen) - 1, 0);
    if (promoted + pawns > 8) {
      return BadInput(pawns, " ", kColorNames[color], " pawns beside ", promoted, " promoted pieces: expected at most 8 together");
    }
  }
  if ((board.types[kPawn] & (RankBits(0) | RankBits(7))) != 0) {
    return BadInput("pawn on ", SquareName(Lowest(board.types[kPawn] & (RankBits(0) | RankBits(7)))), ": expected none on ranks 1 and 8");
  }
  return absl::OkStatus();
}

absl::Status ReadSideToMove(std::string_view text, Board& board) {
  if (text != "w" && text != "b") return BadInput("side to move ", QuotedText(text), ": expected w or b");
  board.to_move = text == "w" ? kWhite : kBlack;
  if ((board.AttackersOf(board.KingSquare(board.to_move ^ 1), board.Occupied()) & board.colors[board.to_move]) != 0) {
    return BadInput("the side that is not to move, ", kColorNames[board.to_move ^ 1], ", is in check");
  }
  return absl::OkStatus();
}

// The square of the rook that a letter of the castling field means, or -1.
int CastlingRook(const Board& board, char letter) {
  const int color = std::isupper(static_cast<unsigned char>(letter)) ? kWhite : kBlack;
  const int upper = std::toupper(static_cast<unsigned char>(letter));
  const Bits home = RelativeRank(color, 0);
  const int king = board.KingSquare(color);
  if ((Bit(king) & home) == 0) return -1;
  Bits rooks = board.Pieces(color, kRook) & home;
  const Bits west = Bit(king) - 1;
  if (upper == 'K') {
    rooks &= ~west;
    return rooks == 0 ? -1 : Highest(rooks);
  }
  if (upper == 'Q') {
    rooks &= west;
    return rooks == 0 ? -1 : Lowest(rooks);
  }
  if (upper < 'A' || upper > 'H') return -1;
  rooks &= kFileA << (upper - 'A');
  return rooks == 0 ? -1 : Lowest(rooks);
}

absl::Status ReadCastling(std::string_view text, bool chess960, Board& board) {
  if (text == "-") return absl::OkStatus();
  if (text.empty()) return BadInput("castling rights are missing: expected KQkq, rook files or -");
  constexpr int kKingHome = 4;
  for (const char letter : text) {
    const int rook = CastlingRook(board, letter);
    const int color = std::isupper(static_cast<unsigned char>(letter)) ? kWhite : kBlack;
    const int king = board.KingSquare(color);
    const bool at_home = rook >= 0 && (chess960 || (FileOf(king) == kKingHome && (FileOf(rook) == 0 || FileOf(rook) == 7)));
    if (!at_home) {
      return BadInput("castling rights ", QuotedText(text), ": letter ", QuotedText({&letter, 1}), " has no ", kColorNames[color],
                      chess960 ? " king and rook on their first rank" : " king on the e-file and rook in the corner");
    }
    const Bits same_side = board.castling & RelativeRank(color, 0) & (rook < king ? Bit(king) - 1 : ~(Bit(king) - 1));
    if (same_side != 0) return BadInput("castling rights ", QuotedText(text), ": two on one side of the ", kColorNames[color], " king");
    board.castling |= Bit(rook);
  }
  return absl::OkStatus();
}

absl::Status ReadEnPassant(std::string_view text, Board& board) {
  if (text == "-") return absl::OkStatus();
  const int mover = board.to_move;
  const int rank = mover == kWhite ? 5 : 2;
  const int square = text.size() == 2 && text[0] >= 'a' && text[0] <= 'h' ? SquareOf(text[0] - 'a', text[1] - '1') : -1;
  if (square < 0 || square > 63 || RankOf(square) != rank) {
    return BadInput("en passant square ", QuotedText(text), ": expected - or a square of rank ", rank + 1);
  }
  // The pawn that just passed stands one step beyond, and came from one step before.
  if ((board.Pieces(mover ^ 1, kPawn) & Bit(square ^ 8)) == 0 ||
      (board.Occupied() & (Bit(square) | Bit(mover == kWhite ? square + 8 : square - 8))) != 0) {
    return BadInput("en passant square ", QuotedText(text), ": no pawn has just passed it");
  }
  if ((kPawnAttacks[mover ^ 1][square] & board.Pieces(mover, kPawn)) == 0) return absl::OkStatus();
  board.en_passant = static_cast<std::uint8_t>(square);
  if (!HasLegalEnPassant(board)) board.en_passant = 0;
  return absl::OkStatus();
}

absl::StatusOr<int> ReadCounter(std::string_view text, const char* name, int min, int max) {
  int value = 0;
  const bool digits = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || !absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &value) || value < min || value > max) {
    return BadInput(name, " ", QuotedText(text), ": expected a number from ", min, " to ", max);
  }
  return value;
}

absl::StatusOr<Board> ReadFields(const std::vector<std::string>& fields, bool chess960) {
  if (fields.size() != 4 && fields.size() != 6) {
    return BadInput(fields.size(), " fields: expected 6 (pieces, side to move, castling, en passant, clock, move number) or the first 4");
  }
  Board board;
  TANDEM_RETURN_IF_ERROR(ReadPieces(fields[0], board));
  TANDEM_RETURN_IF_ERROR(CheckMen(board));
  TANDEM_RETURN_IF_ERROR(ReadSideToMove(fields[1], board));
  TANDEM_RETURN_IF_ERROR(ReadCastling(fields[2], chess960, board));
  TANDEM_RETURN_IF_ERROR(ReadEnPassant(fields[3], board));
  if (fields.size() == 6) {
    TANDEM_ASSIGN_OR_RETURN(const int clock, ReadCounter(fields[4], "half-move clock", 0, kMaxClock));
    TANDEM_ASSIGN_OR_RETURN(const int number, ReadCounter(fields[5], "move number", 1, 0xffff));
    board.clock = static_cast<std::uint16_t>(clock);
    board.move_number = static_cast<std::uint16_t>(number);
  }
  return board;
}

std::string PiecesText(const Board& board) {
  std::string text;
  for (int rank = 7; rank >= 0; --rank) {
    int empty = 0;
    for (int file = 0; file < 8; ++file) {
      const int square = SquareOf(file, rank);
      if ((board.Occupied() & Bit(square)) == 0) {
        ++empty;
        continue;
      }
      if (empty > 0) absl::StrAppend(&text, empty);
      empty = 0;
      const char letter = kPieceLetters[board.TypeAt(square)];
      text += (board.colors[kWhite] & Bit(square)) != 0 ? letter : static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
    if (empty > 0) absl::StrAppend(&text, empty);
    if (rank > 0) text += '/';
  }
  return text;
}

std::string CastlingText(const Board& board, bool chess960) {
  std::string text;
  for (const int color : {kWhite, kBlack}) {
    const int king = board.KingSquare(color);
    for (Bits rooks = board.castling & board.colors[color]; rooks != 0; rooks ^= Bit(Highest(rooks))) {  // king's side first
      const int rook = Highest(rooks);
      const char letter = chess960 ? static_cast<char>('A' + FileOf(rook)) : rook > king ? 'K' : 'Q';
      text += color == kWhite ? letter : static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    }
  }
  return text.empty() ? "-" : text;
}

}  // namespace

absl::StatusOr<Board> ReadFen(std::string_view text, bool chess960) {
  const std::vector<std::string> fields = absl::StrSplit(absl::string_view(text.data(), text.size()), ' ', absl::SkipEmpty());
  absl::StatusOr<Board> board = ReadFields(fields, chess960);
  if (!board.ok()) return Annotate(board.status(), absl::StrCat("FEN ", QuotedText(text)));
  return board;
}

std::string WritePosition(const Board& board, bool chess960) {
  return absl::StrCat(PiecesText(board), board.to_move == kWhite ? " w " : " b ", CastlingText(board, chess960), " ",
                      HasLegalEnPassant(board) ? SquareName(board.en_passant) : "-");
}

std::string WriteFen(const Board& board, bool chess960) {
  return absl::StrCat(WritePosition(board, chess960), " ", board.clock, " ", board.move_number);
}

}  // namespace tandem::chess
