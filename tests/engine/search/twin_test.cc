// The fast search against its slow twin: equal visit counts for all moves, over toy trees and real games.
#include <vector>

#include "engine/game/registry.h"
#include "gtest/gtest.h"
#include "tests/engine/search/naive_puct.h"
#include "tests/engine/search/search_driver.h"
#include "tests/toys/scripted_evaluator.h"
#include "tests/toys/toy_games.h"

namespace tandem {
namespace {

void ExpectSameSearch(const State& root, const Game& game, const SearchConfig& config, Evaluator& evaluator, int simulations) {
  const std::unique_ptr<TreeSearch> search = NewTreeSearch(game, config);
  SearchRun run = Simulations(simulations);
  run.limits.stop_when_decided = config.prove();
  const SearchResult fast = RunSearch(*search, evaluator, root, run);
  NaivePuct slow(config, evaluator, root);
  slow.Run(static_cast<int>(fast.simulations));
  EXPECT_EQ(Visits(fast), slow.RootVisits()) << root.ToText();
  if (fast.proven == Proven::kNo) {
    EXPECT_NEAR(fast.root_value, slow.RootValue(), 1e-6) << root.ToText();
  }
}

std::vector<SearchConfig> Configs() {
  std::vector<SearchConfig> configs(4);
  configs[1].set_prove(false);
  configs[2].set_cpuct(3);
  configs[2].set_cpuct_log(0);
  configs[2].set_fpu_reduction(0);
  configs[2].set_fpu_reduction_root(0.5);
  configs[3].set_cpuct_base(20);
  configs[3].set_prove(false);
  return configs;
}

TEST(Twin, VisitsTheSameMovesOfRandomTrees) {
  Rng rng(3);
  for (int i = 0; i < 150; ++i) {
    const ToyGame game = ToyGame::Random(rng, 6, 4);
    if (game.NewState()->IsTerminal()) continue;
    const std::unique_ptr<ScriptedEvaluator> evaluator = NewHashEvaluator(static_cast<std::uint64_t>(i));
    for (const SearchConfig& config : Configs()) ExpectSameSearch(*game.NewState(), game, config, *evaluator, 200);
  }
}

TEST(Twin, VisitsTheSameMovesOfRealGames) {
  Rng rng(4);
  for (const char* spec : {"tic_tac_toe", "connect_four", "othello:size=6"}) {
    const Game& game = **FindGame(spec);
    for (int i = 0; i < 8; ++i) {
      const std::unique_ptr<State> state = game.NewState();
      for (int ply = 0; ply < i && !state->IsTerminal(); ++ply) {
        ActionList legal;
        state->LegalActions(legal);
        state->Apply(legal[static_cast<int>(rng.Below(static_cast<std::uint32_t>(legal.size())))]);
      }
      if (state->IsTerminal()) continue;
      const std::unique_ptr<ScriptedEvaluator> evaluator = NewHashEvaluator(static_cast<std::uint64_t>(i));
      for (const SearchConfig& config : Configs()) ExpectSameSearch(*state, game, config, *evaluator, 500);
    }
  }
}

// With equal priors and values only the order of ties decides.
TEST(Twin, BreaksTiesAlike) {
  const Game& game = **FindGame("connect_four");
  const std::unique_ptr<ScriptedEvaluator> evaluator = NewTableEvaluator({});
  for (const SearchConfig& config : Configs()) ExpectSameSearch(*game.NewState(), game, config, *evaluator, 1000);
}

}  // namespace
}  // namespace tandem
