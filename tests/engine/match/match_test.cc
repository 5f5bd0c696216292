#include "engine/match/match.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "engine/base/clock.h"
#include "engine/game/registry.h"
#include "engine/match/game_runner.h"
#include "engine/match/openings.h"
#include "engine/match/pool.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

const Game& TicTacToe() { return **FindGame("tic_tac_toe"); }
const Game& ConnectFour() { return **FindGame("connect_four"); }

// Plays the first legal move; goes wrong on purpose at the ply it is told.
class ScriptedAgent : public Agent {
 public:
  enum class Fault { kNone, kResetError, kActError, kIllegalMove, kObserveError };

  explicit ScriptedAgent(Fault fault = Fault::kNone, int ply = 0) : fault_(fault), fault_ply_(ply) {}

  const std::string& spec() const override { return spec_; }
  absl::Status Reset(const State& start, std::uint64_t) override {
    state_ = start.Clone();
    return fault_ == Fault::kResetError ? absl::InternalError("will not begin") : absl::OkStatus();
  }
  absl::Status Observe(Action action) override {
    state_->Apply(action);
    return fault_ == Fault::kObserveError ? absl::InternalError("did not see that") : absl::OkStatus();
  }
  absl::StatusOr<Decision> Act(const SearchLimits*, std::stop_token) override {
    ActionList legal;
    state_->LegalActions(legal);
    Decision decision{.action = legal[0], .search = {}, .value = {}};
    if (state_->Ply() < fault_ply_) return decision;
    if (fault_ == Fault::kActError) return absl::InternalError("out of ideas");
    if (fault_ == Fault::kIllegalMove) decision.action = 4242;
    return decision;
  }

 private:
  const std::string spec_ = "scripted";
  const Fault fault_;
  const int fault_ply_;
  std::unique_ptr<State> state_;
};

using Fault = ScriptedAgent::Fault;

AgentSource Source(const Game& game, std::string spec) {
  return [&game, spec = std::move(spec)] { return MakeAgent(game, spec); };
}

AgentSource Scripted(Fault fault = Fault::kNone, int ply = 0) {
  return [fault, ply]() -> absl::StatusOr<std::unique_ptr<Agent>> { return std::make_unique<ScriptedAgent>(fault, ply); };
}

TEST(GameRunnerTest, PlaysToTheEndAndCountsTheOpening) {
  ScriptedAgent first, second;
  const auto opening = RandomOpenings(TicTacToe(), 0, 1, 1).front();
  const auto game = PlayGame(TicTacToe(), opening, {&first, &second}, {});
  ASSERT_TRUE(game.ok());
  EXPECT_EQ(GameText(TicTacToe(), game->moves), "a1 b1 c1 a2 b2 c2 a3");  // first legal moves: the diagonal wins
  EXPECT_EQ(game->outcome, Outcome::kFirstWins);
  EXPECT_EQ(game->ending, Ending::kPlayed);
  EXPECT_EQ(game->use[0].moves, 4);
  EXPECT_EQ(game->use[1].moves, 3);
}

TEST(GameRunnerTest, ErrorsAndIllegalMovesForfeitTheGameAndSaySo) {
  const struct {
    Fault fault;
    const char* note;
  } cases[] = {{Fault::kResetError, "will not begin"},
               {Fault::kActError, "out of ideas"},
               {Fault::kIllegalMove, "illegal action 4242 at ply 2"},
               {Fault::kObserveError, "did not see that"}};
  for (const auto& c : cases) {
    for (int faulty = 0; faulty < 2; ++faulty) {
      ScriptedAgent good;
      ScriptedAgent bad(c.fault, faulty == 0 ? 2 : 3);
      const std::array<Agent*, 2> players = faulty == 0 ? std::array<Agent*, 2>{&bad, &good} : std::array<Agent*, 2>{&good, &bad};
      const auto game = PlayGame(TicTacToe(), {}, players, {});
      ASSERT_TRUE(game.ok());
      EXPECT_EQ(game->ending, Ending::kForfeit);
      EXPECT_EQ(game->forfeited_by, faulty);
      EXPECT_EQ(game->outcome, faulty == 0 ? Outcome::kSecondWins : Outcome::kFirstWins);
      const std::string note = faulty == 1 && c.fault == Fault::kIllegalMove ? "illegal action 4242 at ply 3" : c.note;
      EXPECT_NE(game->note.find(note), std::string::npos) << game->note;
    }
  }
}

TEST(GameRunnerTest, LongGamesAreAdjudicatedAsDraws) {
  ScriptedAgent first, second;
  GameRules rules;
  rules.max_plies = 5;
  const auto game = PlayGame(TicTacToe(), {}, {&first, &second}, rules);
  ASSERT_TRUE(game.ok());
  EXPECT_EQ(game->ending, Ending::kAdjudicated);
  EXPECT_EQ(game->outcome, Outcome::kDraw);
  EXPECT_EQ(game->moves.size(), 5u);
}

TEST(OpeningsTest, RandomOpeningsLeadToDifferentUnfinishedPositions) {
  for (int plies : {0, 1, 2, 3, 6}) {
    const auto openings = RandomOpenings(ConnectFour(), plies, 200, 5);
    std::set<std::pair<std::uint64_t, std::uint64_t>> keys;
    for (const Opening& opening : openings) {
      const auto state = OpeningState(ConnectFour(), opening);
      EXPECT_EQ(state->Ply(), plies);
      EXPECT_FALSE(state->IsTerminal());
      keys.emplace(state->Key().low, state->Key().high);
    }
    EXPECT_EQ(keys.size(), openings.size());
    const std::size_t expected[] = {1, 7, 49, 200, 200, 200, 200};
    EXPECT_EQ(openings.size(), expected[plies]) << plies;
  }
  EXPECT_TRUE(RandomOpenings(TicTacToe(), 9, 10, 1).empty());
  EXPECT_EQ(OpeningsHash(RandomOpenings(ConnectFour(), 4, 50, 5)), OpeningsHash(RandomOpenings(ConnectFour(), 4, 50, 5)));
  EXPECT_NE(OpeningsHash(RandomOpenings(ConnectFour(), 4, 50, 5)), OpeningsHash(RandomOpenings(ConnectFour(), 4, 50, 6)));
}

TEST(OpeningsTest, ChosenOpeningsAreAsShortAsTheirNumberAllows) {
  EXPECT_EQ(ChooseOpenings(ConnectFour(), 7, 1).front().moves.size(), 1u);
  EXPECT_EQ(ChooseOpenings(ConnectFour(), 40, 1).front().moves.size(), 2u);
  EXPECT_EQ(ChooseOpenings(ConnectFour(), 50, 1).front().moves.size(), 3u);
}

std::filesystem::path WriteFileForTest(const std::string& name, const std::string& content) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / name;
  std::ofstream(path) << content;
  return path;
}

TEST(OpeningsTest, FilesMayRunMovesTogetherOrHoldJson) {
  const auto path = WriteFileForTest("openings.txt", "# book\n4 4 3\n\n443\n{\"moves\":\"123\",\"cp\":1}\n");
  const auto openings = ReadOpenings(ConnectFour(), path);
  ASSERT_TRUE(openings.ok()) << openings.status();
  ASSERT_EQ(openings->size(), 3u);
  EXPECT_EQ((*openings)[0].text, "4 4 3");
  EXPECT_EQ((*openings)[1].moves, (*openings)[0].moves);
  EXPECT_EQ((*openings)[2].text, "1 2 3");
}

TEST(OpeningsTest, BadLinesAreNamedWithFileLineAndPly) {
  const auto illegal = ReadOpenings(ConnectFour(), WriteFileForTest("illegal.txt", "4\n4 9 1\n"));
  ASSERT_FALSE(illegal.ok());
  EXPECT_NE(std::string(illegal.status().message()).find("illegal.txt:2: ply 1"), std::string::npos) << illegal.status();
  const auto finished = ReadOpenings(ConnectFour(), WriteFileForTest("finished.txt", "1212121\n"));
  EXPECT_NE(std::string(finished.status().message()).find("ends the game"), std::string::npos) << finished.status();
  EXPECT_FALSE(ReadOpenings(ConnectFour(), WriteFileForTest("empty.txt", "\n")).ok());
  EXPECT_EQ(ReadOpenings(ConnectFour(), "/nowhere.txt").status().code(), absl::StatusCode::kNotFound);
}

MatchSettings Settings(const Game& game, int pairs, int threads) {
  MatchSettings settings;
  settings.pairs = pairs;
  settings.threads = threads;
  settings.openings = ChooseOpenings(game, pairs, 3);
  settings.seed = 11;
  return settings;
}

TEST(MatchTest, SameSeedSameGamesOnAnyNumberOfThreads) {
  const auto play = [&](int threads) {
    return *PlayMatch(ConnectFour(), Source(ConnectFour(), "uct:sims=20"), Source(ConnectFour(), "random"),
                      Settings(ConnectFour(), 12, threads));
  };
  const MatchReport one = play(1);
  const MatchReport three = play(3);
  EXPECT_EQ(one.num_games(), 24);
  EXPECT_EQ(one.pairs, three.pairs);
  EXPECT_EQ(one.games, three.games);
  ASSERT_EQ(one.record.size(), three.record.size());
  for (std::size_t i = 0; i < one.record.size(); ++i) EXPECT_EQ(one.record[i].moves, three.record[i].moves) << i;
  MatchSettings other = Settings(ConnectFour(), 12, 1);
  other.seed = 12;
  const auto different = PlayMatch(ConnectFour(), Source(ConnectFour(), "uct:sims=20"), Source(ConnectFour(), "random"), other);
  EXPECT_NE(different->record[0].moves, one.record[0].moves);
}

TEST(MatchTest, CountsAddUp) {
  const auto report = PlayMatch(TicTacToe(), Source(TicTacToe(), "solver"), Source(TicTacToe(), "random"), Settings(TicTacToe(), 20, 2));
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->num_games(), 40);
  EXPECT_EQ(report->num_pairs(), 20);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(report->games[i], report->as_first[i] + report->as_second[i]);
  EXPECT_GT(report->games[2], report->games[0]);
  std::int64_t half_points = 0;
  for (std::size_t i = 0; i < 5; ++i) half_points += static_cast<std::int64_t>(i) * report->pairs[i];
  EXPECT_EQ(half_points, 2 * report->games[2] + report->games[1]);
  EXPECT_LE(report->distinct_games, 40);
  // Both games of a pair begin with the same opening.
  for (std::size_t i = 0; i < report->record.size(); i += 2) {
    const auto& a = report->record[i];
    const auto& b = report->record[i + 1];
    EXPECT_TRUE(std::equal(a.moves.begin(), a.moves.begin() + a.opening_plies, b.moves.begin()));
  }
}

TEST(MatchTest, EqualDeterministicPlayersSplitEveryPairAndRepeatGames) {
  MatchSettings settings;
  settings.pairs = 3;
  const auto report = PlayMatch(TicTacToe(), Scripted(), Scripted(), settings);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->pairs, (Pentanomial{0, 0, 3, 0, 0}));
  EXPECT_EQ(report->drawn_pairs, 0);
  EXPECT_EQ(report->distinct_games, 1);
  EXPECT_EQ(report->as_first, (Trinomial{0, 0, 3}));
}

TEST(MatchTest, StopsAtTheVerdictOfTheSprtWhateverTheThreads) {
  for (int threads : {1, 3}) {
    MatchSettings settings = Settings(ConnectFour(), 500, threads);
    settings.openings = RandomOpenings(ConnectFour(), 2, 49, 1);
    settings.sprt = SprtHypotheses{0, 100};
    const auto report = PlayMatch(ConnectFour(), Source(ConnectFour(), "uct:sims=30"), Source(ConnectFour(), "random"), settings);
    ASSERT_TRUE(report.ok());
    ASSERT_TRUE(report->sprt.has_value());
    EXPECT_EQ(report->sprt->verdict, SprtVerdict::kAcceptH1);
    EXPECT_LT(report->num_pairs(), 100);
    static std::int64_t pairs_of_one_thread = report->num_pairs();
    EXPECT_EQ(report->num_pairs(), pairs_of_one_thread);
  }
}

TEST(MatchTest, ForfeitsAreCountedAndTold) {
  MatchSettings settings;
  settings.pairs = 2;
  const auto report = PlayMatch(TicTacToe(), Scripted(), Scripted(Fault::kIllegalMove), settings);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->forfeits_b, 4);
  EXPECT_EQ(report->forfeits_a, 0);
  EXPECT_EQ(report->pairs[4], 2);
  ASSERT_EQ(report->notes.size(), 4u);
  EXPECT_EQ(report->notes[0], "game 1: b forfeits: illegal action 4242 at ply 1");
}

TEST(MatchTest, AnAgentThatCanNotBeMadeEndsTheMatchWithItsError) {
  const auto report = PlayMatch(TicTacToe(), Source(TicTacToe(), "random"), Source(TicTacToe(), "nobody"), Settings(TicTacToe(), 4, 2));
  ASSERT_FALSE(report.ok());
  EXPECT_NE(std::string(report.status().message()).find("player b: agent 'nobody'"), std::string::npos);
}

TEST(MatchTest, AStoppedMatchReportsWhatWasFinished) {
  std::stop_source stop;
  MatchSettings settings = Settings(TicTacToe(), 50, 1);
  settings.progress = [&](const MatchReport& report) {
    if (report.num_pairs() == 5) stop.request_stop();
  };
  const auto report = PlayMatch(TicTacToe(), Source(TicTacToe(), "random"), Source(TicTacToe(), "random"), settings, stop.get_token());
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->num_pairs(), 5);
}

TEST(PoolTest, PlaysEveryPairingInRoundsAndRanksThePlayers) {
  PoolSettings settings;
  settings.pairings = {{1, 0}, {2, 1}, {2, 0}};
  settings.pairs = 6;
  settings.openings = ChooseOpenings(TicTacToe(), 6, 1);
  const std::vector<AgentSource> players = {Source(TicTacToe(), "random"), Source(TicTacToe(), "uct:sims=10"),
                                            Source(TicTacToe(), "solver")};
  const auto result = PlayPool(TicTacToe(), players, settings);
  ASSERT_TRUE(result.ok());
  for (const Pairing& pairing : result->pairings) {
    std::int64_t pairs = 0;
    for (const std::int64_t count : pairing.pairs) pairs += count;
    EXPECT_EQ(pairs, 6);
  }
  const auto ratings = RatingPool::Fit(3, result->pairings, {});
  EXPECT_GT(ratings->ratings()[2].elo, ratings->ratings()[0].elo + 100);

  int asked = 0;
  settings.may_go_on = [&] { return ++asked <= 1; };
  const auto cut = PlayPool(TicTacToe(), players, settings);
  EXPECT_EQ(cut->games[0][0] + cut->games[0][1] + cut->games[0][2], 8);  // the first round and one turn of the second
  EXPECT_EQ(cut->games[1][0] + cut->games[1][1] + cut->games[1][2], 4);
}

}  // namespace
}  // namespace tandem
