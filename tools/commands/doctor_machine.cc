// doctor: processor, memory, disk.
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/build_info.h"
#include "engine/base/file.h"
#include "engine/base/thread.h"
#include "tools/commands/doctor_checks.h"

namespace tandem {
namespace {

constexpr double kGibibyte = 1024.0 * 1024 * 1024;
constexpr double kLeastMemoryGib = 2;  // a default run holds a window, two networks and LibTorch in about one
constexpr double kLeastDiskGib = 1;    // a day of chunks and checkpoints of a small game

// Value of the first line of /proc/cpuinfo that begins with `key`; empty when there is none (another processor family).
std::string ProcessorInfo(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(key, 0) != 0) continue;
    const std::size_t colon = line.find(": ");
    return colon == std::string::npos ? "" : line.substr(colon + 2);
  }
  return "";
}

double AvailableMemoryGib() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    long long kibibytes = 0;
    if (std::sscanf(line.c_str(), "MemAvailable: %lld kB", &kibibytes) == 1) return static_cast<double>(kibibytes) * 1024 / kGibibyte;
  }
  return 0;
}

}  // namespace

std::string_view CheckLevelName(CheckLevel level) {
  switch (level) {
    case CheckLevel::kOk:
      return "ok";
    case CheckLevel::kWarning:
      return "warn";
    case CheckLevel::kFailure:
      break;
  }
  return "fail";
}

CheckResult CheckProgram() { return {"program", CheckLevel::kOk, BuildId()}; }

CheckResult CheckProcessor() {
  std::istringstream words(ProcessorInfo("flags"));
  std::set<std::string> flags;
  for (std::string word; words >> word;) flags.insert(word);
  std::vector<std::string> found;
  // What inference makes use of, by the kernel's names: vectors, then bf16 and int8 arithmetic.
  for (const char* flag :
       {"avx2", "fma", "bmi2", "avx512f", "avx512_bf16", "avx512_vnni", "avx_vnni", "amx_tile", "amx_bf16", "amx_int8"}) {
    if (flags.count(flag) > 0) found.push_back(flag);
  }
  const std::string model = ProcessorInfo("model name");
  CheckResult result{"processor", CheckLevel::kOk,
                     absl::StrCat(model.empty() ? "unknown model" : model, "; ", found.empty() ? "none" : absl::StrJoin(found, " "))};
  if (flags.count("avx2") == 0 || flags.count("fma") == 0) {
    result.level = CheckLevel::kWarning;
    absl::StrAppend(&result.detail, "; no AVX2 and FMA: networks will be slow");
  }
  return result;
}

CheckResult CheckCores() {
  return {"cores", CheckLevel::kOk,
          absl::StrCat(AvailableProcessors(), " usable of ", std::thread::hardware_concurrency(), " in the machine")};
}

CheckResult CheckMemory() {
  const double available = AvailableMemoryGib();
  const double total = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / kGibibyte;
  CheckResult result{"memory", CheckLevel::kOk, absl::StrFormat("%.1f GiB available of %.1f GiB", available, total)};
  if (available < kLeastMemoryGib) {
    result.level = CheckLevel::kWarning;
    absl::StrAppendFormat(&result.detail, ", expected at least %.0f GiB for training", kLeastMemoryGib);
  }
  return result;
}

CheckResult CheckDirectory(const std::filesystem::path& directory) {
  const std::string name = absl::StrCat("directory ", directory.string());
  std::error_code error;
  const auto space = std::filesystem::space(directory, error);
  if (error) return {name, CheckLevel::kFailure, error.message()};
  const std::filesystem::path probe = directory / absl::StrCat(".tandem-doctor-", ::getpid());
  const std::string content = "tandem doctor";
  const absl::Status written = WriteFileAtomic(probe, content);
  const auto read = ReadFile(probe);
  std::filesystem::remove(probe, error);
  if (!written.ok()) return {name, CheckLevel::kFailure, std::string(written.message())};
  if (!read.ok() || *read != content) return {name, CheckLevel::kFailure, "a file does not read back as it was written"};

  const double free = static_cast<double>(space.available) / kGibibyte;
  CheckResult result{name, CheckLevel::kOk, absl::StrFormat("writable, %.1f GiB free", free)};
  if (free < kLeastDiskGib) {
    result.level = CheckLevel::kWarning;
    absl::StrAppendFormat(&result.detail, ", expected at least %.0f GiB for training", kLeastDiskGib);
  }
  return result;
}

}  // namespace tandem
