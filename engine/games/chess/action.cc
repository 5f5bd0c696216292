#include "engine/games/chess/action.h"

#include <array>
#include <cstdlib>

namespace tandem::chess {
namespace {

constexpr internal::Step kDirections[] = {{0, 1}, {1, 1}, {1, 0}, {1, -1}, {0, -1}, {-1, -1}, {-1, 0}, {-1, 1}};
constexpr int kKnightPlanes = 56;
constexpr int kPromotionPlanes = 64;
constexpr std::uint8_t kNone = 0xff;

struct PlaneTables {
  std::array<std::array<std::uint8_t, 64>, 64> plane{};             // [from][to]
  std::array<std::array<std::uint8_t, 64>, kPromotionPlanes> to{};  // [plane][from]
};

constexpr PlaneTables MakePlaneTables() {
  PlaneTables tables;
  for (auto& row : tables.plane) row.fill(kNone);
  for (auto& row : tables.to) row.fill(kNone);
  for (int plane = 0; plane < kPromotionPlanes; ++plane) {
    const bool knight = plane >= kKnightPlanes;
    const internal::Step step = knight ? internal::kKnightSteps[plane - kKnightPlanes] : kDirections[plane / 7];
    const int distance = knight ? 1 : plane % 7 + 1;
    for (int from = 0; from < 64; ++from) {
      const int file = FileOf(from) + step.file * distance, rank = RankOf(from) + step.rank * distance;
      if (!internal::OnBoard(file, rank)) continue;
      tables.to[plane][from] = static_cast<std::uint8_t>(SquareOf(file, rank));
      tables.plane[from][SquareOf(file, rank)] = static_cast<std::uint8_t>(plane);
    }
  }
  return tables;
}
constexpr PlaneTables kTables = MakePlaneTables();

Action MakeAction(int plane, int cell) { return static_cast<Action>(plane * 64 + cell); }

}  // namespace

Action ActionOf(Move move, int color) { return ActionOf(move.from, move.to, move.IsPromotion() ? move.Promoted() : kPawn, color); }

Action ActionOf(int from, int to, PieceType promoted, int color) {
  from = InViewOf(color, from);
  to = InViewOf(color, to);
  if (promoted == kPawn || promoted == kQueen) {
    const int plane = kTables.plane[from][to];
    return plane == kNone ? kNoAction : MakeAction(plane, from);
  }
  const int file_step = FileOf(to) - FileOf(from);
  if (promoted == kKing || RankOf(from) != 6 || RankOf(to) != 7 || std::abs(file_step) > 1) return kNoAction;
  return MakeAction(kPromotionPlanes + 3 * (promoted - kKnight) + file_step + 1, from);
}

Move MoveOf(const Board& board, Action action) {
  const int color = board.to_move;
  const int plane = action / 64, cell = action % 64;
  Move move;
  move.from = static_cast<std::uint8_t>(InViewOf(color, cell));
  if (plane >= kPromotionPlanes) {
    const int promotion = plane - kPromotionPlanes;
    move.to = static_cast<std::uint8_t>(InViewOf(color, cell + 8 + promotion % 3 - 1));
    move.kind = PromotionTo(static_cast<PieceType>(kKnight + promotion / 3));
    return move;
  }
  move.to = static_cast<std::uint8_t>(InViewOf(color, kTables.to[plane][cell]));
  move.piece = board.TypeAt(move.from);
  if (move.piece == kKing) {
    if ((board.colors[color] & Bit(move.to)) != 0) move.kind = MoveKind::kCastling;
  } else if (move.piece == kPawn) {
    if (RankOf(InViewOf(color, move.to)) == 7) {
      move.kind = MoveKind::kPromoteQueen;
    } else if (std::abs(move.to - move.from) == 16) {
      move.kind = MoveKind::kDoublePush;
    } else if (board.en_passant != 0 && move.to == board.en_passant) {
      move.kind = MoveKind::kEnPassant;
    }
  }
  return move;
}

}  // namespace tandem::chess
