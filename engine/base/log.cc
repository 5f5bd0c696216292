#include "engine/base/log.h"

#include <unistd.h>

#include <memory>
#include <string>

#include "spdlog/sinks/stdout_color_sinks.h"

namespace tandem {
namespace {

constexpr char kPattern[] = "%H:%M:%S %^%l%$ %v";

}  // namespace

spdlog::logger& Log() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = spdlog::stderr_color_mt("tandem");
    made->set_pattern(kPattern);
    return made;
  }();
  return *logger;
}

bool SetLogLevel(std::string_view level) {
  const auto parsed = spdlog::level::from_str(std::string(level));
  if (parsed == spdlog::level::off && level != "off") return false;
  Log().set_level(parsed);
  return true;
}

void LogAboveStatusLine(bool above) {
  constexpr std::string_view kWipe = "\r\x1b[K";
  if (::isatty(STDERR_FILENO)) Log().set_pattern(above ? std::string(kWipe) + kPattern : kPattern);
}

}  // namespace tandem
