// JSON text, errors with their place, and JSON-lines files that a crash cut short.

#include "engine/base/json.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <string>

#include "engine/base/file.h"

namespace tandem {
namespace {

namespace json = boost::json;

class JsonFileTest : public testing::Test {
 protected:
  ~JsonFileTest() override { std::filesystem::remove(path_); }
  const std::filesystem::path path_ = std::filesystem::path(testing::TempDir()) / ("json_test-" + std::to_string(getpid()) + ".jsonl");
};

TEST(JsonTest, PrintsNumbersInTheirShortestForm) {
  EXPECT_EQ(JsonText(json::object{{"a", 1}, {"b", 0.5}, {"c", 2.0}, {"d", 1e-9}, {"e", 1.7e9}}),
            R"({"a":1,"b":0.5,"c":2,"d":1e-09,"e":1700000000})");
}

TEST(JsonTest, NumbersReadBackEqual) {
  for (const double x : {0.1, 1.0 / 3, 6.02e23, -1e-300, std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min()}) {
    EXPECT_EQ(ParseJson(JsonText(x), "test").value().to_number<double>(), x);
  }
}

TEST(JsonTest, PrintsWhatJsonHasNoWordForAsNull) {
  EXPECT_EQ(JsonText(json::array{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}), "[null,null]");
}

TEST(JsonTest, EscapesTextAndKeys) { EXPECT_EQ(JsonText(json::object{{"a\"b", "line\nbreak"}}), R"({"a\"b":"line\nbreak"})"); }

TEST(JsonTest, PagesAreIndentedAndEndWithALineBreak) {
  const json::value value = {{"name", "x"}, {"shape", {1, 2}}, {"parts", json::array{json::object{{"k", 1}}}}, {"none", json::object{}}};
  EXPECT_EQ(JsonPage(value),
            "{\n  \"name\": \"x\",\n  \"shape\": [1, 2],\n  \"parts\": [\n    {\n      \"k\": 1\n    }\n  ],\n  \"none\": {}\n}\n");
  EXPECT_EQ(ParseJson(JsonPage(value), "test").value(), value);
}

TEST(JsonTest, ErrorsNameThePlace) {
  const absl::Status broken = ParseJson("{\"a\":", "file.json").status();
  EXPECT_TRUE(absl::IsInvalidArgument(broken));
  EXPECT_NE(broken.message().find("file.json: byte "), absl::string_view::npos) << broken;
  EXPECT_FALSE(ParseJson("", "empty").ok());
  EXPECT_FALSE(ParseJson("1 2", "two").ok());
  EXPECT_TRUE(ParseJson(" 1 \n", "padded").ok());
}

TEST(JsonTest, RefusesTextNestedTooDeep) { EXPECT_FALSE(ParseJson(std::string(100000, '['), "deep").ok()); }

TEST(JsonTest, MembersHaveTheirTypesChecked) {
  const json::object object = {{"text", "x"}, {"number", 1.5}, {"integer", 7}, {"whole", 7.0}};
  EXPECT_EQ(JsonString(object, "text").value(), "x");
  EXPECT_EQ(JsonNumber(object, "integer").value(), 7);
  EXPECT_EQ(JsonInteger(object, "whole").value(), 7);
  EXPECT_FALSE(JsonInteger(object, "number").ok());
  EXPECT_EQ(JsonNumber(object, "text").status().message(), R"(JSON member "text" is "x", expected a number)");
  EXPECT_FALSE(JsonString(object, "absent").ok());
}

TEST_F(JsonFileTest, ReadsFinishedLinesAndReportsTheRest) {
  ASSERT_TRUE(AppendFile(path_, "{\"step\":1}\nnonsense\n\n[1]\n{\"step\":2}\n{\"step\":3").ok());
  const JsonLines lines = ReadJsonLines(path_).value();
  ASSERT_EQ(lines.objects.size(), 2u);
  EXPECT_EQ(JsonInteger(lines.objects[1], "step").value(), 2);
  EXPECT_EQ(lines.problems.size(), 2u);
  EXPECT_NE(lines.problems[0].find("line 2"), std::string::npos);
  EXPECT_EQ(lines.torn_bytes, 9);
}

TEST_F(JsonFileTest, CutsATornLineSoThatAppendingGoesOn) {
  EXPECT_EQ(CutTornLine(path_).value(), 0);
  ASSERT_TRUE(AppendFile(path_, "{\"step\":1}\n{\"st").ok());
  EXPECT_EQ(CutTornLine(path_).value(), 4);
  EXPECT_EQ(CutTornLine(path_).value(), 0);
  EXPECT_EQ(ReadFile(path_).value(), "{\"step\":1}\n");
}

TEST_F(JsonFileTest, CutsAFileThatIsNothingButATornLine) {
  ASSERT_TRUE(AppendFile(path_, "{\"st").ok());
  EXPECT_EQ(CutTornLine(path_).value(), 4);
  EXPECT_EQ(ReadFile(path_).value(), "");
}

}  // namespace
}  // namespace tandem
