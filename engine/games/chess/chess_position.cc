#include "engine/games/chess/chess_position.h"

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/game/quoted_text.h"
#include "engine/games/chess/action.h"
#include "engine/games/chess/fen.h"
#include "engine/games/chess/move_generator.h"
#include "engine/games/chess/move_text.h"

namespace tandem::chess {
namespace {

constexpr int kPieceValues[] = {1, 3, 3, 5, 9, 0};  // by PieceType

Outcome WinOf(int color) { return color == kWhite ? Outcome::kFirstWins : Outcome::kSecondWins; }

Outcome JudgeMaterial(const Board& board) {
  int lead = 0;
  for (int type = kPawn; type < kKing; ++type) {
    lead += kPieceValues[type] * (Count(board.types[type] & board.colors[kWhite]) - Count(board.types[type] & board.colors[kBlack]));
  }
  return lead >= kCutLead ? Outcome::kFirstWins : lead <= -kCutLead ? Outcome::kSecondWins : Outcome::kDraw;
}

}  // namespace

ChessPosition::ChessPosition(const Board& board, Rules rules) {
  state_.board = board;
  state_.rules = rules;
  AddKey();
  state_.outcome = FindOutcome();
}

void ChessPosition::AddKey() {
  const std::uint64_t key = Key().low;
  if (state_.board.clock == 0) state_.num_keys = 0;
  state_.repetitions = static_cast<std::uint8_t>(std::count(keys_, keys_ + state_.num_keys, key));
  keys_[state_.num_keys++] = key;
}

Outcome ChessPosition::FindOutcome() const {
  const Board& board = state_.board;
  if (CountLegalMoves(board) == 0) return board.InCheck() ? WinOf(board.to_move ^ 1) : Outcome::kDraw;
  const bool drawn =
      board.clock >= state_.rules.MaxClock() || state_.repetitions + 1 >= state_.rules.MaxOccurrences() || board.IsInsufficientMaterial();
  return drawn ? Outcome::kDraw : Outcome::kOngoing;
}

void ChessPosition::RememberBoard() {
  state_.num_past = static_cast<std::uint8_t>(std::min(state_.num_past + 1, kHistoryBoards - 1));
  for (int i = state_.num_past - 1; i > 0; --i) past_[i] = past_[i - 1];
  Past& latest = past_[0];
  std::copy_n(state_.board.types, kNumPieceTypes, latest.types);
  std::copy_n(state_.board.colors, 2, latest.colors);
  latest.key = keys_[state_.num_keys - 1];
  latest.repetitions = state_.repetitions;
}

void ChessPosition::Apply(Action action) {
  RememberBoard();
  state_.board.Apply(MoveOf(state_.board, action));
  AddKey();
  state_.outcome = FindOutcome();
}

PositionKey ChessPosition::EvaluationKey() const {
  PositionKey key = Key();
  const auto add = [&](std::uint64_t word) {
    key.low = Mix64(key.low ^ word);
    key.high = Mix64(key.high + word);
  };
  add(static_cast<std::uint64_t>(state_.board.clock) << 16 | state_.repetitions << 8 | state_.num_past);
  for (int i = 0; i < state_.num_past; ++i) add(Mix64(past_[i].key) + static_cast<std::uint64_t>(past_[i].repetitions));
  return key;
}

// The actions are sorted by marking them in a bit set: one pass over 73 words.
void ChessPosition::LegalActions(ActionList& legal) const {
  legal.clear();
  if (state_.outcome != Outcome::kOngoing) return;
  MoveList moves;
  LegalMoves(state_.board, moves);
  Bits marks[kPolicyPlanes] = {};
  for (const Move move : moves) {
    const Action action = ActionOf(move, state_.board.to_move);
    marks[action / 64] |= Bit(action % 64);
  }
  for (int plane = 0; plane < kPolicyPlanes; ++plane) {
    ForEachSquare(marks[plane], [&](int cell) { legal.push_back(static_cast<Action>(plane * 64 + cell)); });
  }
}

std::uint64_t ChessPosition::CountActions() const { return state_.outcome == Outcome::kOngoing ? CountLegalMoves(state_.board) : 0; }

Outcome ChessPosition::Playout(Rng& rng) const {
  if (state_.outcome != Outcome::kOngoing) return state_.outcome;
  Board board = state_.board;
  for (int ply = 0; ply < kPlayoutPlies; ++ply) {
    MoveList moves;
    LegalMoves(board, moves);
    if (moves.empty()) return board.InCheck() ? WinOf(board.to_move ^ 1) : Outcome::kDraw;
    if (board.clock >= state_.rules.MaxClock() || board.IsInsufficientMaterial()) return Outcome::kDraw;
    board.Apply(moves[static_cast<int>(rng.Below(static_cast<std::uint32_t>(moves.size())))]);
  }
  return JudgeMaterial(board);
}

void ChessPosition::WritePlanes(std::span<float> planes) const {
  TANDEM_DCHECK(planes.size() == static_cast<std::size_t>(64 * kNumPlanes));
  std::fill(planes.begin(), planes.end(), 0.0f);
  const Board& board = state_.board;
  const int mover = board.to_move;
  const auto mark = [&](int plane, Bits bits) {
    ForEachSquare(InViewOfMover(mover, bits), [&](int cell) { planes[static_cast<std::size_t>(cell * kNumPlanes + plane)] = 1.0f; });
  };
  const auto fill = [&](int plane, float value) {
    for (int cell = 0; cell < 64; ++cell) planes[static_cast<std::size_t>(cell * kNumPlanes + plane)] = value;
  };
  const auto show = [&](int t, const Bits* types, const Bits* colors, int repetitions) {
    for (int type = 0; type < kNumPieceTypes; ++type) {
      mark(kPlanesPerBoard * t + type, types[type] & colors[mover]);
      mark(kPlanesPerBoard * t + kNumPieceTypes + type, types[type] & colors[mover ^ 1]);
    }
    if (repetitions > 0) {
      fill(kPlanesPerBoard * t + 2 * kNumPieceTypes,
           static_cast<float>(repetitions) / static_cast<float>(state_.rules.MaxOccurrences() - 1));
    }
  };
  show(0, board.types, board.colors, state_.repetitions);
  for (int i = 0; i < state_.num_past; ++i) show(i + 1, past_[i].types, past_[i].colors, past_[i].repetitions);
  constexpr int kAfterBoards = kPlanesPerBoard * kHistoryBoards;
  mark(kAfterBoards, board.castling & board.colors[mover]);
  mark(kAfterBoards + 1, board.castling & board.colors[mover ^ 1]);
  if (HasLegalEnPassant(board)) mark(kAfterBoards + 2, Bit(board.en_passant));
  fill(kAfterBoards + 3, static_cast<float>(board.clock) / static_cast<float>(state_.rules.MaxClock()));
  fill(kAfterBoards + 4, 1.0f);
}

std::string ChessPosition::ActionText(Action action) const { return WriteUci(MoveOf(state_.board, action), state_.rules.chess960); }

absl::StatusOr<Action> ChessPosition::ActionFromText(std::string_view text) const {
  const Board& board = state_.board;
  TANDEM_ASSIGN_OR_RETURN(const UciSquares squares, ReadUciSquares(board, text, state_.rules.chess960));
  const bool promotes = (board.Pieces(board.to_move, kPawn) & Bit(squares.from)) != 0 && RankOf(InViewOf(board.to_move, squares.to)) == 7;
  if (promotes != (squares.promoted != kPawn)) {
    return BadInput("move ", QuotedText(text), " is illegal in ", ToText(),
                    promotes ? ": expected n, b, r or q after the squares of a promotion" : ": it is no promotion");
  }
  const Action action = ActionOf(squares.from, squares.to, squares.promoted, board.to_move);
  if (action == kNoAction) return BadInput("move ", QuotedText(text), " is illegal in ", ToText(), ": no piece moves so");
  return action;
}

std::string ChessPosition::ToText() const { return WriteFen(state_.board, state_.rules.chess960); }

absl::StatusOr<ChessPosition> ChessPosition::FromText(std::string_view text) const {
  TANDEM_ASSIGN_OR_RETURN(const Board board, ReadFen(text, state_.rules.chess960));
  return ChessPosition(board, state_.rules);
}

std::string ChessPosition::Draw() const {
  const Board& board = state_.board;
  std::string text;
  for (int rank = 7; rank >= 0; --rank) {
    absl::StrAppend(&text, rank + 1);
    for (int file = 0; file < 8; ++file) {
      const Bits bit = Bit(SquareOf(file, rank));
      char letter = '.';
      if ((board.Occupied() & bit) != 0) {
        letter = kPieceLetters[board.TypeAt(SquareOf(file, rank))];
        if ((board.colors[kBlack] & bit) != 0) letter = static_cast<char>(letter - 'A' + 'a');
      }
      text += {' ', letter};
    }
    text += '\n';
  }
  return absl::StrCat(text, "  a b c d e f g h\n", board.to_move == kWhite ? "White" : "Black", " to move, ", ToText(), "\n");
}

}  // namespace tandem::chess
