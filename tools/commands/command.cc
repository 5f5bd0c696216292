#include "tools/commands/command.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <iostream>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "engine/base/check.h"
#include "engine/base/log.h"

namespace tandem {
namespace {

constexpr char kVersion[] = "tandem 0.1.0\n";
constexpr char kLogLevels[] = "trace, debug, info, warning, error or off";

// Made on first use: commands register themselves before main, in an unknown order.
std::map<std::string, Command>& Commands() {
  static auto* commands = new std::map<std::string, Command>;
  return *commands;
}

int ExitCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return 0;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented:
      return 2;
    default:
      return 1;
  }
}

// The word of the command line that should be a command, when it is none.
std::string UnknownCommand(int argc, const char* const* argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--log-level") {
      ++i;
    } else if (word.empty() || word[0] != '-') {
      return Commands().count(std::string(word)) > 0 ? "" : std::string(word);
    }
  }
  return "";
}

// Help and version are "errors" of CLI11 with exit code 0.
int ReportParseError(const CLI::App& app, const CLI::ParseError& error, int argc, const char* const* argv) {
  if (error.get_exit_code() == 0) {
    app.exit(error, std::cout, std::cerr);
    return CheckStdout().ok() ? 0 : 1;
  }
  std::string who = "tandem";
  for (const CLI::App* command : app.get_subcommands()) absl::StrAppend(&who, " ", command->get_name());
  const std::string unknown = UnknownCommand(argc, argv);
  if (!unknown.empty()) {
    std::vector<std::string> names;
    for (const auto& [name, command] : Commands()) names.push_back(name);
    PrintErrorLine(who, absl::StrCat("no command '", unknown, "'; there are: ", absl::StrJoin(names, ", ")));
  } else {
    PrintErrorLine(who, absl::StrCat(error.what(), who == "tandem" ? " (see tandem --help)" : ""));
  }
  return 2;
}

}  // namespace

bool RegisterCommand(std::string_view name, std::string_view help, CommandSetup setup) {
  const bool is_new = Commands().emplace(std::string(name), Command{std::string(name), std::string(help), setup}).second;
  TANDEM_CHECK(is_new);
  return true;
}

std::vector<Command> RegisteredCommands() {
  std::vector<Command> commands;
  for (const auto& [name, command] : Commands()) commands.push_back(command);
  return commands;
}

void PrintErrorLine(std::string_view who, absl::string_view message) {
  std::cerr << who << ": " << absl::StrReplaceAll(message, {{"\n", " "}, {"\r", " "}}) << std::endl;
}

absl::Status AlreadyReported() { return absl::InvalidArgumentError(""); }

absl::Status CheckStdout() {
  errno = 0;
  if (std::cout.flush().good() && std::fflush(stdout) == 0) return absl::OkStatus();
  const int error = errno;
  // The write that failed may be long past, so a closed pipe is asked of the descriptor and not of errno.
  pollfd output{STDOUT_FILENO, POLLOUT, 0};
  if (error == EPIPE || (poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0)) return absl::CancelledError("stdout was closed");
  return absl::ResourceExhaustedError(absl::StrCat("cannot write to stdout: ", error != 0 ? std::strerror(error) : "a write failed"));
}

int RunCommandLine(int argc, const char* const* argv) {
  // A peer that goes away (a pipe, a socket, another engine) is an error of one write, not the end of the program.
  std::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Tandem: a game engine in which search and network teach each other", "tandem");
  app.set_version_flag("--version", kVersion);
  app.set_help_flag("-h,--help", "prints this help, or that of a command");
  app.require_subcommand(1);
  app.fallthrough();  // --log-level may also follow the command
  std::string log_level;
  app.add_option("--log-level", log_level, kLogLevels);
  std::map<const CLI::App*, CommandAction> actions;
  for (const Command& command : RegisteredCommands()) {
    CLI::App* sub = app.add_subcommand(command.name, command.help);
    sub->fallthrough();
    actions[sub] = command.setup(*sub);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return ReportParseError(app, error, argc, argv);
  }
  if (!log_level.empty() && !SetLogLevel(log_level)) {
    PrintErrorLine("tandem", absl::StrCat("--log-level '", log_level, "': expected ", kLogLevels));
    return 2;
  }
  const CLI::App* chosen = app.get_subcommands().front();
  absl::Status status = actions.at(chosen)();
  if (status.ok()) status = CheckStdout();
  if (status.ok() || (absl::IsCancelled(status) && !CheckStdout().ok())) return 0;
  if (!status.message().empty()) PrintErrorLine(absl::StrCat("tandem ", chosen->get_name()), status.message());
  return ExitCode(status);
}

}  // namespace tandem
