#include "engine/search/tree_planner.h"

#include <atomic>
#include <thread>

#include "engine/game/registry.h"
#include "engine/search/time.h"
#include "gtest/gtest.h"
#include "tests/toys/scripted_evaluator.h"
#include "tests/toys/toy_games.h"

namespace tandem {
namespace {

// An evaluator during whose calls `step` passes on the clock.
std::unique_ptr<Evaluator> SlowEvaluator(FakeClock& clock, absl::Duration step) {
  return std::make_unique<ScriptedEvaluator>([&clock, step](const EvalRequest& request) {
    HashOpinion(1, request);
    clock.Advance(step);
  });
}

// Fails while `broken` says so, after its first ten batches.
class FailingEvaluator final : public Evaluator {
 public:
  explicit FailingEvaluator(const std::atomic<bool>* broken) : broken_(broken) {}
  absl::Status Evaluate(std::span<EvalRequest> batch) override {
    if (broken_ != nullptr && *broken_ && ++calls_ > 10) return absl::DataLossError("not finite");
    return inner_->Evaluate(batch);
  }
  EvalCounters counters() const override { return inner_->counters(); }
  std::string id() const override { return "failing"; }

 private:
  const std::atomic<bool>* const broken_;
  const std::unique_ptr<Evaluator> inner_ = NewHashEvaluator(1);
  int calls_ = 0;
};

SearchConfig BatchOf(int batch) {
  SearchConfig config;
  config.set_batch(batch);
  return config;
}

class TreePlannerTest : public testing::Test {
 protected:
  const Game& game_ = **FindGame("connect_four");
  const std::unique_ptr<State> root_ = game_.NewState();
  FakeClock clock_;
  Rng rng_{1};
};

TEST_F(TreePlannerTest, UsesTheConfiguredSimulationsWhenNoLimitIsGiven) {
  SearchConfig config = BatchOf(8);
  config.set_simulations(77);
  const auto planner = NewTreePlanner(game_, config, NewHashEvaluator(1));
  const SearchResult result = *planner->Plan(*root_, {}, rng_, {}, nullptr);
  EXPECT_EQ(result.simulations, 77);
}

TEST_F(TreePlannerTest, StopsWhenTheTimeIsOver) {
  const auto planner = NewTreePlanner(game_, BatchOf(1), SlowEvaluator(clock_, absl::Milliseconds(10)), clock_);
  SearchLimits limits;
  limits.time = absl::Milliseconds(100);
  EXPECT_EQ(planner->Plan(*root_, limits, rng_, {}, nullptr)->simulations, 10);
}

TEST_F(TreePlannerTest, MakesOneSimulationEvenWithoutAnyTime) {
  const auto planner = NewTreePlanner(game_, BatchOf(8), SlowEvaluator(clock_, absl::Milliseconds(10)), clock_);
  SearchLimits limits;
  limits.time = absl::ZeroDuration();
  const SearchResult result = *planner->Plan(*root_, limits, rng_, {}, nullptr);
  EXPECT_EQ(result.simulations, 1);
  EXPECT_NE(result.action, kNoAction);
}

TEST_F(TreePlannerTest, ReportsAboutTenTimesASecondAndAtTheEnd) {
  const auto planner = NewTreePlanner(game_, BatchOf(1), SlowEvaluator(clock_, absl::Milliseconds(10)), clock_);
  SearchLimits limits;
  limits.time = absl::Milliseconds(1050);
  int reports = 0;
  (void)planner->Plan(*root_, limits, rng_, {}, [&](const SearchResult&) { ++reports; });
  EXPECT_EQ(reports, 11);
}

TEST_F(TreePlannerTest, AStopRequestEndsAnInfiniteSearch) {
  const auto planner = NewTreePlanner(game_, BatchOf(4), SlowEvaluator(clock_, absl::Milliseconds(10)), clock_);
  SearchLimits limits;
  limits.infinite = true;
  limits.simulations = 3;  // means nothing beside infinite
  std::stop_source stop;
  int reports = 0;
  const SearchResult result = *planner->Plan(*root_, limits, rng_, stop.get_token(), [&](const SearchResult&) {
    if (++reports == 3) stop.request_stop();
  });
  EXPECT_GE(result.simulations, 25);
}

TEST_F(TreePlannerTest, AnInfiniteSearchOfADecidedPositionSleepsUntilItIsStopped) {
  const ToyGame game({{{1, 2}}, {{}, Outcome::kFirstWins}, {{}, Outcome::kDraw}});
  const auto planner = NewTreePlanner(game, BatchOf(1), NewTableEvaluator({}));
  SearchLimits limits;
  limits.infinite = true;
  std::stop_source stop;
  std::jthread stopper;
  const SearchResult result = *planner->Plan(*game.NewState(), limits, rng_, stop.get_token(), [&](const SearchResult& report) {
    EXPECT_EQ(report.proven, Proven::kWin);
    if (!stopper.joinable()) stopper = std::jthread([&stop] { stop.request_stop(); });
  });
  EXPECT_TRUE(stop.stop_requested());
  EXPECT_EQ(result.action, 0);
  EXPECT_LE(result.simulations, 3);
}

TEST_F(TreePlannerTest, HandsOnTheEvaluatorsErrorAndWorksAfterwards) {
  auto evaluator = NewHashEvaluator(1);
  ScriptedEvaluator& scripted = *evaluator;
  const auto planner = NewTreePlanner(game_, BatchOf(8), std::move(evaluator));
  SearchLimits limits;
  limits.simulations = 100;
  (void)planner->Plan(*root_, limits, rng_, {}, nullptr);
  scripted.next_error = absl::DataLossError("network gave NaN");
  const std::unique_ptr<State> next = root_->Clone();
  next->Apply(3);
  EXPECT_EQ(planner->Plan(*next, limits, rng_, {}, nullptr).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(planner->Plan(*next, limits, rng_, {}, nullptr)->simulations, 100);
}

TEST_F(TreePlannerTest, ForgetsTheTreeForANewGame) {
  const auto planner = NewTreePlanner(game_, BatchOf(1), NewHashEvaluator(1));
  SearchLimits limits;
  limits.simulations = 100;
  (void)planner->Plan(*root_, limits, rng_, {}, nullptr);
  EXPECT_EQ(planner->Plan(*root_, limits, rng_, {}, nullptr)->tree_visits, 200);
  planner->NewGame();
  EXPECT_EQ(planner->Plan(*root_, limits, rng_, {}, nullptr)->tree_visits, 100);
}

TEST(MoveTime, FollowsItsFormula) {
  using absl::Milliseconds;
  using absl::Seconds;
  EXPECT_EQ(MoveTime({.remaining = Seconds(50), .overhead = Seconds(0)}), Seconds(2));
  EXPECT_EQ(MoveTime({.remaining = Seconds(50), .increment = Seconds(1)}), Seconds(2) + Milliseconds(750));
  EXPECT_EQ(MoveTime({.remaining = Seconds(41), .moves_to_go = 10, .overhead = Seconds(1)}), Seconds(4));
  EXPECT_EQ(MoveTime({.remaining = Seconds(3), .moves_to_go = 1, .overhead = Seconds(1)}), Seconds(2));
  EXPECT_EQ(MoveTime({.remaining = Seconds(2), .increment = Seconds(10)}), Seconds(1));
  EXPECT_EQ(MoveTime({}), absl::InfiniteDuration());
}

TEST(MoveTime, IsNeverNegativeAndNeverMoreThanTheClockHas) {
  for (const int ms : {-1000, 0, 1, 5, 100, 60000}) {
    for (const int increment : {0, 1, 5000}) {
      for (const int moves : {0, 1, 2, 40}) {
        for (const int overhead : {0, 10, 1000}) {
          const absl::Duration time = MoveTime({.remaining = absl::Milliseconds(ms),
                                                .increment = absl::Milliseconds(increment),
                                                .moves_to_go = moves,
                                                .overhead = absl::Milliseconds(overhead)});
          EXPECT_GE(time, absl::ZeroDuration());
          EXPECT_LE(time, absl::Milliseconds(std::max(0, ms - overhead)));
        }
      }
    }
  }
}

std::vector<std::unique_ptr<Evaluator>> HashEvaluators(int count) {
  std::vector<std::unique_ptr<Evaluator>> evaluators;
  for (int i = 0; i < count; ++i) evaluators.push_back(NewHashEvaluator(1));
  return evaluators;
}

TEST_F(TreePlannerTest, SeveralThreadsMakeExactlyTheSimulationsTheyAreGiven) {
  for (const auto algorithm : {SearchConfig::PUCT, SearchConfig::GUMBEL}) {
    for (const int batch : {1, 8, 64}) {
      SearchConfig config = BatchOf(batch);
      config.set_algorithm(algorithm);
      const auto planner = NewTreePlanner(game_, config, HashEvaluators(3));
      const std::unique_ptr<State> state = game_.NewState();
      for (const std::int64_t simulations : {1, 2, 20, 3000}) {
        SearchLimits limits;
        limits.simulations = simulations;
        const SearchResult result = *planner->Plan(*state, limits, rng_, {}, nullptr);
        EXPECT_EQ(result.simulations, simulations);
        std::int64_t visits = 1;
        for (const MoveStats& move : result.moves) visits += move.visits;
        EXPECT_EQ(visits, result.tree_visits);
        state->Apply(result.action);  // and on with the subtree
      }
    }
  }
}

TEST_F(TreePlannerTest, SeveralThreadsFindWhatOneFinds) {
  // First player wins at once by 1; everything else loses.
  const ToyGame game({{{1, 2, 3}},
                      {{4, 5}},
                      {{}, Outcome::kFirstWins},
                      {{6}},
                      {{}, Outcome::kSecondWins},
                      {{}, Outcome::kDraw},
                      {{}, Outcome::kSecondWins}});
  for (int round = 0; round < 50; ++round) {
    const auto planner = NewTreePlanner(game, BatchOf(2), HashEvaluators(4));
    SearchLimits limits;
    limits.simulations = 200;
    const SearchResult result = *planner->Plan(*game.NewState(), limits, rng_, {}, nullptr);
    EXPECT_EQ(result.action, 1);
    EXPECT_EQ(result.proven, Proven::kWin);
  }
}

TEST_F(TreePlannerTest, SeveralThreadsEndByStopTokenAndReportFromTheCallersThread) {
  const auto planner = NewTreePlanner(game_, BatchOf(8), HashEvaluators(2), clock_);
  SearchLimits limits;
  limits.infinite = true;
  std::stop_source stop;
  const auto caller = std::this_thread::get_id();
  std::jthread stopper([&] {
    while (!stop.stop_requested()) {
      clock_.Advance(absl::Milliseconds(1));
      std::this_thread::yield();
    }
  });
  int reports = 0;
  const SearchResult result = *planner->Plan(*root_, limits, rng_, stop.get_token(), [&](const SearchResult& report) {
    EXPECT_EQ(std::this_thread::get_id(), caller);
    EXPECT_EQ(report.moves.size(), 7u);
    if (++reports == 5) stop.request_stop();
  });
  EXPECT_GT(result.simulations, 5);
}

TEST_F(TreePlannerTest, AnErrorInAnyThreadEndsTheSearchAndTheTreeStaysUsable) {
  for (int failing = 0; failing < 3; ++failing) {
    std::vector<std::unique_ptr<Evaluator>> evaluators;
    std::atomic<bool> broken{true};
    for (int i = 0; i < 3; ++i) {
      auto evaluator = std::make_unique<FailingEvaluator>(i == failing ? &broken : nullptr);
      evaluators.push_back(std::move(evaluator));
    }
    const auto planner = NewTreePlanner(game_, BatchOf(4), std::move(evaluators));
    SearchLimits limits;
    limits.infinite = true;
    const auto failed = planner->Plan(*root_, limits, rng_, {}, nullptr);
    EXPECT_EQ(failed.status().code(), absl::StatusCode::kDataLoss);
    broken = false;
    limits = {};
    limits.simulations = 500;
    const auto result = planner->Plan(*root_, limits, rng_, {}, nullptr);
    ASSERT_TRUE(result.ok());
    EXPECT_EQ(result->simulations, 500);
  }
}

}  // namespace
}  // namespace tandem
