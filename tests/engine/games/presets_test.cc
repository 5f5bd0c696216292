#include "engine/games/presets.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "engine/game/registry.h"
#include "proto/run_config.pb.h"

namespace tandem {
namespace {

TEST(PresetsTest, EveryGamesPresetIsARunConfigThatLeavesTheGameOpen) {
  for (const RegisteredGame& game : RegisteredGames()) {
    const std::string preset(GamePreset(game.name));
    EXPECT_FALSE(preset.empty()) << game.name;
    RunConfig config;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(preset, &config)) << game.name;
    EXPECT_TRUE(config.has_network()) << game.name;
    EXPECT_FALSE(config.has_game() || config.has_seed()) << game.name;
  }
}

TEST(PresetsTest, AnUnknownGameHasNone) {
  EXPECT_TRUE(GamePreset("chequers").empty());
  EXPECT_TRUE(GamePreset("").empty());
}

}  // namespace
}  // namespace tandem
