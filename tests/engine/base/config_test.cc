// Configuration through reflection: every option can be set, printed and read back; what is refused leaves the message as it was.

#include "engine/base/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tandem {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string ErrorOf(const absl::Status& status) {
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  return std::string(status.message());
}

TEST(ConfigTest, SetsOptionsOfEveryType) {
  RunConfig config;
  EXPECT_TRUE(SetConfigValue(config, "search.simulations", "64").ok());
  EXPECT_TRUE(SetConfigValue(config, "search.cpuct=1.5").ok());
  EXPECT_TRUE(SetConfigValue(config, "search.prove=false").ok());
  EXPECT_TRUE(SetConfigValue(config, "search.algorithm=gumbel").ok());
  EXPECT_TRUE(SetConfigValue(config, "game=othello:size=6").ok());
  EXPECT_TRUE(SetConfigValue(config, "seed=18446744073709551615").ok());
  EXPECT_EQ(config.search().simulations(), 64);
  EXPECT_EQ(config.search().cpuct(), 1.5);
  EXPECT_FALSE(config.search().prove());
  EXPECT_EQ(config.search().algorithm(), SearchConfig::GUMBEL);
  EXPECT_EQ(config.game(), "othello:size=6");
  EXPECT_EQ(config.seed(), 18446744073709551615u);
}

TEST(ConfigTest, WorksOnASubMessageWithItsOwnKeys) {
  SearchConfig config;
  EXPECT_TRUE(SetConfigValue(config, "simulations=9").ok());
  EXPECT_EQ(config.simulations(), 9);
}

TEST(ConfigTest, AnUnknownKeyNamesTheNearestOne) {
  RunConfig config;
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "search.simulation=64")),
              AllOf(HasSubstr("search.simulation"), HasSubstr("\"search.simulations\"")));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "simulations=64")), HasSubstr("\"search.simulations\""));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "lerner.batch_size=64")), HasSubstr("\"learner.batch_size\""));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "seed.x=64")), HasSubstr("seed.x"));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "=64")), HasSubstr("unknown option \"\""));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "search=64")), HasSubstr("group of options: search.algorithm"));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "seed")), HasSubstr("key=value"));
}

TEST(ConfigTest, AValueOfTheWrongTypeOrRangeSaysWhatWasExpected) {
  RunConfig config;
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "search.simulations=many")), AllOf(HasSubstr("\"many\""), HasSubstr("integer")));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "search.simulations=1.5")), HasSubstr("integer"));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "search.simulations=0")), HasSubstr("is 0, expected 1 to 1000000000 simulations"));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "threads=99999999999")), HasSubstr("integer"));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "seed=-1")), HasSubstr("integer"));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "search.cpuct=nan")), HasSubstr("0 to 100"));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "search.cpuct=inf")), HasSubstr("0 to 100"));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "search.algorithm=alpha")), HasSubstr("one of PUCT, GUMBEL"));
  EXPECT_THAT(ErrorOf(SetConfigValue(config, "search.prove=maybe")), HasSubstr("true/false"));
}

TEST(ConfigTest, ARefusedValueLeavesTheMessageUntouched) {
  RunConfig config;
  EXPECT_FALSE(SetConfigValue(config, "search.simulations=0").ok());
  EXPECT_FALSE(config.has_search());
  config.mutable_search()->set_simulations(7);
  EXPECT_FALSE(SetConfigValue(config, "search.simulations=0").ok());
  EXPECT_FALSE(ParseConfigText("search { simulations: 8 cpuct: -1 }", "test", config).ok());
  EXPECT_EQ(config.search().simulations(), 7);
}

TEST(ConfigTest, EveryOptionCanBeSetToItsOwnDefault) {
  for (const ConfigOption& option : ConfigHelp(*RunConfig::descriptor())) {
    RunConfig config;
    EXPECT_TRUE(SetConfigValue(config, option.key, option.default_value).ok()) << option.key;
    EXPECT_EQ(GetConfigValue(config, option.key).value(), option.default_value);
  }
}

TEST(ConfigTest, EveryOptionIsDocumentedAndBoundedWhenItIsANumber) {
  const auto options = ConfigHelp(*RunConfig::descriptor());
  EXPECT_GE(options.size(), 50u);
  for (const ConfigOption& option : options) {
    EXPECT_THAT(option.help, Not(IsEmpty())) << option.key;
    if (option.type == "number" || (option.type == "integer" && option.key != "seed")) {
      EXPECT_TRUE(option.min && option.max) << option.key;
    }
  }
}

TEST(ConfigTest, TheDefaultsAreValid) { EXPECT_TRUE(ValidateConfig(RunConfig()).ok()); }

TEST(ConfigTest, ValidationNamesTheOptionOutOfRange) {
  RunConfig config;
  config.mutable_learner()->set_ema_decay(2);
  EXPECT_THAT(ErrorOf(ValidateConfig(config)), HasSubstr("learner.ema_decay is 2, expected 0 to 0.999999"));
}

TEST(ConfigTest, ResolvedTextShowsEveryOptionAndReadsBackEqual) {
  const std::string text = ConfigText(RunConfig());
  for (const ConfigOption& option : ConfigHelp(*RunConfig::descriptor())) {
    EXPECT_THAT(text, HasSubstr(option.key.substr(option.key.rfind('.') + 1) + ": "));
  }
  RunConfig config;
  ASSERT_TRUE(ParseConfigText(text, "test", config).ok());
  EXPECT_EQ(ConfigText(config), text);
}

TEST(ConfigTest, TextIsMergedOverWhatIsThere) {
  RunConfig config;
  config.mutable_search()->set_cpuct(2);
  ASSERT_TRUE(ParseConfigText("search { simulations: 8 }", "test", config).ok());
  EXPECT_EQ(config.search().cpuct(), 2);
  EXPECT_EQ(config.search().simulations(), 8);
}

TEST(ConfigTest, TextErrorsNameFileLineAndNearestOption) {
  RunConfig config;
  EXPECT_THAT(ErrorOf(ParseConfigText("seed: 1\nsearch {\n  simulation: 8\n}", "my.textproto", config)),
              AllOf(HasSubstr("my.textproto: line 3"), HasSubstr("search.simulations")));
  EXPECT_THAT(ErrorOf(ParseConfigText("seed: 1\nseed: 2", "my.textproto", config)), HasSubstr("line 2"));
  EXPECT_THAT(ErrorOf(ParseConfigText("search { cpuct: -1 }", "my.textproto", config)),
              HasSubstr("my.textproto: option search.cpuct is -1"));
}

TEST(ConfigTest, TheHashDependsOnMeaningAndNotOnSpelling) {
  RunConfig unset;
  RunConfig spelled_out;
  spelled_out.mutable_search()->set_simulations(unset.search().simulations());
  EXPECT_EQ(ConfigHash(unset), ConfigHash(spelled_out));
  spelled_out.mutable_search()->set_simulations(5);
  EXPECT_NE(ConfigHash(unset), ConfigHash(spelled_out));
  EXPECT_EQ(ConfigHash(unset).size(), 32u);
}

TEST(ConfigTest, OverridesWinOverThePresetAndLaterOverEarlierOnes) {
  const std::vector<std::string> overrides = {"search.simulations=3", "search.simulations=4"};
  const RunConfig config = ResolveConfig("search { simulations: 2 cpuct: 3 }", overrides).value();
  EXPECT_EQ(config.search().simulations(), 4);
  EXPECT_EQ(config.search().cpuct(), 3);
  EXPECT_THAT(ErrorOf(ResolveConfig("serach {}", {}).status()), HasSubstr("preset: line 1"));
}

}  // namespace
}  // namespace tandem
