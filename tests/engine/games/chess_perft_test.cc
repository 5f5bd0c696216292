// Leaf counts that other programs counted, up to a size that keeps the test short; chess_perft_long_test.cc has the deep ones.
#include "tests/engine/games/chess_perft.h"

#include <gtest/gtest.h>

#include "engine/base/rng.h"
#include "engine/games/chess/move_generator.h"
#include "tests/shared_data.h"

namespace tandem::chess {
namespace {

constexpr std::int64_t kMaxLeaves = 400'000;

class ChessPerftTest : public testing::TestWithParam<PerftFile> {};

TEST_P(ChessPerftTest, CountsTheLeavesThatOtherProgramsCount) {
  TANDEM_SKIP_WITHOUT_SHARED_DATA(GetParam().file);
  EXPECT_GT(ComparePerft(GetParam(), 0, kMaxLeaves), 10);
}

INSTANTIATE_TEST_SUITE_P(Files, ChessPerftTest, testing::ValuesIn(kPerftFiles));

TEST(ChessPerftTest, CountedAndPlayedLastPliesAgree) {
  EXPECT_EQ(CountLeaves(StandardStart(), 4), 197281u);
  EXPECT_EQ(CountLeaves(StandardStart(), 4, /*bulk=*/false), 197281u);
}

// The tables against rays that are stepped square by square.
template <bool kPext>
void CompareSliders() {
  const auto tables = std::make_unique<SliderTables<kPext>>();
  Rng rng(1);
  for (int i = 0; i < 20000; ++i) {
    const Bits occupied = i % 2 == 0 ? rng() & rng() : rng();
    const int square = static_cast<int>(rng.Below(64));
    ASSERT_EQ(tables->Rook(square, occupied), SlowSliderAttacks(true, square, occupied));
    ASSERT_EQ(tables->Bishop(square, occupied), SlowSliderAttacks(false, square, occupied));
  }
}

TEST(ChessSliderTest, MagicTablesAgreeWithRays) { CompareSliders<false>(); }

#ifdef __BMI2__
TEST(ChessSliderTest, PextTablesAgreeWithRays) { CompareSliders<true>(); }
#endif

// The slow twin of the generator: every piece's steps are tried, and a move is legal when it leaves no attack on the own king.
int CountByTrial(const Board& board) {
  const int us = board.to_move;
  int count = 0;
  MoveList moves;
  LegalMoves(board, moves);
  for (int from = 0; from < 64; ++from) {
    if ((board.colors[us] & Bit(from)) == 0) continue;
    const PieceType piece = board.TypeAt(from);
    for (int to = 0; to < 64; ++to) {
      if (((board.colors[us] | board.Pieces(us ^ 1, kKing)) & Bit(to)) != 0) continue;
      Bits reach = 0;
      MoveKind kind = MoveKind::kNormal;
      if (piece == kPawn) {
        const int up = us == kWhite ? 8 : -8;
        if ((board.Occupied() & Bit(to)) != 0 || (board.en_passant == to && to != 0)) reach = kPawnAttacks[us][from];
        if (board.en_passant == to && to != 0 && (reach & Bit(to)) != 0) kind = MoveKind::kEnPassant;
        if ((board.Occupied() & Bit(to)) == 0 && to == from + up) reach |= Bit(to);
        if (to == from + 2 * up && (RelativeRank(us, 1) & Bit(from)) != 0 && (board.Occupied() & (Bit(to) | Bit(from + up))) == 0) {
          reach |= Bit(to);
          kind = MoveKind::kDoublePush;
        }
      } else if (piece == kKnight || piece == kKing) {
        reach = piece == kKnight ? kKnightAttacks[from] : kKingAttacks[from];
      } else {
        if (piece != kBishop) reach |= SlowSliderAttacks(true, from, board.Occupied());
        if (piece != kRook) reach |= SlowSliderAttacks(false, from, board.Occupied());
      }
      if ((reach & Bit(to)) == 0) continue;
      const bool promotes = piece == kPawn && (RelativeRank(us, 7) & Bit(to)) != 0;
      Board next = board;
      next.Apply({static_cast<std::uint8_t>(from), static_cast<std::uint8_t>(to), piece, promotes ? MoveKind::kPromoteQueen : kind});
      if ((next.AttackersOf(next.KingSquare(us), next.Occupied()) & next.colors[us ^ 1]) == 0) count += promotes ? 4 : 1;
    }
  }
  for (const Move move : moves) count += move.kind == MoveKind::kCastling;  // perft tables hold these
  return count;
}

TEST(ChessGeneratorTest, AgreesWithTrialAndErrorOnRandomGames) {
  Rng rng(2);
  for (int game = 0; game < 100; ++game) {
    Board board = StandardStart();
    for (int ply = 0; ply < 120; ++ply) {
      MoveList moves;
      LegalMoves(board, moves);
      ASSERT_EQ(moves.size(), CountLegalMoves(board));
      ASSERT_EQ(moves.size(), CountByTrial(board)) << "game " << game << " ply " << ply;
      if (moves.empty()) break;
      board.Apply(moves[static_cast<int>(rng.Below(static_cast<std::uint32_t>(moves.size())))]);
    }
  }
}

}  // namespace
}  // namespace tandem::chess
