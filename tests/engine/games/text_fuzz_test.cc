// Text from outside: whatever the bytes, the parsers answer with a position or move that they write back as it was, or with an error.
#include <gtest/gtest.h>

#include <cctype>

#include "engine/base/rng.h"
#include "engine/game/registry.h"
#include "tests/engine/games/fuzz_text.h"

namespace tandem {
namespace {

constexpr std::string_view kLikely = "xo./ 0123456789abcp-";

// Whether position text is the grid of board_text.h, which accepts exactly what it writes.
bool HasOneSpelling(const Game& game) {
  const std::string start = game.NewState()->ToText();
  return start.ends_with(" x") || start.ends_with(" o");
}

void CheckPositionText(const Game& game, const std::string& text) {
  const absl::StatusOr<std::unique_ptr<State>> state = game.StateFromText(text);
  if (!state.ok()) {
    ASSERT_EQ(state.status().code(), absl::StatusCode::kInvalidArgument);
    ASSERT_LT(state.status().message().size(), 600u);
    return;
  }
  // Boards have one spelling each; other texts (chess) may be written in a tidier form, which then stays.
  const std::string written = (*state)->ToText();
  ASSERT_TRUE(written == text || !HasOneSpelling(game)) << written << " from " << text;
  const absl::StatusOr<std::unique_ptr<State>> again = game.StateFromText(written);
  ASSERT_TRUE(again.ok()) << again.status();
  ASSERT_EQ((*again)->ToText(), written) << "from " << text;
  ASSERT_FALSE((*state)->Draw().empty());
  ActionList legal;
  (*state)->LegalActions(legal);
  ASSERT_EQ(legal.empty(), (*state)->IsTerminal());
}

void CheckMoveText(const Game& game, const State& state, const std::string& text) {
  const absl::StatusOr<Action> action = state.ParseAction(text);
  if (action.ok()) {
    ASSERT_EQ(*state.ParseAction(state.ActionText(*action)), *action);
    ASSERT_TRUE(state.ActionText(*action) == text || !HasOneSpelling(game)) << text;
  } else {
    ASSERT_EQ(action.status().code(), absl::StatusCode::kInvalidArgument);
  }
}

class TextFuzzTest : public testing::TestWithParam<std::string> {
 protected:
  const Game& game() const { return **FindGame(GetParam()); }
};

TEST_P(TextFuzzTest, PositionTextSurvivesRandomBytes) {
  Rng rng(1);
  for (int i = 0; i < 5000; ++i) CheckPositionText(game(), RandomBytes(rng, 100));
}

TEST_P(TextFuzzTest, PositionTextSurvivesMutations) {
  Rng rng(2);
  std::unique_ptr<State> state = game().NewState();
  for (int i = 0; i < 5000; ++i) {
    CheckPositionText(game(), Mutated(state->ToText(), kLikely, rng));
    ActionList legal;
    state->LegalActions(legal);
    if (legal.empty()) {
      state = game().NewState();
    } else {
      state->Apply(legal[rng.Below(legal.size())]);
    }
  }
}

TEST_P(TextFuzzTest, MoveTextSurvivesRandomBytesAndMutations) {
  Rng rng(3);
  const std::unique_ptr<State> state = game().NewState();
  ActionList legal;
  state->LegalActions(legal);
  for (int i = 0; i < 5000; ++i) {
    CheckMoveText(game(), *state, RandomBytes(rng, 6));
    CheckMoveText(game(), *state, Mutated(state->ActionText(legal[rng.Below(legal.size())]), kLikely, rng));
  }
}

TEST_P(TextFuzzTest, GameSpecSurvivesMutations) {
  Rng rng(4);
  for (int i = 0; i < 300; ++i) {
    const absl::StatusOr<const Game*> found = FindGame(Mutated(GetParam(), kLikely, rng));
    ASSERT_TRUE(found.ok() || found.status().code() == absl::StatusCode::kInvalidArgument);
  }
}

std::vector<std::string> Specs() {
  std::vector<std::string> specs = {"othello:size=16", "gomoku:size=20", "hex:size=3,swap=true", "breakthrough:size=5"};
  for (const RegisteredGame& game : RegisteredGames()) specs.push_back(game.name);
  return specs;
}

INSTANTIATE_TEST_SUITE_P(Games, TextFuzzTest, testing::ValuesIn(Specs()), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
});

}  // namespace
}  // namespace tandem
