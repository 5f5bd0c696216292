// Holds the whole source tree to the table in docs/architecture.md. The tree
// is found through the link to WORKSPACE among the test's runfiles, so the test
// is tagged "external": it runs every time, whatever its declared inputs say.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/layers/layer_rules.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

fs::path Root() { return fs::canonical("WORKSPACE").parent_path(); }

std::string Read(const fs::path& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

LayerTable Table() { return LayerTable::Parse(Read(Root() / "docs/architecture.md")).value(); }

// Calls visit(path from the root, text) for each C++ file of our packages.
int VisitSources(const LayerTable& table, const std::function<void(const std::string&, const std::string&)>& visit) {
  static const std::set<fs::path> kExtensions = {".h", ".cc", ".inc"};
  int num_files = 0;
  for (const auto& folder : fs::directory_iterator(Root())) {
    if (!folder.is_directory() || !table.IsOurs(folder.path().filename().string())) continue;
    for (auto entry = fs::recursive_directory_iterator(folder.path()); entry != fs::recursive_directory_iterator(); ++entry) {
      const fs::path& path = entry->path();
      // Dependencies of the web page's tools are not ours.
      if (entry->is_directory() && path.filename() == "node_modules") entry.disable_recursion_pending();
      if (!entry->is_regular_file() || kExtensions.count(path.extension()) == 0) continue;
      visit(path.lexically_relative(Root()).generic_string(), Read(path));
      ++num_files;
    }
  }
  return num_files;
}

TEST(SourceTreeTest, IncludesOnlyWhatTheTableAllows) {
  const LayerTable table = Table();
  const int num_files = VisitSources(table, [&](const std::string& path, const std::string& source) {
    for (const std::string& violation : LayerViolations(table, path, source)) ADD_FAILURE() << violation;
  });
  EXPECT_GE(num_files, 3) << "at least the files of this test; searched " << Root();
}

TEST(SourceTreeTest, IncludesTorchOnlyInItsFolders) {
  VisitSources(Table(), [](const std::string& path, const std::string& source) {
    for (const std::string& violation : TorchViolations(path, source)) ADD_FAILURE() << violation;
  });
}

}  // namespace
}  // namespace tandem
