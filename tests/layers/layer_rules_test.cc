// The checker on small made-up trees: each rule can fail, and fails with a
// sentence that names the file, what it includes and why that is wrong.

#include "tests/layers/layer_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tandem {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kPage[] = R"(# Page

| Package | Holds | May use |
|---|---|---|
| `proto` | messages | - |
| `engine/base` | basics | `proto` |
| `engine/game` | games | `engine/base` |
| `engine/games/NAME` | each game | `engine/game` |
| `engine/net` | networks | `engine/game` |
| `selfplay` | games | `engine` |

Text | with a bar.
)";

LayerTable Table() { return LayerTable::Parse(kPage).value(); }

TEST(LayerTableTest, FindsTheLongestPackageOfAPath) {
  const LayerTable table = Table();
  EXPECT_EQ(table.PackageOf("engine/net/torch/tower.cc"), "engine/net");
  EXPECT_EQ(table.PackageOf("engine/games/hex/hex.cc"), "engine/games/hex");
  EXPECT_EQ(table.PackageOf("engine/network/x.h"), std::nullopt);
  EXPECT_EQ(table.PackageOf("engine/games/presets.h"), "engine/games");
}

TEST(LayerTableTest, RefusesARowThatMayUseOneBelowIt) {
  const auto table = LayerTable::Parse("| Package | Holds | May use |\n|---|---|---|\n| `a` | x | `b` |\n| `b` | y | - |\n");
  EXPECT_THAT(std::string(table.status().message()), HasSubstr("a may use b, which is no row above it"));
}

TEST(LayerTableTest, RefusesAPackageThatStandsTwice) {
  const auto table = LayerTable::Parse("| Package | Holds | May use |\n|---|---|---|\n| `a` | x | - |\n| `a` | y | - |\n");
  EXPECT_THAT(std::string(table.status().message()), HasSubstr("two rows for a"));
}

TEST(LayerTableTest, RefusesAPageWithoutTheTable) { EXPECT_FALSE(LayerTable::Parse("# Page\n").ok()); }

TEST(LayerRulesTest, AllowsOwnPackageRowsNamedAndWhatTheyMayUse) {
  EXPECT_THAT(LayerViolations(Table(), "selfplay/actor.cc",
                              "#include \"selfplay/actor.h\"\n#include \"engine/games/hex/hex.h\"\n#include \"proto/record.pb.h\"\n"
                              "#include <vector>\n#include \"absl/time/time.h\"\n"),
              IsEmpty());
}

TEST(LayerRulesTest, RefusesAnIncludeFromBelow) {
  EXPECT_THAT(LayerViolations(Table(), "engine/base/rng.h", "#pragma once\n#  include \"engine/game/state.h\"\n"),
              ElementsAre("engine/base/rng.h includes engine/game/state.h, but engine/base may not use engine/game"));
}

TEST(LayerRulesTest, RefusesASisterPackage) {
  EXPECT_THAT(LayerViolations(Table(), "engine/net/net.cc", "#include <engine/games/hex/hex.h>\n"),
              ElementsAre(HasSubstr("engine/net may not use engine/games/hex")));
}

TEST(LayerRulesTest, RefusesAGameThatIncludesAnother) {
  EXPECT_THAT(
      LayerViolations(Table(), "engine/games/hex/hex.cc", "#include \"engine/games/hex/hex.h\"\n#include \"engine/games/go/go.h\"\n"),
      ElementsAre(HasSubstr("engine/games/hex may not use engine/games/go")));
}

TEST(LayerRulesTest, KeepsGamesAndWhatLiesBesideThemApart) {
  EXPECT_THAT(LayerViolations(Table(), "engine/games/hex/hex.cc", "#include \"engine/games/presets.h\"\n"),
              ElementsAre(HasSubstr("engine/games/hex may not use engine/games")));
  EXPECT_THAT(LayerViolations(Table(), "engine/games/presets.cc", "#include \"engine/games/hex/hex.h\"\n"),
              ElementsAre(HasSubstr("engine/games may not use engine/games/hex")));
  EXPECT_THAT(LayerViolations(Table(), "selfplay/a.cc", "#include \"engine/games/presets.h\"\n"), IsEmpty());
}

TEST(LayerRulesTest, RefusesAFolderWithoutARow) {
  EXPECT_THAT(LayerViolations(Table(), "engine/util/strings.cc", ""), ElementsAre(HasSubstr("belongs to no row")));
  EXPECT_THAT(LayerViolations(Table(), "selfplay/a.cc", "#include \"engine/util/strings.h\"\n"),
              ElementsAre(HasSubstr("belongs to no row")));
}

TEST(LayerRulesTest, SkipsIncludesInComments) {
  EXPECT_THAT(LayerViolations(Table(), "proto/a.h", "// #include \"engine/base/rng.h\"\n"), IsEmpty());
}

TEST(TorchRulesTest, AllowsTorchInItsFoldersAndTheirTests) {
  constexpr char kSource[] = "#include <torch/torch.h>\n";
  EXPECT_THAT(TorchViolations("engine/net/torch/tower.h", kSource), IsEmpty());
  EXPECT_THAT(TorchViolations("training/learner/learner.cc", kSource), IsEmpty());
  EXPECT_THAT(TorchViolations("tests/training/learner/learner_test.cc", kSource), IsEmpty());
}

TEST(TorchRulesTest, RefusesTorchElsewhere) {
  EXPECT_THAT(TorchViolations("engine/net/network.cc", "#include \"c10/util/Half.h\"\n"),
              ElementsAre("engine/net/network.cc includes c10/util/Half.h outside LibTorch's folders"));
  EXPECT_THAT(TorchViolations("training/learner/learner.h", "#include <ATen/ATen.h>\n#include <torch/types.h>\n"),
              ElementsAre(HasSubstr("ATen/ATen.h"), HasSubstr("torch/types.h")));
}

TEST(TorchRulesTest, KnowsFoldersNotPrefixes) {
  EXPECT_THAT(TorchViolations("engine/net/network.cc", "#include \"torchlight/a.h\"\n"), IsEmpty());
}

}  // namespace
}  // namespace tandem
