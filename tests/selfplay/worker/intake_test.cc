#include "selfplay/worker/intake.h"

#include <memory>
#include <string>
#include <vector>

#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "gtest/gtest.h"
#include "training/replay/window.h"

namespace tandem {
namespace {

// A sink that refuses on command, as a full disk does.
class MoodySink : public ChunkSink {
 public:
  absl::StatusOr<std::string> Put(const ChunkHeader&, const std::vector<GameRecord>& games) override {
    if (full) return absl::ResourceExhaustedError("No space left on device");
    for (const GameRecord& game : games) indices.push_back(game.index());
    return absl::StrCat("chunk-", ++chunks);
  }
  bool full = false;
  int chunks = 0;
  std::vector<std::uint64_t> indices;
};

GameRecord ShortGame(std::uint64_t index) {
  GameRecord record;
  record.set_game("tic_tac_toe");
  record.set_index(index);
  record.set_result(1);
  // a1 a2 b1 b2 c1: the first player fills the bottom row; no turn is recorded, so the game brings no rows.
  for (const unsigned move : {0u, 3u, 1u, 4u, 2u}) record.add_moves(move);
  record.set_opening_plies(5);
  return record;
}

class IntakeTest : public testing::Test {
 protected:
  IntakeTest() : game_(*FindGame("tic_tac_toe").value()), window_(NewReplayWindow(game_, ReplayConfig(), LearnerConfig())) {}
  std::unique_ptr<Intake> Make(int games_per_chunk, absl::Duration max_age) {
    auto add = [this](const std::string&, const std::vector<GameRecord>& games) {
      std::int64_t refused = 0;
      for (const GameRecord& game : games) refused += window_->Add(game).ok() ? 0 : 1;
      return refused;
    };
    return std::make_unique<Intake>(ChunkHeader(), games_per_chunk, max_age, &sink_, add, &clock_);
  }
  const Game& game_;
  std::unique_ptr<ReplayWindow> window_;
  MoodySink sink_;
  FakeClock clock_;
};

TEST_F(IntakeTest, WritesAChunkWhenEnoughGamesHaveCome) {
  auto intake = Make(2, absl::InfiniteDuration());
  intake->Add(ShortGame(1));
  intake->Flush(false);
  EXPECT_EQ(sink_.chunks, 0);
  intake->Add(ShortGame(2));
  intake->Flush(false);
  EXPECT_EQ(sink_.chunks, 1);
  EXPECT_EQ(intake->counters().games, 2);
  EXPECT_EQ(intake->counters().waiting, 0);
}

TEST_F(IntakeTest, WritesAnUnfilledChunkWhenItsFirstGameIsOldEnough) {
  auto intake = Make(100, absl::Seconds(10));
  intake->Add(ShortGame(1));
  clock_.Advance(absl::Seconds(9));
  intake->Flush(false);
  EXPECT_EQ(sink_.chunks, 0);
  clock_.Advance(absl::Seconds(1));
  intake->Flush(false);
  EXPECT_EQ(sink_.chunks, 1);
}

TEST_F(IntakeTest, KeepsEveryGameWhileTheDiskIsFullAndStoresAllOfThemInOrderOnceItIsNot) {
  auto intake = Make(2, absl::InfiniteDuration());
  sink_.full = true;
  for (std::uint64_t i = 0; i < 6; ++i) {
    intake->Add(ShortGame(i));
    intake->Flush(false);
  }
  EXPECT_EQ(intake->counters().games, 0);
  EXPECT_EQ(intake->counters().waiting, 6);
  EXPECT_EQ(intake->counters().failed_flushes, 1) << "it does not hammer a full disk";
  EXPECT_EQ(intake->counters().last_error, "No space left on device");
  sink_.full = false;
  clock_.Advance(Intake::kRetry);
  intake->Flush(false);
  EXPECT_EQ(intake->counters().games, 6);
  EXPECT_EQ(intake->counters().waiting, 0);
  EXPECT_EQ(sink_.indices, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5}));
}

TEST_F(IntakeTest, AsksSelfPlayToPauseWhenTooManyGamesWait) {
  auto intake = Make(1, absl::InfiniteDuration());
  sink_.full = true;
  for (int i = 0; i <= Intake::kMostWaitingChunks; ++i) intake->Add(ShortGame(static_cast<std::uint64_t>(i)));
  EXPECT_TRUE(intake->Overfull());
}

TEST_F(IntakeTest, CountsAGameThatBreaksTheRulesAsRefusedAndGoesOn) {
  auto intake = Make(2, absl::InfiniteDuration());
  GameRecord wrong = ShortGame(1);
  wrong.set_result(-1);
  intake->Add(wrong);
  intake->Add(ShortGame(2));
  intake->Flush(false);
  EXPECT_EQ(intake->counters().refused, 1);
  EXPECT_EQ(window_->games(), 1);
}

}  // namespace
}  // namespace tandem
