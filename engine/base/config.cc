#include "engine/base/config.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/file.h"
#include "engine/base/status.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"

namespace tandem {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::TextFormat;

constexpr std::size_t kConfigHashDigits = 32;

bool IsGroup(const FieldDescriptor& field) { return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE; }

// Levenshtein distance: single-character insertions, deletions and replacements.
int EditDistance(std::string_view a, std::string_view b) {
  std::vector<int> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    int diagonal = std::exchange(row[0], static_cast<int>(i));
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const int replace = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replace});
    }
  }
  return row.back();
}

// The existing key most like `key`: by the whole path, or by the option's own name when the section is missing or wrong.
std::string NearestKey(const Descriptor& descriptor, std::string_view key) {
  const std::string wanted = absl::AsciiStrToLower(absl::string_view(key.data(), key.size()));
  const std::string wanted_name = wanted.substr(wanted.rfind('.') + 1);
  std::string best;
  int best_distance = std::numeric_limits<int>::max();
  for (const ConfigOption& option : ConfigHelp(descriptor)) {
    const std::string name = option.key.substr(option.key.rfind('.') + 1);
    const int distance = std::min(2 * EditDistance(wanted, option.key), 2 * EditDistance(wanted_name, name) + 1);
    if (distance < best_distance) {
      best_distance = distance;
      best = option.key;
    }
  }
  return best;
}

absl::Status UnknownKey(const Descriptor& descriptor, std::string_view key) {
  return BadInput("unknown option \"", std::string(key), "\"; did you mean \"", NearestKey(descriptor, key), "\"?");
}

std::string KeysOf(const Descriptor& descriptor, std::string_view prefix) {
  std::vector<std::string> keys;
  for (int i = 0; i < descriptor.field_count(); ++i) keys.push_back(absl::StrCat(std::string(prefix), ".", descriptor.field(i)->name()));
  return absl::StrJoin(keys, ", ");
}

// Finds the field at the end of a dotted path below `descriptor`, with the fields that lead to it.
absl::StatusOr<std::vector<const FieldDescriptor*>> FindPath(const Descriptor& descriptor, std::string_view key) {
  std::vector<const FieldDescriptor*> path;
  const Descriptor* level = &descriptor;
  for (const std::string& name : std::vector<std::string>(absl::StrSplit(absl::string_view(key.data(), key.size()), '.'))) {
    const FieldDescriptor* field = level == nullptr ? nullptr : level->FindFieldByName(name);
    if (field == nullptr || field->is_repeated()) return UnknownKey(descriptor, key);
    path.push_back(field);
    level = field->message_type();
  }
  if (IsGroup(*path.back())) {
    return BadInput("\"", std::string(key), "\" is a group of options: ", KeysOf(*path.back()->message_type(), key));
  }
  return path;
}

std::string NumberText(double number) {
  return std::abs(number) < 1e15 && number == std::floor(number) ? absl::StrCat(static_cast<std::int64_t>(number)) : absl::StrCat(number);
}

std::string RangeText(const FieldDoc& doc) {
  if (doc.has_min() && doc.has_max()) return absl::StrCat(NumberText(doc.min()), " to ", NumberText(doc.max()));
  if (doc.has_min()) return absl::StrCat(">= ", NumberText(doc.min()));
  if (doc.has_max()) return absl::StrCat("<= ", NumberText(doc.max()));
  return "";
}

absl::Status CheckRange(const FieldDescriptor& field, std::string_view key, double value) {
  const FieldDoc& options = field.options().GetExtension(doc);
  if (std::isfinite(value) && !(options.has_min() && value < options.min()) && !(options.has_max() && value > options.max())) {
    return absl::OkStatus();
  }
  return BadInput("option ", std::string(key), " is ", NumberText(value), ", expected ", RangeText(options),
                  options.unit().empty() ? "" : " ", options.unit());
}

std::string EnumNames(const FieldDescriptor& field) {
  std::vector<std::string> names;
  for (int i = 0; i < field.enum_type()->value_count(); ++i) names.push_back(field.enum_type()->value(i)->name());
  return absl::StrJoin(names, ", ");
}

std::string TypeText(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true/false";
    case FieldDescriptor::CPPTYPE_STRING:
      return "text";
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumNames(field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "number";
    default:
      return "integer";
  }
}

absl::Status WrongType(const FieldDescriptor& field, std::string_view key, std::string_view value) {
  const bool one_of = field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
  return BadInput("option ", std::string(key), " is \"", std::string(value), "\", expected ", one_of ? "one of " : "", TypeText(field));
}

// Reads an integer type of protobuf and stores it with `set` when it is in range.
template <typename Integer, typename Set>
absl::Status SetInteger(const FieldDescriptor& field, std::string_view key, std::string_view value, const Set& set) {
  Integer number = 0;
  if (!absl::SimpleAtoi(absl::string_view(value.data(), value.size()), &number)) return WrongType(field, key, value);
  TANDEM_RETURN_IF_ERROR(CheckRange(field, key, static_cast<double>(number)));
  set(number);
  return absl::OkStatus();
}

absl::Status SetField(Message& message, const FieldDescriptor& field, std::string_view key, std::string_view value) {
  const Reflection& reflection = *message.GetReflection();
  const absl::string_view text(value.data(), value.size());
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return SetInteger<std::int32_t>(field, key, value, [&](auto n) { reflection.SetInt32(&message, &field, n); });
    case FieldDescriptor::CPPTYPE_INT64:
      return SetInteger<std::int64_t>(field, key, value, [&](auto n) { reflection.SetInt64(&message, &field, n); });
    case FieldDescriptor::CPPTYPE_UINT32:
      return SetInteger<std::uint32_t>(field, key, value, [&](auto n) { reflection.SetUInt32(&message, &field, n); });
    case FieldDescriptor::CPPTYPE_UINT64:
      return SetInteger<std::uint64_t>(field, key, value, [&](auto n) { reflection.SetUInt64(&message, &field, n); });
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: {
      double number = 0;
      if (!absl::SimpleAtod(text, &number)) return WrongType(field, key, value);
      TANDEM_RETURN_IF_ERROR(CheckRange(field, key, number));
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
        reflection.SetDouble(&message, &field, number);
      } else {
        reflection.SetFloat(&message, &field, static_cast<float>(number));
      }
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      bool flag = false;
      if (!absl::SimpleAtob(text, &flag)) return WrongType(field, key, value);
      reflection.SetBool(&message, &field, flag);
      return absl::OkStatus();
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      for (int i = 0; i < field.enum_type()->value_count(); ++i) {
        const auto* candidate = field.enum_type()->value(i);
        if (!absl::EqualsIgnoreCase(candidate->name(), text)) continue;
        reflection.SetEnum(&message, &field, candidate);
        return absl::OkStatus();
      }
      return WrongType(field, key, value);
    }
    case FieldDescriptor::CPPTYPE_STRING:
      reflection.SetString(&message, &field, std::string(value));
      return absl::OkStatus();
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return BadInput("option ", std::string(key), " cannot be set from text");
}

// Numeric value of a field (its default when unset); nullopt for text, truth values and enumerations.
std::optional<double> NumericValue(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return static_cast<double>(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.GetUInt32(message, &field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return static_cast<double>(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.GetFloat(message, &field);
    default:
      return std::nullopt;
  }
}

// Sets every unset option to its default, explicitly.
void FillDefaults(Message& message) {
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (field->is_repeated()) continue;
    if (IsGroup(*field)) {
      FillDefaults(*reflection.MutableMessage(&message, field));
      continue;
    }
    if (reflection.HasField(message, field)) continue;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT32:
        reflection.SetInt32(&message, field, field->default_value_int32());
        break;
      case FieldDescriptor::CPPTYPE_INT64:
        reflection.SetInt64(&message, field, field->default_value_int64());
        break;
      case FieldDescriptor::CPPTYPE_UINT32:
        reflection.SetUInt32(&message, field, field->default_value_uint32());
        break;
      case FieldDescriptor::CPPTYPE_UINT64:
        reflection.SetUInt64(&message, field, field->default_value_uint64());
        break;
      case FieldDescriptor::CPPTYPE_DOUBLE:
        reflection.SetDouble(&message, field, field->default_value_double());
        break;
      case FieldDescriptor::CPPTYPE_FLOAT:
        reflection.SetFloat(&message, field, field->default_value_float());
        break;
      case FieldDescriptor::CPPTYPE_BOOL:
        reflection.SetBool(&message, field, field->default_value_bool());
        break;
      case FieldDescriptor::CPPTYPE_ENUM:
        reflection.SetEnum(&message, field, field->default_value_enum());
        break;
      case FieldDescriptor::CPPTYPE_STRING:
        reflection.SetString(&message, field, field->default_value_string());
        break;
      case FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
  }
}

absl::Status ValidateBelow(const Message& message, const std::string& prefix) {
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.is_repeated()) continue;
    const std::string key = prefix + field.name();
    if (IsGroup(field)) {
      TANDEM_RETURN_IF_ERROR(ValidateBelow(message.GetReflection()->GetMessage(message, &field), key + "."));
    } else if (const auto value = NumericValue(message, field)) {
      TANDEM_RETURN_IF_ERROR(CheckRange(field, key, *value));
    }
  }
  return absl::OkStatus();
}

std::string ValueText(const Message& message, const FieldDescriptor& field) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) return message.GetReflection()->GetString(message, &field);
  std::string text;
  TextFormat::PrintFieldValueToString(message, &field, -1, &text);
  return text;
}

void AddHelp(const Message& defaults, const std::string& prefix, std::vector<ConfigOption>& options) {
  const Descriptor& descriptor = *defaults.GetDescriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (field.is_repeated()) continue;
    if (IsGroup(field)) {
      AddHelp(defaults.GetReflection()->GetMessage(defaults, &field), prefix + field.name() + ".", options);
      continue;
    }
    const FieldDoc& text = field.options().GetExtension(doc);
    ConfigOption option;
    option.key = prefix + field.name();
    option.type = TypeText(field);
    option.default_value = ValueText(defaults, field);
    option.unit = text.unit();
    if (text.has_min()) option.min = text.min();
    if (text.has_max()) option.max = text.max();
    option.help = text.help();
    options.push_back(std::move(option));
  }
}

// Keeps the first error of the text reader.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int column, const std::string& message) override {
    if (message_.empty()) message_ = absl::StrCat("line ", line + 1, ", column ", column + 1, ": ", message);
  }
  const std::string& message() const { return message_; }

 private:
  std::string message_;
};

}  // namespace

std::string ConfigOption::Range() const {
  FieldDoc range;
  if (min) range.set_min(*min);
  if (max) range.set_max(*max);
  return RangeText(range);
}

absl::Status SetConfigValue(Message& config, std::string_view key, std::string_view value) {
  TANDEM_ASSIGN_OR_RETURN(const auto path, FindPath(*config.GetDescriptor(), key));
  // The value is tried on an empty message first: naming a sub-message must not create it when the value is refused.
  const std::unique_ptr<Message> trial(config.New());
  for (Message* root : {trial.get(), &config}) {
    Message* message = root;
    for (std::size_t i = 0; i + 1 < path.size(); ++i) message = message->GetReflection()->MutableMessage(message, path[i]);
    TANDEM_RETURN_IF_ERROR(SetField(*message, *path.back(), key, value));
  }
  return absl::OkStatus();
}

absl::Status SetConfigValue(Message& config, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) return BadInput("\"", std::string(assignment), "\" sets no option, expected key=value");
  return SetConfigValue(config, assignment.substr(0, equals), assignment.substr(equals + 1));
}

absl::StatusOr<std::string> GetConfigValue(const Message& config, std::string_view key) {
  TANDEM_ASSIGN_OR_RETURN(const auto path, FindPath(*config.GetDescriptor(), key));
  const Message* message = &config;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) message = &message->GetReflection()->GetMessage(*message, path[i]);
  return ValueText(*message, *path.back());
}

absl::Status ParseConfigText(std::string_view text, std::string_view where, Message& config) {
  const std::unique_ptr<Message> parsed(config.New());
  FirstError error;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  if (!parser.ParseFromString(std::string(text), parsed.get())) {
    std::string hint;
    static constexpr std::string_view kUnknown = "has no field named \"";
    if (const std::size_t at = error.message().find(kUnknown); at != std::string::npos) {
      const std::size_t begin = at + kUnknown.size();
      const std::string name = error.message().substr(begin, error.message().find('"', begin) - begin);
      hint = absl::StrCat(" The nearest option is ", NearestKey(*config.GetDescriptor(), name), ".");
    }
    return BadInput(std::string(where), ": ", error.message(), hint);
  }
  if (auto status = ValidateConfig(*parsed); !status.ok()) return Annotate(status, where);
  config.MergeFrom(*parsed);
  return absl::OkStatus();
}

std::string ConfigText(const Message& config) {
  const std::unique_ptr<Message> full(config.New());
  full->CopyFrom(config);
  FillDefaults(*full);
  std::string text;
  TextFormat::PrintToString(*full, &text);
  return text;
}

absl::Status ValidateConfig(const Message& config) { return ValidateBelow(config, ""); }

std::string ConfigHash(const Message& config) { return Sha256Hex(ConfigText(config)).substr(0, kConfigHashDigits); }

std::vector<ConfigOption> ConfigHelp(const Descriptor& descriptor) {
  const std::unique_ptr<Message> defaults(google::protobuf::MessageFactory::generated_factory()->GetPrototype(&descriptor)->New());
  std::vector<ConfigOption> options;
  AddHelp(*defaults, "", options);
  return options;
}

absl::StatusOr<RunConfig> ResolveConfig(std::string_view preset, std::span<const std::string> overrides) {
  RunConfig config;
  TANDEM_RETURN_IF_ERROR(ParseConfigText(preset, "preset", config));
  for (const std::string& assignment : overrides) TANDEM_RETURN_IF_ERROR(SetConfigValue(config, assignment));
  return config;
}

}  // namespace tandem
