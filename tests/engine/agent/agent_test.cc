#include "engine/agent/agent.h"

#include <memory>
#include <set>
#include <string>

#include "engine/agent/registry.h"
#include "engine/base/rng.h"
#include "engine/game/registry.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

const Game& TicTacToe() { return **FindGame("tic_tac_toe"); }

std::string ErrorOf(const std::string& spec) {
  const auto agent = MakeAgent(TicTacToe(), spec);
  return agent.ok() ? "" : std::string(agent.status().message());
}

TEST(AgentSpecTest, CanonicalFormSortsKeysAndQuotesWhatNeedsIt) {
  const auto spec = ParseAgentSpec("puct:sims=800,run=\"my runs/a,b \\\"x\\\"\"");
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->name, "puct");
  EXPECT_EQ(spec->options.at("run"), "my runs/a,b \"x\"");
  EXPECT_EQ(spec->Canonical(), "puct:run=\"my runs/a,b \\\"x\\\"\",sims=800");
  EXPECT_EQ(ParseAgentSpec(spec->Canonical())->Canonical(), spec->Canonical());
  EXPECT_EQ(ParseAgentSpec("random")->Canonical(), "random");
}

TEST(AgentSpecTest, IllFormedSpecsAreRefusedWithThePlace) {
  for (const char* text : {"", ":", "puct:", "puct:run", "puct:run=", "puct:=x", "puct:run=a b", "puct:run=\"a", "puct:run=a,,b=c",
                           "puct:run=\"a\"b", "pu ct", "puct:run=a,run=b"}) {
    const auto spec = ParseAgentSpec(text);
    ASSERT_FALSE(spec.ok()) << text;
    EXPECT_EQ(spec.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(std::string(spec.status().message()).find(std::string("'") + text + "'"), std::string::npos) << spec.status();
  }
}

TEST(AgentSpecTest, RandomBytesNeverCrashAndCanonicalFormsReadBack) {
  Rng rng(5);
  const std::string letters = "abc:=,\"\\ 1_";
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (std::uint32_t n = rng.Below(14); n > 0; --n) text += letters[rng.Below(static_cast<std::uint32_t>(letters.size()))];
    const auto spec = ParseAgentSpec(text);
    if (!spec.ok()) continue;
    const auto again = ParseAgentSpec(spec->Canonical());
    ASSERT_TRUE(again.ok()) << text;
    EXPECT_EQ(again->options, spec->options) << text;
  }
}

TEST(AgentTest, ErrorsListWhatExists) {
  EXPECT_NE(ErrorOf("stockfish").find("expected one of gtp, gumbel, net, puct, random, solver, uci, uct, value"), std::string::npos)
      << ErrorOf("stockfish");
  EXPECT_NE(ErrorOf("random:x=1").find("unknown key 'x'"), std::string::npos);
  EXPECT_NE(ErrorOf("uct:simz=5").find("expected one of c, sims, time"), std::string::npos) << ErrorOf("uct:simz=5");
  EXPECT_NE(ErrorOf("uct:sims=0").find("sims=0: expected an integer"), std::string::npos);
  EXPECT_NE(ErrorOf("puct:evaluator=uniform,cpuct=-1").find("cpuct"), std::string::npos);
  EXPECT_NE(ErrorOf("puct:evaluator=uniform,nonsense=1").find("cpuct, cpuct_base"), std::string::npos);
  EXPECT_NE(ErrorOf("net").find("run=DIR or weights=FILE"), std::string::npos);
  EXPECT_NE(ErrorOf("net:run=/nowhere").find("/nowhere"), std::string::npos);
  EXPECT_NE(ErrorOf("net:weights=/nowhere").find("/nowhere"), std::string::npos);
  EXPECT_NE(ErrorOf("net:run=/nowhere,precision=fp7").find("fp7"), std::string::npos);
}

TEST(AgentTest, CanonicalSpecsLeaveDefaultsOut) {
  const auto canonical = [](const std::string& spec) { return (*MakeAgent(TicTacToe(), spec))->spec(); };
  EXPECT_EQ(canonical("uct:sims=1000"), "uct");
  EXPECT_EQ(canonical("uct:c=1.5,sims=50"), "uct:c=1.5,sims=50");
  EXPECT_EQ(canonical("puct:sims=16,batch=1,evaluator=uniform,cpuct=1.0,prove=false"),
            "puct:batch=1,evaluator=uniform,prove=false,sims=16");
  EXPECT_EQ(canonical("gumbel:evaluator=rollout,sims=400"), "gumbel:evaluator=rollout");
  EXPECT_EQ(canonical("solver"), "solver");
}

// Moves of one agent against itself.
std::string SelfGame(const std::string& spec, std::uint64_t seed) {
  const auto agent = MakeAgent(TicTacToe(), spec);
  if (!agent.ok()) return std::string(agent.status().message());
  const std::unique_ptr<State> state = TicTacToe().NewState();
  EXPECT_TRUE((*agent)->Reset(*state, seed).ok());
  std::string moves;
  while (!state->IsTerminal()) {
    const auto decision = (*agent)->Act();
    if (!decision.ok()) return std::string(decision.status().message());
    ActionList legal;
    state->LegalActions(legal);
    EXPECT_GE(legal.Find(decision->action), 0);
    moves += state->ActionText(decision->action) + " ";
    state->Apply(decision->action);
    if (state->IsTerminal()) break;
    EXPECT_TRUE((*agent)->Observe(decision->action).ok());
  }
  return moves;
}

TEST(AgentTest, EveryKindPlaysLegalGamesThatItsSeedRepeats) {
  for (const char* spec : {"random", "uct:sims=60", "solver", "puct:evaluator=uniform,sims=40", "puct:evaluator=rollout,sims=40",
                           "gumbel:evaluator=uniform,sims=16"}) {
    EXPECT_EQ(SelfGame(spec, 3), SelfGame(spec, 3)) << spec;
  }
  std::set<std::string> games;
  for (std::uint64_t seed = 0; seed < 8; ++seed) games.insert(SelfGame("random", seed));
  EXPECT_GE(games.size(), 7u);
}

TEST(AgentTest, TheSolverDrawsTicTacToeWithItself) {
  const std::string moves = SelfGame("solver", 1);
  EXPECT_EQ(moves.size(), 9 * 3) << moves;
}

TEST(AgentTest, LimitsOfTheCallReplaceThoseOfTheSpec) {
  const auto agent = MakeAgent(TicTacToe(), "puct:evaluator=uniform,sims=40,prove=false");
  ASSERT_TRUE(agent.ok());
  ASSERT_TRUE((*agent)->Reset(*TicTacToe().NewState(), 1).ok());
  SearchLimits limits;
  limits.simulations = 7;
  const auto decision = (*agent)->Act(&limits);
  ASSERT_TRUE(decision.ok());
  ASSERT_TRUE(decision->search.has_value());
  EXPECT_EQ(decision->search->simulations, 7);
}

TEST(AgentTest, HelpHasALineForEachKind) {
  const std::string help = AgentHelp();
  for (const AgentKind& kind : RegisteredAgents()) EXPECT_NE(help.find(kind.example), std::string::npos);
}

}  // namespace
}  // namespace tandem
