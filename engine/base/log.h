// Log lines of the program, on stderr through spdlog so that stdout stays protocol and reports:
//
//   Log().info("chunk {} written, {} games", name, num_games);
//
// INFO is for events of a run's life; loops log rate-limited or not at all (numbers go to metrics). Thread-safe.
// Not to be included in a file that includes torch (torch ships its own fmt).
#pragma once

#include <string_view>

#include "spdlog/spdlog.h"

namespace tandem {

spdlog::logger& Log();
// "trace", "debug", "info", "warning", "error", "off"; false when the name is unknown.
bool SetLogLevel(std::string_view level);
// While a line that is redrawn in place stands on the terminal, each log line first wipes it. No effect when stderr is no terminal.
void LogAboveStatusLine(bool above);

}  // namespace tandem
