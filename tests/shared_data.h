// Where tests find the shared data sets (solved positions, traces, records): the folder named by the environment variable
// TANDEM_SHARED_DATA, else ../shared/data beside the repository, when the build passes it on (--test_env) or runs locally. A test that
// needs data begins with
//
//   TANDEM_SKIP_WITHOUT_SHARED_DATA("connect_four/solved.jsonl");
//   for (const boost::json::object& row : ReadJsonLines("connect_four/solved.jsonl")) ...
//
// and is skipped with the path it missed where the data are absent.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "boost/json.hpp"

namespace tandem {

// The path of a data file, whether or not it exists.
std::filesystem::path SharedDataPath(std::string_view relative_path);
bool HasSharedData(std::string_view relative_path);
// Whole file; *.zst is decompressed. A file that cannot be read fails the test and gives an empty text.
std::string ReadSharedText(std::string_view relative_path);
std::vector<std::string> ReadSharedLines(std::string_view relative_path);
// One JSON object a line.
std::vector<boost::json::object> ReadJsonLines(std::string_view relative_path);
// One JSON document.
boost::json::value ReadJson(std::string_view relative_path);

}  // namespace tandem

#define TANDEM_SKIP_WITHOUT_SHARED_DATA(relative_path) \
  if (!::tandem::HasSharedData(relative_path))         \
  GTEST_SKIP() << "no " << ::tandem::SharedDataPath(relative_path) << "; set TANDEM_SHARED_DATA to the folder of shared data"
