#include "engine/base/json.h"

#include <charconv>
#include <cmath>

#include "engine/base/file.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

namespace json = boost::json;

constexpr int kMaxDepth = 64;
constexpr int kIndent = 2;

void AppendNumber(double number, std::string& out) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  char digits[32];
  // Whole numbers as people write them: 1700000000 and not 1.7e+09, which would be shorter.
  const bool whole = number == std::floor(number) && std::abs(number) < 1e15;
  const auto end = whole ? std::to_chars(digits, digits + sizeof(digits), number, std::chars_format::fixed)
                         : std::to_chars(digits, digits + sizeof(digits), number);
  out.append(digits, end.ptr);
}

// Writes on one line when `indent` is negative, else members on lines of their own, `indent` blanks in.
class Printer {
 public:
  explicit Printer(bool pretty) : pretty_(pretty) {}

  void Print(const json::value& value, int indent) {
    switch (value.kind()) {
      case json::kind::object:
        return PrintObject(value.get_object(), indent);
      case json::kind::array:
        return PrintArray(value.get_array(), indent);
      case json::kind::double_:
        return AppendNumber(value.get_double(), out_);
      default:
        out_ += json::serialize(value);
    }
  }
  std::string Take() { return std::move(out_); }

 private:
  void PrintObject(const json::object& object, int indent) {
    out_ += '{';
    bool first = true;
    for (const auto& [key, member] : object) {
      Separate(first, indent + kIndent);
      out_ += json::serialize(json::string(key));
      out_ += pretty_ ? ": " : ":";
      Print(member, indent + kIndent);
    }
    if (!first) Break(indent);
    out_ += '}';
  }

  void PrintArray(const json::array& array, int indent) {
    // Lists of plain values stay on one line: shapes, moves, digests.
    bool plain = true;
    for (const auto& element : array) plain &= !element.is_structured();
    out_ += '[';
    bool first = true;
    for (const auto& element : array) {
      if (plain && pretty_) {
        if (!first) out_ += ", ";
        first = false;
      } else {
        Separate(first, indent + kIndent);
      }
      Print(element, indent + kIndent);
    }
    if (!first && !plain) Break(indent);
    out_ += ']';
  }

  void Separate(bool& first, int indent) {
    if (!first) out_ += ',';
    first = false;
    Break(indent);
  }

  void Break(int indent) {
    if (!pretty_) return;
    out_ += '\n';
    out_.append(static_cast<std::size_t>(indent), ' ');
  }

  const bool pretty_;
  std::string out_;
};

absl::StatusOr<const json::value*> Member(const json::object& object, std::string_view key, std::string_view type) {
  const json::value* member = object.if_contains(key);
  if (member == nullptr) return BadInput("no member \"", std::string(key), "\" (", std::string(type), ") in the JSON object");
  return member;
}

absl::Status WrongType(std::string_view key, const json::value& member, std::string_view type) {
  std::string text = JsonText(member);
  if (text.size() > 40) text = text.substr(0, 40) + "...";
  return BadInput("JSON member \"", std::string(key), "\" is ", text, ", expected ", std::string(type));
}

}  // namespace

std::string JsonText(const json::value& value) {
  Printer printer(/*pretty=*/false);
  printer.Print(value, 0);
  return printer.Take();
}

std::string JsonPage(const json::value& value) {
  Printer printer(/*pretty=*/true);
  printer.Print(value, 0);
  return printer.Take() + "\n";
}

absl::StatusOr<json::value> ParseJson(std::string_view text, std::string_view where) {
  json::parse_options options;
  options.max_depth = kMaxDepth;
  json::stream_parser parser({}, options);
  json::error_code error;
  const std::size_t used = parser.write_some(text.data(), text.size(), error);
  if (!error && used < text.size()) {
    const std::size_t rest = text.find_first_not_of(" \t\r\n", used);
    if (rest != std::string_view::npos) return BadInput(std::string(where), ": byte ", rest, ": expected the end after one JSON value");
  }
  if (!error) parser.finish(error);
  if (error) return BadInput(std::string(where), ": byte ", used, ": expected a JSON value: ", error.message());
  return parser.release();
}

absl::StatusOr<JsonLines> ReadJsonLines(const std::filesystem::path& path) {
  TANDEM_ASSIGN_OR_RETURN(const std::string content, ReadFile(path));
  JsonLines result;
  std::string_view rest = content;
  for (std::int64_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      result.torn_bytes = static_cast<std::int64_t>(rest.size());
      break;
    }
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    auto value = ParseJson(line, absl::StrCat(path.string(), ": line ", number));
    if (value.ok() && value->is_object()) {
      result.objects.push_back(std::move(value->get_object()));
    } else {
      result.problems.push_back(value.ok() ? absl::StrCat(path.string(), ": line ", number, ": expected a JSON object")
                                           : std::string(value.status().message()));
    }
  }
  return result;
}

absl::StatusOr<std::int64_t> CutTornLine(const std::filesystem::path& path) {
  auto content = ReadFile(path);
  if (absl::IsNotFound(content.status())) return 0;
  if (!content.ok()) return content.status();
  const std::size_t whole = content->rfind('\n') + 1;  // npos + 1 is 0: no finished line at all
  const std::int64_t torn = static_cast<std::int64_t>(content->size() - whole);
  if (torn == 0) return 0;
  std::error_code error;
  std::filesystem::resize_file(path, whole, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot shorten ", path.string(), ": ", error.message()));
  return torn;
}

absl::StatusOr<std::string> JsonString(const json::object& object, std::string_view key) {
  TANDEM_ASSIGN_OR_RETURN(const json::value* member, Member(object, key, "text"));
  if (!member->is_string()) return WrongType(key, *member, "text");
  return std::string(member->get_string());
}

absl::StatusOr<double> JsonNumber(const json::object& object, std::string_view key) {
  TANDEM_ASSIGN_OR_RETURN(const json::value* member, Member(object, key, "a number"));
  if (!member->is_number()) return WrongType(key, *member, "a number");
  return member->to_number<double>();
}

absl::StatusOr<std::int64_t> JsonInteger(const json::object& object, std::string_view key) {
  TANDEM_ASSIGN_OR_RETURN(const json::value* member, Member(object, key, "an integer"));
  json::error_code error;
  if (member->is_number()) {
    const std::int64_t number = member->to_number<std::int64_t>(error);
    if (!error) return number;
  }
  return WrongType(key, *member, "an integer of 64 bits");
}

}  // namespace tandem
