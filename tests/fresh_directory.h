// A place of a test's own among the temporary files.
#pragma once

#include <filesystem>
#include <string>

#include "gtest/gtest.h"

namespace tandem {

// Nothing is there: what an earlier test left under this name is removed.
inline std::filesystem::path FreshDirectory(const std::string& name) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / name;
  std::filesystem::remove_all(path);
  return path;
}

}  // namespace tandem
