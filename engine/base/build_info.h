// What this program was built from: version and compiler. Stamped into run.json and game records, shown by --version and doctor.
#pragma once

#include <string>

namespace tandem {

std::string Version();  // "0.1.0"
std::string BuildId();  // version, compiler, optimised or debug: "0.1.0 gcc-12.2.0 opt"

}  // namespace tandem
