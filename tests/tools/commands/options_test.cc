// The options page of the documentation is what the program prints.

#include "tools/commands/options.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "engine/base/config.h"
#include "engine/base/file.h"

namespace tandem {
namespace {

TEST(OptionsTest, ThePageOfTheDocumentationIsWhatTheProgramPrints) {
  const auto page = std::filesystem::canonical("WORKSPACE").parent_path() / "docs/options.md";
  EXPECT_EQ(ReadFile(page).value(), OptionsPage()) << "run `tandem options > docs/options.md`";
}

TEST(OptionsTest, ThePageHasARowForEveryOption) {
  const std::string page = OptionsPage();
  for (const ConfigOption& option : ConfigHelp(*RunConfig::descriptor())) {
    EXPECT_NE(page.find("\n| `" + option.key + "` |"), std::string::npos) << option.key;
  }
}

}  // namespace
}  // namespace tandem
