#include "tools/commands/analyze_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/game/registry.h"

namespace tandem {
namespace {

using testing::HasSubstr;

// a1 is the network's move; the search prefers b1.
Decision TwoMoves(std::int64_t network_visits) {
  SearchResult search;
  search.action = 1;
  for (Action action = 0; action < 9; ++action) {
    MoveStats& move = search.moves.emplace_back();
    move.action = action;
    move.prior = action == 0 ? 0.6f : 0.05f;
    move.visits = action == 0 ? network_visits : action == 1 ? 90 : 0;
    move.q = action == 0 ? -0.2f : 0.4f;
    move.pv = {action};
  }
  search.moves[1].pv = {1, 0, 4};
  search.ranking = {1, 0, 2, 3, 4, 5, 6, 7, 8};
  Decision decision;
  decision.action = 1;
  decision.search = search;
  return decision;
}

TEST(AnalyzeReportTest, TheNetworksMoveIsShownBesideTheSearchsWithWhatItLoses) {
  const std::unique_ptr<State> state = (*FindGame("tic_tac_toe"))->NewState();
  const Analysis analysis = Analyze(*state, TwoMoves(10), 5);
  ASSERT_EQ(analysis.best.size(), 2u);  // moves without a visit are not lines
  EXPECT_EQ(analysis.best[0].move, "b1");
  EXPECT_EQ(analysis.best[0].line, "b1 a1 b2");
  EXPECT_NEAR(analysis.best[0].score, 0.7, 1e-6);
  EXPECT_EQ(analysis.network_move, "a1");
  EXPECT_TRUE(analysis.differs);
  EXPECT_NEAR(analysis.network_loss, 0.3, 1e-6);
  EXPECT_THAT(AnalysisText(analysis, "x:1"), HasSubstr("DIFFERS: loses 30.0 % of a win"));
  EXPECT_EQ(AnalysisJson(analysis, "x:1").at("differs").as_bool(), true);
}

TEST(AnalyzeReportTest, AMoveThatWasNeverTriedHasNoKnownLoss) {
  const std::unique_ptr<State> state = (*FindGame("tic_tac_toe"))->NewState();
  const Analysis analysis = Analyze(*state, TwoMoves(0), 1);
  EXPECT_EQ(analysis.best.size(), 1u);
  EXPECT_FALSE(analysis.network_visited);
  EXPECT_THAT(AnalysisText(analysis, "x"), HasSubstr("never tried"));
  EXPECT_FALSE(AnalysisJson(analysis, "x").contains("network_loss"));
}

TEST(AnalyzeReportTest, EqualPriorsAreNoNetworksOpinion) {
  const std::unique_ptr<State> state = (*FindGame("tic_tac_toe"))->NewState();
  Decision decision = TwoMoves(10);
  for (MoveStats& move : decision.search->moves) move.prior = 1.0f / 9;
  const Analysis analysis = Analyze(*state, decision, 1);
  EXPECT_EQ(analysis.network_move, "");
  EXPECT_EQ(AnalysisText(analysis, "x").find("network"), std::string::npos);
}

TEST(AnalyzeReportTest, AnAgentWithoutASearchNamesItsMove) {
  const std::unique_ptr<State> state = (*FindGame("tic_tac_toe"))->NewState();
  Decision decision;
  decision.action = 4;
  const Analysis analysis = Analyze(*state, decision, 3);
  EXPECT_FALSE(analysis.searched);
  EXPECT_EQ(analysis.best[0].move, "b2");
}

}  // namespace
}  // namespace tandem
