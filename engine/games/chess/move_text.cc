#include "engine/games/chess/move_text.h"

#include <cctype>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/game/quoted_text.h"
#include "engine/games/chess/fen.h"
#include "engine/games/chess/move_generator.h"

namespace tandem::chess {
namespace {

constexpr std::string_view kShortCastling = "O-O", kLongCastling = "O-O-O";

bool IsFile(char c) { return c >= 'a' && c <= 'h'; }
bool IsRank(char c) { return c >= '1' && c <= '8'; }
int SquareAt(std::string_view text) { return SquareOf(text[0] - 'a', text[1] - '1'); }

// N, B, R or Q of a lower- or upper-case letter; kPawn for others.
PieceType PromotionFromLetter(char c) {
  const char* letter = c == '\0' ? nullptr : std::strchr("NBRQ", c);
  return letter == nullptr ? kPawn : static_cast<PieceType>(letter - "NBRQ" + kKnight);
}

// What SAN text says of a move; -1 and kPawn where it says nothing.
struct SanParts {
  PieceType piece = kPawn;
  int from_file = -1;
  int from_rank = -1;
  int to = -1;
  PieceType promoted = kPawn;
  int castling = 0;  // 1 king's side, 2 queen's side
};

// False when the text is not of the form.
bool SplitSan(std::string_view text, SanParts* parts) {
  while (!text.empty() && std::strchr("+#!?", text.back()) != nullptr) text.remove_suffix(1);
  if (text == kShortCastling || text == "0-0" || text == kLongCastling || text == "0-0-0") {
    parts->castling = text.size() == kShortCastling.size() ? 1 : 2;
    parts->piece = kKing;
    return true;
  }
  if (!text.empty()) {
    const char* letter = text[0] == '\0' ? nullptr : std::strchr(kPieceLetters, text[0]);
    if (letter != nullptr) {
      parts->piece = static_cast<PieceType>(letter - kPieceLetters);
      text.remove_prefix(1);
    }
  }
  if (parts->piece == kPawn && text.size() > 2 && PromotionFromLetter(text.back()) != kPawn) {
    parts->promoted = PromotionFromLetter(text.back());
    text.remove_suffix(text[text.size() - 2] == '=' ? 2 : 1);
  }
  if (text.size() < 2 || !IsFile(text[text.size() - 2]) || !IsRank(text.back())) return false;
  parts->to = SquareAt(text.substr(text.size() - 2));
  text.remove_suffix(2);
  if (!text.empty() && (text.back() == 'x' || text.back() == '-')) text.remove_suffix(1);
  if (!text.empty() && IsFile(text[0])) {
    parts->from_file = text[0] - 'a';
    text.remove_prefix(1);
  }
  if (!text.empty() && IsRank(text[0])) {
    parts->from_rank = text[0] - '1';
    text.remove_prefix(1);
  }
  return text.empty();
}

bool Agrees(const SanParts& parts, Move move) {
  if (parts.castling != 0) return move.kind == MoveKind::kCastling && (move.to > move.from ? 1 : 2) == parts.castling;
  return move.kind != MoveKind::kCastling && move.piece == parts.piece && move.to == parts.to &&
         (parts.from_file < 0 || FileOf(move.from) == parts.from_file) && (parts.from_rank < 0 || RankOf(move.from) == parts.from_rank) &&
         (move.IsPromotion() ? move.Promoted() : kPawn) == parts.promoted;
}

// The least of file, rank or both that tells the piece from others of its kind that may go to the same square.
std::string SanOrigin(const Board& board, Move move) {
  MoveList moves;
  LegalMoves(board, moves);
  bool others = false, same_file = false, same_rank = false;
  for (const Move other : moves) {
    if (other.piece != move.piece || other.to != move.to || other.from == move.from || other.kind == MoveKind::kCastling) continue;
    others = true;
    same_file |= FileOf(other.from) == FileOf(move.from);
    same_rank |= RankOf(other.from) == RankOf(move.from);
  }
  const std::string name = SquareName(move.from);
  if (!others) return "";
  if (!same_file) return name.substr(0, 1);
  return same_rank ? name : name.substr(1);
}

std::string CheckMark(const Board& board, Move move) {
  Board next = board;
  next.Apply(move);
  if (!next.InCheck()) return "";
  return CountLegalMoves(next) == 0 ? "#" : "+";
}

}  // namespace

std::string WriteUci(Move move, bool chess960) {
  const int to = move.kind == MoveKind::kCastling && !chess960 ? CastlingTargets(move.from, move.to).king_to : move.to;
  std::string text = absl::StrCat(SquareName(move.from), SquareName(to));
  if (move.IsPromotion()) text += static_cast<char>(std::tolower(static_cast<unsigned char>(kPieceLetters[move.Promoted()])));
  return text;
}

absl::StatusOr<UciSquares> ReadUciSquares(const Board& board, std::string_view text, bool chess960) {
  const bool squares = (text.size() == 4 || text.size() == 5) && IsFile(text[0]) && IsRank(text[1]) && IsFile(text[2]) && IsRank(text[3]);
  PieceType promoted = kPawn;
  if (squares && text.size() == 5 && std::islower(static_cast<unsigned char>(text[4]))) {
    promoted = PromotionFromLetter(static_cast<char>(std::toupper(static_cast<unsigned char>(text[4]))));
  }
  if (!squares || (text.size() == 5 && promoted == kPawn)) {
    return BadInput("move ", QuotedText(text), ": expected two squares and n, b, r or q for a promotion, such as e2e4 or e7e8q");
  }
  UciSquares read{SquareAt(text), SquareAt(text.substr(2)), promoted};
  if (chess960 || (board.Pieces(board.to_move, kKing) & Bit(read.from)) == 0) return read;
  if ((board.colors[board.to_move] & Bit(read.to)) != 0 && (board.castling & Bit(read.to)) != 0) {
    return BadInput("move ", QuotedText(text), ": castling is written as the king's two steps, ", SquareName(read.from),
                    SquareName(CastlingTargets(read.from, read.to).king_to), " (the king takes its rook in chess:chess960=true)");
  }
  Bits rooks = board.castling & board.colors[board.to_move];
  for (; rooks != 0; rooks &= rooks - 1) {
    if (CastlingTargets(read.from, Lowest(rooks)).king_to == read.to) read.to = Lowest(rooks);
  }
  return read;
}

absl::StatusOr<Move> ReadUci(const Board& board, std::string_view text, bool chess960) {
  TANDEM_ASSIGN_OR_RETURN(const UciSquares squares, ReadUciSquares(board, text, chess960));
  Move move;
  if (FindLegalMove(board, squares.from, squares.to, squares.promoted, &move)) return move;
  return BadInput("move ", QuotedText(text), " is illegal in ", WriteFen(board, chess960));
}

std::string WriteSan(const Board& board, Move move) {
  const std::string check = CheckMark(board, move);
  if (move.kind == MoveKind::kCastling) return absl::StrCat(std::string(move.to > move.from ? kShortCastling : kLongCastling), check);
  const bool takes = move.kind == MoveKind::kEnPassant || (board.Occupied() & Bit(move.to)) != 0;
  std::string text;
  if (move.piece == kPawn) {
    if (takes) text = SquareName(move.from).substr(0, 1);
  } else {
    text = std::string(1, kPieceLetters[move.piece]);
    if (move.piece != kKing) text += SanOrigin(board, move);
  }
  absl::StrAppend(&text, takes ? "x" : "", SquareName(move.to));
  if (move.IsPromotion()) absl::StrAppend(&text, "=", std::string(1, kPieceLetters[move.Promoted()]));
  return text + check;
}

absl::StatusOr<Move> ReadSan(const Board& board, std::string_view text) {
  SanParts parts;
  if (!SplitSan(text, &parts)) return BadInput("move ", QuotedText(text), ": expected SAN such as e4, Nbd7, exd8=Q or O-O");
  MoveList moves;
  LegalMoves(board, moves);
  int num_found = 0;
  Move found;
  for (const Move move : moves) {
    if (!Agrees(parts, move)) continue;
    found = move;
    ++num_found;
  }
  if (num_found == 1) return found;
  return BadInput("move ", QuotedText(text), num_found == 0 ? " is illegal in " : " is ambiguous in ", WriteFen(board, true));
}

absl::StatusOr<Move> ReadSanOrUci(const Board& board, std::string_view text, bool chess960) {
  absl::StatusOr<Move> move = ReadSan(board, text);
  if (move.ok()) return move;
  const absl::StatusOr<Move> uci = ReadUci(board, text, chess960);
  return uci.ok() ? uci : move;
}

}  // namespace tandem::chess
