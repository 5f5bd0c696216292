#include "training/learner/distributed_world.h"

#include <gtest/gtest.h>

#include <map>

namespace tandem {
namespace {

absl::StatusOr<std::optional<World>> Find(const std::map<std::string, std::string>& variables) {
  return FindWorld([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  });
}

TEST(WorldTest, AnEnvironmentWithoutRanksIsALearnerAlone) {
  EXPECT_FALSE(Find({})->has_value());
  EXPECT_FALSE(Find({{"WORLD_SIZE", "1"}, {"RANK", "0"}})->has_value());
}

TEST(WorldTest, ReadsWhatTorchrunSets) {
  const auto world = Find({{"WORLD_SIZE", "4"},
                           {"RANK", "3"},
                           {"LOCAL_RANK", "1"},
                           {"LOCAL_WORLD_SIZE", "2"},
                           {"MASTER_ADDR", "trainer"},
                           {"MASTER_PORT", "29500"},
                           {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                           {"TORCHELASTIC_RESTART_COUNT", "2"}});
  ASSERT_TRUE(world.ok()) << world.status();
  ASSERT_TRUE(world->has_value());
  EXPECT_EQ((*world)->rank, 3);
  EXPECT_EQ((*world)->size, 4);
  EXPECT_EQ((*world)->local_rank, 1);
  EXPECT_EQ((*world)->local_size, 2);
  EXPECT_EQ((*world)->address, "trainer");
  EXPECT_EQ((*world)->port, 29500);
  EXPECT_TRUE((*world)->has_store);
  EXPECT_EQ((*world)->attempt, "2");
  EXPECT_EQ((*world)->Name(), "rank 3 of 4");
}

TEST(WorldTest, RankZeroListensWithoutTorchrun) {
  const auto world = Find({{"WORLD_SIZE", "2"}, {"RANK", "0"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "1"}});
  ASSERT_TRUE(world.ok()) << world.status();
  EXPECT_FALSE((*world)->has_store);
}

TEST(WorldTest, NamesTheVariableThatIsWrong) {
  const std::map<std::string, std::string> good{{"WORLD_SIZE", "2"}, {"RANK", "1"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "29500"}};
  for (const char* name : {"RANK", "MASTER_ADDR", "MASTER_PORT"}) {
    auto variables = good;
    variables.erase(name);
    const auto world = Find(variables);
    EXPECT_EQ(world.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(world.status().message().find(name), std::string::npos) << world.status();
  }
  for (const auto& [name, value] : std::map<std::string, std::string>{{"RANK", "2"}, {"WORLD_SIZE", "many"}, {"MASTER_PORT", "0"}}) {
    auto variables = good;
    variables[name] = value;
    const auto world = Find(variables);
    EXPECT_NE(world.status().message().find(name + "=" + value), std::string::npos) << world.status();
  }
}

}  // namespace
}  // namespace tandem
