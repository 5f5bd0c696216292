// tandem doctor: checks the machine and the program, a line each; exit code 1 when one fails.
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "tools/commands/command.h"
#include "tools/commands/doctor_checks.h"

namespace tandem {
namespace {

struct DoctorOptions {
  std::string directory = ".";
  std::string game;
  bool json = false;
};

class Reporter {
 public:
  explicit Reporter(bool json) : json_(json) {}

  void Add(const CheckResult& result) {
    failures_ += result.level == CheckLevel::kFailure;
    const std::string level(CheckLevelName(result.level));
    if (json_) {
      all_.push_back(boost::json::object{{"check", result.name}, {"level", level}, {"detail", result.detail}});
    } else {
      // Flushed: the later checks take a while.
      std::cout << absl::StrFormat("%-4s  %s: %s", level, result.name, result.detail) << std::endl;
    }
  }

  absl::Status Finish() {
    if (json_) std::cout << JsonPage(all_);
    TANDEM_RETURN_IF_ERROR(CheckStdout());
    if (failures_ == 0) return absl::OkStatus();
    return absl::InternalError(absl::StrCat(failures_, failures_ == 1 ? " check" : " checks", " failed"));
  }

 private:
  const bool json_;
  int failures_ = 0;
  boost::json::array all_;
};

// The game asked for, else the first one registered; null when there is none.
absl::StatusOr<const Game*> NetworkGame(const std::string& spec) {
  if (!spec.empty()) return FindGame(spec);
  const auto games = RegisteredGames();
  if (games.empty()) return nullptr;
  return FindGame(games[0].name);
}

absl::Status RunDoctor(const DoctorOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const Game* game, NetworkGame(options.game));
  Reporter reporter(options.json);
  reporter.Add(CheckProgram());
  reporter.Add(CheckProcessor());
  reporter.Add(CheckCores());
  reporter.Add(CheckMemory());
  reporter.Add(CheckDirectory(options.directory));
  for (const CheckResult& result : CheckRules()) reporter.Add(result);
  if (game != nullptr) reporter.Add(CheckNetwork(*game));
  return reporter.Finish();
}

CommandAction SetUpDoctor(CLI::App& app) {
  auto options = std::make_shared<DoctorOptions>();
  app.add_option("--directory", options->directory, "where runs are to be written")->capture_default_str();
  app.add_option("--game", options->game, "game of the network check; the first registered one by default");
  app.add_flag("--json", options->json, "machine-readable");
  return [options] { return RunDoctor(*options); };
}

TANDEM_REGISTER_COMMAND("doctor", "checks the machine, the rules and the network", SetUpDoctor);

}  // namespace
}  // namespace tandem
