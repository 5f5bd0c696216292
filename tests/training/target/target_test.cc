// Targets of hand-made games: who is the mover, what he is told, and the formula of the value target.
#include "training/target/target.h"

#include <gtest/gtest.h>

#include "tests/selfplay/record/random_record.h"

namespace tandem {
namespace {

constexpr std::int8_t kAlternating[] = {0, 1, 0, 1, 0, 1, 0, 1, 0};

// First player wins on the fifth ply.
GameRecord FirstWins() { return RecordOf(GameNamed("tic_tac_toe"), "a1 a2 b1 b2 c1"); }

TEST(TargetTest, TheWinnersRowsAreWinsAndTheLosersRowsLosses) {
  const auto rows = MakeTargets(FirstWins(), kAlternating, 0);
  ASSERT_EQ(rows.size(), 5u);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(rows[i].ply, static_cast<int>(i));
    EXPECT_EQ(rows[i].wdl[0], i % 2 == 0 ? 1 : 0);
    EXPECT_EQ(rows[i].wdl[1], 0);
    EXPECT_EQ(rows[i].wdl[2], i % 2 == 0 ? 0 : 1);
    EXPECT_EQ(rows[i].moves_left, 5 - i);
  }
}

TEST(TargetTest, ADrawnGameIsADrawForBoth) {
  GameRecord record = FirstWins();
  record.set_result(0);
  for (const TargetRow& row : MakeTargets(record, kAlternating, 0)) EXPECT_EQ(row.wdl, (std::array<float, 3>{0, 1, 0}));
}

TEST(TargetTest, TheSearchsValueIsMixedInFromTheMoversView) {
  Turn turn;
  turn.set_root_value(0.4f);  // good for the first player
  turn.set_root_draw(0.2f);
  // First player: (0.8 + 0.4) / 2 = 0.6 win, 0.2 draw, 0.2 loss; result: he lost.
  const auto first = ValueTarget(turn, -1, 0, 0.25);
  EXPECT_NEAR(first[0], 0.25 * 0.6, 1e-6);
  EXPECT_NEAR(first[1], 0.25 * 0.2, 1e-6);
  EXPECT_NEAR(first[2], 0.75 + 0.25 * 0.2, 1e-6);
  const auto second = ValueTarget(turn, -1, 1, 0.25);
  EXPECT_EQ(second[0], first[2]);
  EXPECT_EQ(second[1], first[1]);
  EXPECT_EQ(second[2], first[0]);
}

TEST(TargetTest, AProvenTurnIsExactWhateverWasPlayedAfterwards) {
  Turn turn;
  turn.set_root_value(-0.9f);
  turn.set_proven(1);
  EXPECT_EQ(ValueTarget(turn, -1, 0, 0.5), (std::array<float, 3>{1, 0, 0}));
  EXPECT_EQ(ValueTarget(turn, -1, 1, 0.5), (std::array<float, 3>{0, 0, 1}));
  turn.set_proven(0);
  EXPECT_EQ(ValueTarget(turn, 1, 1, 0.5), (std::array<float, 3>{0, 1, 0}));
}

TEST(TargetTest, AGameWithAPassKeepsTheMover) {
  // The side to move is asked of the state, never counted: in Othello one side may move twice.
  const std::int8_t movers[] = {0, 1, 1, 0, 0};
  const auto rows = MakeTargets(FirstWins(), movers, 0);
  EXPECT_EQ(rows[2].wdl[2], 1);
  EXPECT_EQ(rows[3].wdl[0], 1);
}

TEST(TargetTest, OnlyFullTurnsAreRowsAndVisitsAreNormalised) {
  GameRecord record = FirstWins();
  record.set_opening_plies(1);
  record.mutable_turns()->DeleteSubrange(0, 1);
  record.mutable_turns(1)->set_full_search(false);
  Turn* turn = record.mutable_turns(0);
  turn->clear_visits();
  turn->clear_visit_actions();
  for (const std::uint32_t action : {1, 3, 7}) turn->add_visit_actions(action);
  for (const std::uint32_t visits : {3, 0, 1}) turn->add_visits(visits);
  turn->set_prior_kl(0.7f);
  const auto rows = MakeTargets(record, kAlternating, 0);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].ply, 1);
  EXPECT_EQ(rows[1].ply, 3);
  ASSERT_EQ(rows[0].policy.size(), 2u);
  EXPECT_EQ(rows[0].policy[0].action, 1);
  EXPECT_FLOAT_EQ(rows[0].policy[0].probability, 0.75f);
  EXPECT_EQ(rows[0].policy[1].action, 7);
  EXPECT_FLOAT_EQ(rows[0].policy[1].probability, 0.25f);
  EXPECT_FLOAT_EQ(rows[0].surprise, 0.7f);
}

}  // namespace
}  // namespace tandem
