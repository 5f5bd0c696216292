// The rules of docs/architecture.md as pure functions over text, so that the
// checker itself can be tested on small made-up trees.
//
// A rule table is the first Markdown table whose header is
// "| Package | Holds | May use |". A package named engine/games/NAME stands
// for one package a folder below engine/games.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tandem {

// Which package may include which. Immutable after Parse; copyable.
class LayerTable {
 public:
  // Reads the table out of a Markdown page. An error names the row that breaks
  // a rule: no table, a package twice, a "may use" that is not a row above.
  static absl::StatusOr<LayerTable> Parse(std::string_view markdown);

  // The row that `path` (from the repository's root) belongs to: the longest
  // package that is a folder above it. Games come with their own name
  // (engine/games/hex), files beside them as engine/games; nullopt when no
  // row fits.
  std::optional<std::string> PackageOf(std::string_view path) const;

  // Whether a file of package `from` may include one of package `to`; both as
  // returned by PackageOf.
  bool MayInclude(std::string_view from, std::string_view to) const;

  // True when `path` begins with a top-level folder of the table.
  bool IsOurs(std::string_view path) const;

 private:
  // Row name -> names of every row it may use, closed under "in turn".
  std::map<std::string, std::vector<std::string>, std::less<>> allowed_;
};

// The names in #include lines, in order, quotes or angle brackets removed.
std::vector<std::string> IncludesOf(std::string_view source);

// Complaints, one sentence each, about the includes of one file against the
// table; empty when all is well.
std::vector<std::string> LayerViolations(const LayerTable& table, std::string_view path, std::string_view source);

// The same for headers of LibTorch outside the folders that may have them.
std::vector<std::string> TorchViolations(std::string_view path, std::string_view source);

}  // namespace tandem
