#include "tests/shared_data.h"

#include <gtest/gtest.h>
#include <zstd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

namespace tandem {
namespace {

namespace fs = std::filesystem;

// Tests run in Bazel's folder of runfiles, in which WORKSPACE links to the repository's own.
fs::path FindFolder() {
  if (const char* folder = std::getenv("TANDEM_SHARED_DATA"); folder != nullptr && *folder != '\0') return folder;
  std::error_code error;
  const fs::path workspace = fs::canonical("WORKSPACE", error);
  return (error ? fs::current_path() : workspace.parent_path()).parent_path() / "shared" / "data";
}

std::string Decompress(const std::string& compressed) {
  std::string text;
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  std::string chunk(ZSTD_DStreamOutSize(), '\0');
  ZSTD_inBuffer input{compressed.data(), compressed.size(), 0};
  while (input.pos < input.size) {
    ZSTD_outBuffer output{chunk.data(), chunk.size(), 0};
    if (ZSTD_isError(ZSTD_decompressStream(stream.get(), &output, &input))) return {};
    text.append(chunk, 0, output.pos);
  }
  return text;
}

}  // namespace

fs::path SharedDataPath(std::string_view relative_path) {
  static const fs::path folder = FindFolder();
  return folder / relative_path;
}

bool HasSharedData(std::string_view relative_path) { return fs::exists(SharedDataPath(relative_path)); }

std::string ReadSharedText(std::string_view relative_path) {
  const fs::path path = SharedDataPath(relative_path);
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (path.extension() == ".zst") text = Decompress(text);
  if (text.empty()) ADD_FAILURE() << path << " is empty or cannot be read";
  return text;
}

std::vector<std::string> ReadSharedLines(std::string_view relative_path) {
  std::istringstream text(ReadSharedText(relative_path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  return lines;
}

std::vector<boost::json::object> ReadJsonLines(std::string_view relative_path) {
  std::vector<boost::json::object> rows;
  for (const std::string& line : ReadSharedLines(relative_path)) rows.push_back(boost::json::parse(line).as_object());
  return rows;
}

boost::json::value ReadJson(std::string_view relative_path) { return boost::json::parse(ReadSharedText(relative_path)); }

}  // namespace tandem
