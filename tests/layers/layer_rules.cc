#include "tests/layers/layer_rules.h"

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace tandem {
namespace {

constexpr std::string_view kGames = "engine/games";
constexpr std::string_view kGameRow = "engine/games/NAME";

// Whether `path` is `folder` or lies in it.
bool IsIn(std::string_view path, std::string_view folder) {
  return path.substr(0, folder.size()) == folder && (path.size() == folder.size() || path[folder.size()] == '/');
}

// The row of a package: its own name, but engine/games/NAME for every game and for what lies beside them.
std::string_view RowOf(std::string_view package) { return IsIn(package, kGames) ? kGameRow : package; }

// The cells of a Markdown table's row, blanks and back quotes around removed.
std::vector<std::string> Cells(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line.substr(1));
  for (std::string cell; std::getline(stream, cell, '|');) {
    const size_t begin = cell.find_first_not_of(" `");
    const size_t end = cell.find_last_not_of(" `");
    cells.push_back(begin == std::string::npos ? "" : cell.substr(begin, end - begin + 1));
  }
  return cells;
}

// The names between back quotes.
std::vector<std::string> QuotedNames(const std::string& cell) {
  static const std::regex kName("[A-Za-z_/]+");
  return {std::sregex_token_iterator(cell.begin(), cell.end(), kName), {}};
}

bool IsTorchHeader(std::string_view include) {
  static constexpr std::string_view kFolders[] = {"torch", "ATen", "c10", "caffe2"};
  return std::any_of(std::begin(kFolders), std::end(kFolders), [&](std::string_view folder) { return IsIn(include, folder); });
}

bool MayUseTorch(std::string_view path) {
  const bool is_source = path.size() > 3 && path.substr(path.size() - 3) == ".cc";
  return IsIn(path, "engine/net/torch") || (IsIn(path, "training/learner") && is_source) || IsIn(path, "tests/engine/net") ||
         IsIn(path, "tests/training/learner");
}

}  // namespace

absl::StatusOr<LayerTable> LayerTable::Parse(std::string_view markdown) {
  LayerTable table;
  std::istringstream stream{std::string(markdown)};
  std::string line;
  while (std::getline(stream, line) && line.rfind("| Package | Holds | May use |", 0) != 0) {
  }
  std::getline(stream, line);  // The rule under the header.
  while (std::getline(stream, line) && !line.empty() && line[0] == '|') {
    const std::vector<std::string> cells = Cells(line);
    if (cells.size() != 3) return absl::InvalidArgumentError(absl::StrCat("expected 3 cells: ", line));
    const std::string& package = cells[0];
    if (table.allowed_.count(package) > 0) return absl::InvalidArgumentError(absl::StrCat("two rows for ", package));
    std::set<std::string> allowed;
    for (const std::string& name : QuotedNames(cells[2])) {
      bool is_above = false;
      for (const auto& [above, allowed_there] : table.allowed_) {
        if (!IsIn(above, name)) continue;
        is_above = true;
        allowed.insert(above);
        allowed.insert(allowed_there.begin(), allowed_there.end());
      }
      if (!is_above) return absl::InvalidArgumentError(absl::StrCat(package, " may use ", name, ", which is no row above it"));
    }
    table.allowed_[package] = {allowed.begin(), allowed.end()};
  }
  if (table.allowed_.empty()) return absl::NotFoundError("no table with the header | Package | Holds | May use |");
  return table;
}

std::optional<std::string> LayerTable::PackageOf(std::string_view path) const {
  if (IsIn(path, kGames) && allowed_.count(kGameRow) > 0) {
    // What lies loose in engine/games (the presets of all games, say) is a package beside the games: they may not see it, nor it them.
    const size_t end = path.find('/', kGames.size() + 1);
    return std::string(end == std::string_view::npos ? kGames : path.substr(0, end));
  }
  std::optional<std::string> longest;
  for (const auto& [package, unused] : allowed_) {
    if (IsIn(path, package) && (!longest || package.size() > longest->size())) longest = package;
  }
  return longest;
}

bool LayerTable::MayInclude(std::string_view from, std::string_view to) const {
  if (from == to) return true;
  const auto row = allowed_.find(RowOf(from));
  if (row == allowed_.end()) return false;
  const std::vector<std::string>& allowed = row->second;
  return std::find(allowed.begin(), allowed.end(), RowOf(to)) != allowed.end();
}

bool LayerTable::IsOurs(std::string_view path) const {
  const std::string_view top = path.substr(0, path.find('/'));
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const auto& row) { return IsIn(row.first, top); });
}

std::vector<std::string> IncludesOf(std::string_view source) {
  static const std::regex kInclude(R"re(^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">])re");
  std::vector<std::string> includes;
  std::istringstream stream{std::string(source)};
  std::smatch match;
  for (std::string line; std::getline(stream, line);) {
    if (line.find("include") != std::string::npos && std::regex_search(line, match, kInclude)) includes.push_back(match[1]);
  }
  return includes;
}

std::vector<std::string> LayerViolations(const LayerTable& table, std::string_view path, std::string_view source) {
  const std::optional<std::string> from = table.PackageOf(path);
  if (!from) return {absl::StrCat(std::string(path), " belongs to no row of the table in docs/architecture.md")};
  std::vector<std::string> violations;
  for (const std::string& include : IncludesOf(source)) {
    if (!table.IsOurs(include)) continue;
    const std::optional<std::string> to = table.PackageOf(include);
    if (!to) {
      violations.push_back(absl::StrCat(std::string(path), " includes ", include, ", which belongs to no row of the table"));
    } else if (!table.MayInclude(*from, *to)) {
      violations.push_back(absl::StrCat(std::string(path), " includes ", include, ", but ", *from, " may not use ", *to));
    }
  }
  return violations;
}

std::vector<std::string> TorchViolations(std::string_view path, std::string_view source) {
  std::vector<std::string> violations;
  if (MayUseTorch(path)) return violations;
  for (const std::string& include : IncludesOf(source)) {
    if (IsTorchHeader(include)) violations.push_back(absl::StrCat(std::string(path), " includes ", include, " outside LibTorch's folders"));
  }
  return violations;
}

}  // namespace tandem
