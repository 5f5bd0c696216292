#include "engine/base/build_info.h"

namespace tandem {

std::string Version() { return "0.1.0"; }

std::string BuildId() {
#ifdef NDEBUG
  const std::string mode = "opt";
#else
  const std::string mode = "debug";
#endif
  return Version() + " " + "gcc-" + __VERSION__ + " " + mode;
}

}  // namespace tandem
