#include "engine/base/log.h"

#include <memory>
#include <string>

#include "spdlog/sinks/stdout_color_sinks.h"

namespace tandem {

spdlog::logger& Log() {
  static const std::shared_ptr<spdlog::logger> logger = [] {
    auto made = spdlog::stderr_color_mt("tandem");
    made->set_pattern("%H:%M:%S %^%l%$ %v");
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

}  // namespace tandem
