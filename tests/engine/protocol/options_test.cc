#include "engine/protocol/options.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/game/registry.h"
#include "gtest/gtest.h"

namespace tandem {
namespace {

class OptionsTest : public ::testing::Test {
 protected:
  Options options_{**FindGame("tic_tac_toe")};
};

TEST_F(OptionsTest, EveryOptionTakesItsOwnDefault) {
  for (const OptionInfo& info : options_.infos()) {
    const absl::StatusOr<OptionEffect> effect = options_.Set(info.name, info.default_value);
    EXPECT_TRUE(effect.ok()) << info.name << ": " << effect.status();
  }
}

TEST_F(OptionsTest, NamesAreUniqueAndValuesHaveNoWordsOfTheProtocol) {
  std::set<std::string> names;
  for (const OptionInfo& info : options_.infos()) {
    EXPECT_TRUE(names.insert(absl::AsciiStrToLower(info.name)).second) << info.name;
    std::vector<std::string> words = absl::StrSplit(absl::StrCat(info.name, " ", info.default_value), ' ');
    words.insert(words.end(), info.choices.begin(), info.choices.end());
    for (const std::string& word : words) EXPECT_TRUE(word != "name" && word != "value") << info.name;
  }
}

TEST_F(OptionsTest, SearchOptionsAreThoseOfTheConfiguration) {
  EXPECT_EQ(CamelCase("fpu_reduction_root"), "FpuReductionRoot");
  ASSERT_TRUE(options_.Set("cpuct", "1.75").ok());
  EXPECT_EQ(options_.settings().search.cpuct(), 1.75);
  ASSERT_TRUE(options_.Set("ALGORITHM", "gumbel").ok());
  EXPECT_EQ(options_.settings().search.algorithm(), SearchConfig::GUMBEL);
  ASSERT_TRUE(options_.Set("Hash", "3").ok());
  EXPECT_EQ(options_.settings().search.memory_bytes(), 3 << 20);
}

TEST_F(OptionsTest, BadValuesChangeNothing) {
  ASSERT_TRUE(options_.Set("Threads", "2").ok());
  for (const char* bad : {"abc", "-5", "999999999999999999999", "", "1.5", "0x10", "0"}) {
    EXPECT_FALSE(options_.Set("Threads", bad).ok()) << bad;
    EXPECT_FALSE(options_.Set("MultiPV", bad).ok()) << bad;
  }
  EXPECT_EQ(options_.settings().search.threads(), 2);
  EXPECT_EQ(options_.settings().multi_pv, 1);
  EXPECT_FALSE(options_.Set("Cpuct", "-1").ok());
  EXPECT_FALSE(options_.Set("Cpuct", "nan").ok());
  EXPECT_FALSE(options_.Set("NetworkOnly", "maybe").ok());
  EXPECT_FALSE(options_.Set("Precision", "fp8").ok());
  EXPECT_FALSE(options_.Set("UCI_Variant", "checkers").ok());
  EXPECT_FALSE(options_.Set("No Such Thing", "1").ok());
  EXPECT_EQ(options_.settings().game, *FindGame("tic_tac_toe"));
}

TEST_F(OptionsTest, VariantsAreGamesOfAnySize) {
  const absl::StatusOr<OptionEffect> effect = options_.Set("UCI_Variant", "othello:size=6");
  ASSERT_TRUE(effect.ok());
  EXPECT_EQ(*effect, OptionEffect::kGame);
  EXPECT_EQ(options_.settings().game->facts().spec, "othello:size=6");
}

}  // namespace
}  // namespace tandem
