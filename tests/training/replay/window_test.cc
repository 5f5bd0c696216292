// The window: how large it is, what leaves it, how often each row is drawn, and that a drawn row is the position it claims to be.
#include "training/replay/window.h"

#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <vector>

#include "tests/selfplay/record/random_record.h"
#include "training/replay/stored_game.h"

namespace tandem {
namespace {

ReplayConfig SmallWindow(std::int64_t rows) {
  ReplayConfig config;
  config.set_window_rows_min(rows);
  config.set_window_slope(0);
  return config;
}

LearnerConfig Learner(double surprise_share = 0) {
  LearnerConfig config;
  config.set_policy_surprise(surprise_share);
  config.set_root_value_share(0);
  return config;
}

TEST(WindowRowsTest, FollowsThePowerLaw) {
  ReplayConfig config;  // c = 20,000, alpha = 0.75, beta = 0.4
  EXPECT_EQ(WindowRows(config, 0), 20000);
  EXPECT_EQ(WindowRows(config, 20000), 20000);
  // 20000 (1 + 0.4 (10^0.75 - 1) / 0.75) = 20000 x 3.4658...
  EXPECT_NEAR(static_cast<double>(WindowRows(config, 200000)), 69316, 3);
  // 20000 (1 + 0.4 (100^0.75 - 1) / 0.75)
  EXPECT_NEAR(static_cast<double>(WindowRows(config, 2000000)), 346643, 3);
}

TEST(WindowTest, EvictsTheOldestGamesWhole) {
  const Game& game = GameNamed("tic_tac_toe");
  const auto window = NewReplayWindow(game, SmallWindow(50), Learner());
  std::int64_t total = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const GameRecord record = RandomRecord(game, seed, 1);
    ASSERT_TRUE(window->Add(record).ok());
    total += record.turns_size();
    EXPECT_EQ(window->total_rows(), total);
    EXPECT_EQ(window->games(), static_cast<std::int64_t>(seed) + 1);
    if (total >= 50) {
      EXPECT_GE(window->rows(), 50);
      EXPECT_LT(window->rows(), 50 + 9);
    }
  }
  Rng rng(1);
  TrainingBatch batch;
  ASSERT_TRUE(window->Sample(256, rng, &batch).ok());
  EXPECT_GT(batch.mean_age_rows, 15);
  EXPECT_LT(batch.mean_age_rows, 35);
}

TEST(WindowTest, RefusesALieAndStaysAsItWas) {
  const Game& game = GameNamed("tic_tac_toe");
  const auto window = NewReplayWindow(game, SmallWindow(50), Learner());
  GameRecord record = RandomRecord(game, 1, 1);
  record.set_result(record.result() == 1 ? -1 : 1);
  EXPECT_FALSE(window->Add(record).ok());
  EXPECT_FALSE(window->Add(RandomRecord(GameNamed("connect_four"), 1)).ok());
  EXPECT_EQ(window->games(), 0);
  EXPECT_EQ(window->total_rows(), 0);
}

TEST(WindowTest, AnEmptyWindowSaysSo) {
  const auto window = NewReplayWindow(GameNamed("tic_tac_toe"), SmallWindow(50), Learner());
  Rng rng(1);
  TrainingBatch batch;
  EXPECT_EQ(window->Sample(4, rng, &batch).code(), absl::StatusCode::kFailedPrecondition);
  ASSERT_TRUE(window->Add(RandomRecord(GameNamed("tic_tac_toe"), 1, 0)).ok());  // cheap turns only: no row
  EXPECT_EQ(window->Sample(4, rng, &batch).code(), absl::StatusCode::kFailedPrecondition);
}

// Shares of rows by moves_left, which names the row of a single game.
std::map<int, double> DrawShares(const ReplayWindow& window, int draws) {
  Rng rng(11);
  TrainingBatch batch;
  EXPECT_TRUE(window.Sample(draws, rng, &batch).ok());
  std::map<int, double> shares;
  for (const float left : batch.moves_left) shares[static_cast<int>(left)] += 1.0 / draws;
  return shares;
}

TEST(WindowTest, RowsAreDrawnByTheirSurprise) {
  const Game& game = GameNamed("tic_tac_toe");
  GameRecord record = RecordOf(game, "a1 a2 b1 b2 c1");
  const std::vector<float> kl = {0.1f, 0, 0.3f, 0.4f, 0.2f};
  for (int i = 0; i < 5; ++i) record.mutable_turns(i)->set_prior_kl(kl[i]);
  const auto uniform = NewReplayWindow(game, SmallWindow(50), Learner(0));
  const auto half = NewReplayWindow(game, SmallWindow(50), Learner(0.5));
  ASSERT_TRUE(uniform->Add(record).ok());
  ASSERT_TRUE(half->Add(record).ok());
  auto uniform_shares = DrawShares(*uniform, 20000), half_shares = DrawShares(*half, 20000);
  for (int i = 0; i < 5; ++i) {
    EXPECT_NEAR(uniform_shares[5 - i], 0.2, 0.015);
    // (1 - s) + s kl / mean kl, mean kl = 0.2, over five rows.
    EXPECT_NEAR(half_shares[5 - i], 0.2 * (0.5 + 0.5 * kl[i] / 0.2), 0.015) << i;
  }
}

// The start position under a symmetry. Only Othello's changes: half of the board's symmetries swap the colours of its four discs.
std::unique_ptr<State> TransformedStart(const Game& game, const Symmetry& symmetry) {
  const GameFacts& facts = game.facts();
  auto state = game.NewState();
  std::vector<float> planes(static_cast<std::size_t>(facts.cells() * facts.num_planes)), moved(planes.size());
  state->WritePlanes(planes);
  for (std::size_t i = 0; i < planes.size(); ++i) {
    moved[symmetry.cell[i / facts.num_planes] * facts.num_planes + i % facts.num_planes] = planes[i];
  }
  if (planes == moved) return state;
  std::string text = state->ToText();
  for (char& c : text) {
    if (c == ' ') break;
    c = c == 'x' ? 'o' : c == 'o' ? 'x' : c;
  }
  return game.StateFromText(text).value();
}

// Every drawn row must equal a position of the game, transformed by a symmetry of the rules: played move by move through the symmetry's map
// of actions, and then written by the game itself.
void ExpectRowsAreTransformedPositions(const std::string& spec, std::uint64_t seed) {
  const Game& game = GameNamed(spec);
  const GameFacts& facts = game.facts();
  const GameRecord record = RandomRecord(game, seed, 1);
  const StoredGame stored(game, record, 0);
  const auto initial = game.NewState();
  StoredGame::Scratch scratch;
  scratch.state = game.NewState();
  TrainingBatch batch;
  ResizeBatch(facts, 1, &batch);
  for (const Symmetry& symmetry : game.symmetries()) {
    const auto state = TransformedStart(game, symmetry);
    int row = 0;
    for (int ply = 0; ply < record.moves_size(); ++ply) {
      if (ply >= static_cast<int>(record.opening_plies())) {
        ResizeBatch(facts, 1, &batch);
        stored.Encode(game, *initial, row, symmetry, 0, &scratch, &batch);
        std::vector<float> planes(batch.planes.size());
        state->WritePlanes(planes);
        ASSERT_EQ(batch.planes, planes) << spec << " ply " << ply;
        ActionList legal;
        state->LegalActions(legal);
        std::vector<float> mask(static_cast<std::size_t>(facts.num_actions), 0);
        for (const Action action : legal) mask[action] = 1;
        ASSERT_EQ(batch.legal, mask) << spec << " ply " << ply;
        const Turn& turn = record.turns(row);
        double total = 0, sum = 0;
        for (const std::uint32_t visits : turn.visits()) total += visits;
        for (int i = 0; i < turn.visits_size(); ++i) {
          EXPECT_NEAR(batch.policy[symmetry.action[turn.visit_actions(i)]], turn.visits(i) / total, 1e-4);
        }
        for (const float p : batch.policy) sum += p;
        EXPECT_NEAR(sum, 1, 1e-5);
        EXPECT_EQ(batch.wdl[0] - batch.wdl[2], SwitchView(record.result(), state->ToMove()));
        ++row;
      }
      state->Apply(symmetry.action[record.moves(ply)]);
    }
    if (facts.has_ownership) {
      // The last row's owner map is the transformed game's final board, seen by that row's mover.
      const FinalScore score = state->GetFinalScore();
      const int mover = scratch.state->ToMove();
      for (int cell = 0; cell < facts.cells(); ++cell) {
        ASSERT_EQ(batch.ownership[cell], SwitchView(static_cast<float>(score.owner[cell]), mover)) << spec << " cell " << cell;
      }
      EXPECT_NEAR(batch.margin[0], SwitchView(static_cast<float>(score.margin), mover) / static_cast<float>(facts.cells()), 1e-6);
    } else {
      EXPECT_TRUE(batch.ownership.empty() && batch.margin.empty());
    }
  }
}

TEST(WindowTest, ADrawnRowIsTheTransformedPosition) {
  for (const char* spec : {"tic_tac_toe", "connect_four", "othello:size=6"}) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) ExpectRowsAreTransformedPositions(spec, seed);
  }
}

TEST(WindowTest, GamesThatBeginElsewhereAreReplayedFromThere) {
  const Game& game = GameNamed("tic_tac_toe");
  const auto state = game.NewState();
  for (const char* move : {"b2", "a1"}) state->Apply(state->ParseAction(move).value());
  GameRecord record = RecordOf(game, "b2 a1 c3 a3 a2 c2 b1 b3 c1");
  record.set_start(state->ToText());
  record.mutable_moves()->ExtractSubrange(0, 2, nullptr);
  record.mutable_turns()->DeleteSubrange(0, 2);
  const auto window = NewReplayWindow(game, SmallWindow(50), Learner());
  ASSERT_TRUE(window->Add(record).ok()) << window->Add(record);
  Rng rng(1);
  TrainingBatch batch;
  ASSERT_TRUE(window->Sample(200, rng, &batch).ok());
  for (int row = 0; row < batch.rows; ++row) {
    float legal = 0;
    for (int action = 0; action < 9; ++action) legal += batch.legal[row * 9 + action];
    EXPECT_EQ(legal, batch.moves_left[row]);  // every empty cell is filled in the end
  }
}

TEST(WindowTest, TakesFarLessThanAGibibyteForAMillionRows) {
  const Game& game = GameNamed("connect_four");
  const auto window = NewReplayWindow(game, SmallWindow(100000), Learner());
  for (std::uint64_t seed = 0; seed < 500; ++seed) ASSERT_TRUE(window->Add(RandomRecord(game, seed, 0.25)).ok());
  const double bytes_per_row = static_cast<double>(window->MemoryBytes()) / static_cast<double>(window->rows());
  RecordProperty("bytes_per_row", std::to_string(bytes_per_row));
  EXPECT_LT(bytes_per_row, 200);
}

TEST(WindowTest, GamesAreAddedWhileBatchesAreDrawn) {
  const Game& game = GameNamed("tic_tac_toe");
  const auto window = NewReplayWindow(game, SmallWindow(200), Learner(0.5));
  ASSERT_TRUE(window->Add(RandomRecord(game, 0, 1)).ok());
  std::thread adder([&] {
    for (std::uint64_t seed = 1; seed < 500; ++seed) EXPECT_TRUE(window->Add(RandomRecord(game, seed, 1)).ok());
  });
  Rng rng(1);
  TrainingBatch batch;
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(window->Sample(32, rng, &batch).ok());
    for (const float weight : batch.weight) EXPECT_EQ(weight, 1);
  }
  adder.join();
  EXPECT_EQ(window->games(), 500);
}

}  // namespace
}  // namespace tandem
