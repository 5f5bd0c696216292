// The checks of `tandem doctor`: is this machine fit, and does the program compute what it should on it? Each check is a function that
// returns one line or several; the command only prints them.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/game/state.h"

namespace tandem {

enum class CheckLevel { kOk, kWarning, kFailure };
std::string_view CheckLevelName(CheckLevel level);  // "ok", "warn", "fail"

struct CheckResult {
  std::string name;  // "memory"
  CheckLevel level = CheckLevel::kOk;
  std::string detail;  // what was found, and what was expected when it is not ok
};

// doctor_machine.cc
CheckResult CheckProgram();
CheckResult CheckProcessor();
CheckResult CheckCores();
CheckResult CheckMemory();
// Free space, and that a file written there reads back.
CheckResult CheckDirectory(const std::filesystem::path& directory);

// doctor_engine.cc
// For each registered game: leaf counts of the fast counter against plain recursion over the State interface.
std::vector<CheckResult> CheckRules();
// A fresh network: answers in fp32 and in the precision chosen on this machine agree. Says which one, and how fast.
CheckResult CheckNetwork(const Game& game);

}  // namespace tandem
