#include "engine/game/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace tandem {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string ErrorOf(std::string_view spec) {
  const absl::StatusOr<const Game*> game = FindGame(spec);
  EXPECT_FALSE(game.ok()) << spec;
  EXPECT_EQ(game.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(game.status().message());
}

TEST(RegistryTest, GivesTheSameGameForTheSameSpec) {
  ASSERT_TRUE(FindGame("othello").ok());
  EXPECT_EQ(*FindGame("othello"), *FindGame("othello"));
  EXPECT_NE(*FindGame("othello"), *FindGame("othello:size=6"));
}

TEST(RegistryTest, LeavesOptionsAtTheirDefaultOutOfTheCanonicalSpec) {
  EXPECT_EQ((*FindGame("othello:size=8"))->facts().spec, "othello");
  EXPECT_EQ(*FindGame("othello:size=8"), *FindGame("othello"));
  EXPECT_EQ(*FindGame("othello:size=06"), *FindGame("othello:size=6"));
  EXPECT_EQ((*FindGame("othello:size=06"))->facts().spec, "othello:size=6");
  EXPECT_EQ((*FindGame("tic_tac_toe:misere=false"))->facts().spec, "tic_tac_toe");
  EXPECT_EQ((*FindGame("tic_tac_toe:misere=true"))->facts().spec, "tic_tac_toe:misere=true");
}

TEST(RegistryTest, NamesAllGamesWhenOneIsUnknown) {
  EXPECT_THAT(ErrorOf("chequers"),
              AllOf(HasSubstr("'chequers'"), HasSubstr("connect_four"), HasSubstr("othello"), HasSubstr("tic_tac_toe")));
  EXPECT_THAT(ErrorOf(""), HasSubstr("connect_four"));
}

TEST(RegistryTest, NamesAllOptionsWhenOneIsUnknown) {
  EXPECT_THAT(ErrorOf("othello:sise=6"), AllOf(HasSubstr("'sise'"), HasSubstr("size")));
}

TEST(RegistryTest, NamesTheRangeWhenAValueIsOutOfIt) {
  EXPECT_THAT(ErrorOf("othello:size=18"), AllOf(HasSubstr("'18'"), HasSubstr("4 to 16")));
  EXPECT_THAT(ErrorOf("othello:size=7"), AllOf(HasSubstr("'7'"), HasSubstr("even")));
  EXPECT_THAT(ErrorOf("othello:size=six"), HasSubstr("'six'"));
  EXPECT_THAT(ErrorOf("tic_tac_toe:misere=1"), HasSubstr("true or false"));
}

TEST(RegistryTest, RefusesIllFormedOptions) {
  EXPECT_THAT(ErrorOf("othello:"), HasSubstr("key=value"));
  EXPECT_THAT(ErrorOf("othello:size"), HasSubstr("key=value"));
  EXPECT_THAT(ErrorOf("othello:size=6,size=6"), HasSubstr("twice"));
  EXPECT_THAT(ErrorOf("othello:size=6,"), HasSubstr("key=value"));
}

TEST(RegistryTest, ShowsControlCharactersOfABadSpecEscaped) { EXPECT_THAT(ErrorOf("a\nb"), HasSubstr("'a\\nb'")); }

TEST(RegistryTest, ReadsTypedOptionsWithinTheirRanges) {
  const GameOptions options("toy", {{"a", "3"}, {"b", "true"}, {"c", "7.5"}, {"d", "nan"}});
  EXPECT_EQ(*options.Int("a", 1, 0, 5), 3);
  EXPECT_EQ(*options.Int("missing", 1, 0, 5), 1);
  EXPECT_EQ(*options.Bool("b", false), true);
  EXPECT_EQ(*options.Double("c", 0, 0, 10), 7.5);
  EXPECT_FALSE(options.Double("d", 0, 0, 10).ok());
  GameFacts facts;
  options.Identify(&facts);
  EXPECT_EQ(facts.spec, "toy:a=3,b=true,c=7.5");
}

absl::StatusOr<std::unique_ptr<const Game>> MakeNothing(const GameOptions& options) {
  const absl::StatusOr<int> x = options.Int("x", 0, 0, 9);
  return absl::UnimplementedError(absl::StrCat("factory called with x = ", *x));
}

TEST(RegistryTest, FindsAGameByItsVariantName) {
  RegisterGame("registry_test_game", MakeNothing, "x y", "toyvariant=registry_test_game:x=4");
  EXPECT_EQ(FindGame("toyvariant").status().message(), "factory called with x = 4");
  EXPECT_THAT(ErrorOf("nothing"), HasSubstr("toyvariant"));
  GameFacts facts;
  GameOptions options("registry_test_game", {{"x", "4"}});
  ASSERT_TRUE(options.Int("x", 0, 0, 9).ok());
  options.Identify(&facts);
  EXPECT_THAT(facts.variant_names, testing::ElementsAre("toyvariant"));
}

}  // namespace
}  // namespace tandem
