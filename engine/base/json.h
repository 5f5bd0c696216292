// JSON at the borders: manifests, reports, JSON-lines files. Values are Boost.JSON's; this adds what we want of every text we write and
// read: numbers in the shortest form that reads back equal ("0.5", not "5E-1"), one line or indented, errors as absl::Status that name
// the place, and JSON-lines files whose torn last line (a crash while appending) is dropped. Thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/json.hpp"

namespace tandem {

// One line without blanks or line breaks. Object members keep their order. Infinities and NaN become null: JSON has no word for them.
std::string JsonText(const boost::json::value& value);
// The same over several lines, two blanks a level, with a line break at the end: for files that people open.
std::string JsonPage(const boost::json::value& value);

// kInvalidArgument "WHERE: byte 17: expected ..." when the text is no JSON value, or is nested deeper than 64 levels.
absl::StatusOr<boost::json::value> ParseJson(std::string_view text, std::string_view where);

// Objects of a JSON-lines file.
struct JsonLines {
  std::vector<boost::json::object> objects;
  std::int64_t torn_bytes = 0;        // length of an unfinished last line
  std::vector<std::string> problems;  // a line for each finished line that is no JSON object, with its number
};
absl::StatusOr<JsonLines> ReadJsonLines(const std::filesystem::path& path);

// Cuts an unfinished last line off, so that appending goes on at the start of a line; returns the bytes removed. A file that does not
// exist has none.
absl::StatusOr<std::int64_t> CutTornLine(const std::filesystem::path& path);

// Typed members with errors that say what was expected: kInvalidArgument when `key` is absent or of another type. Numbers may be written
// as integers or with a point; an integer out of 64 bits is an error.
absl::StatusOr<std::string> JsonString(const boost::json::object& object, std::string_view key);
absl::StatusOr<double> JsonNumber(const boost::json::object& object, std::string_view key);
absl::StatusOr<std::int64_t> JsonInteger(const boost::json::object& object, std::string_view key);

}  // namespace tandem
