// tandem options: every option of a run with type, default, unit, range and meaning, as the documentation's page or as JSON.
#include "tools/commands/options.h"

#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/base/config.h"
#include "engine/base/json.h"
#include "tools/commands/command.h"

namespace tandem {
namespace {

constexpr std::string_view kIntroduction = R"(# Options of a run

Every option of `RunConfig`, as `tandem options` prints it from proto/run_config.proto (a test compares the two). Set one with
`--set KEY=VALUE`; presets beside the games and RUN/config.textproto hold the same options as protobuf text. An unknown key or a value out
of range is an error. Ranges are inclusive.
)";

// A vertical bar would end the cell.
std::string Cell(const std::string& text) { return absl::StrReplaceAll(text, {{"|", "\\|"}}); }

std::string Group(const std::string& key) {
  const std::size_t dot = key.find('.');
  return dot == std::string::npos ? "" : key.substr(0, dot);
}

boost::json::array OptionsJson() {
  boost::json::array all;
  for (const ConfigOption& option : ConfigHelp(*RunConfig::descriptor())) {
    boost::json::object row{{"key", option.key}, {"type", option.type}, {"default", option.default_value}, {"unit", option.unit}};
    if (option.min) row["min"] = *option.min;
    if (option.max) row["max"] = *option.max;
    row["help"] = option.help;
    all.push_back(std::move(row));
  }
  return all;
}

CommandAction SetUpOptions(CLI::App& app) {
  auto json = std::make_shared<bool>(false);
  app.add_flag("--json", *json, "machine-readable");
  return [json] {
    std::cout << (*json ? JsonPage(OptionsJson()) : OptionsPage());
    return CheckStdout();
  };
}

TANDEM_REGISTER_COMMAND("options", "prints every option of a run with default, range and meaning", SetUpOptions);

}  // namespace

std::string OptionsPage() {
  std::string page(kIntroduction);
  std::string group = "none yet";
  for (const ConfigOption& option : ConfigHelp(*RunConfig::descriptor())) {
    if (Group(option.key) != group) {
      group = Group(option.key);
      absl::StrAppend(&page, "\n## ", group.empty() ? "the run" : group, "\n\n| Option | Type | Default | Unit | Range | Meaning |\n",
                      "|---|---|---|---|---|---|\n");
    }
    absl::StrAppend(&page, "| `", option.key, "` | ", Cell(option.type), " | `", option.default_value, "` | ", Cell(option.unit), " | ",
                    option.Range(), " | ", Cell(option.help), " |\n");
  }
  return page;
}

}  // namespace tandem
