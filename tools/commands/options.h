// The page of all options of a run, generated from proto/run_config.proto: `tandem options` prints it and docs/options.md is its output.
#pragma once

#include <string>

namespace tandem {

// Markdown: a section for each group of options, a row for each option.
std::string OptionsPage();

}  // namespace tandem
