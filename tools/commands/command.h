// Subcommands of the `tandem` binary. A subcommand lives in one source file, declares its options on its own CLI11 app and returns what
// to do once they are parsed; it registers itself, so that the main file names no command:
//
//   struct PerftOptions { std::string game; int depth = 0; };
//   absl::Status RunPerft(const PerftOptions& options);
//
//   CommandAction SetUpPerft(CLI::App& app) {
//     auto options = std::make_shared<PerftOptions>();
//     app.add_option("--game", options->game, "game, NAME[:key=value,...]")->required();
//     app.add_option("--depth", options->depth, "plies")->required()->check(CLI::Range(0, 30));
//     return [options] { return RunPerft(*options); };
//   }
//   TANDEM_REGISTER_COMMAND("perft", "counts the leaves of the game tree", SetUpPerft);
//
// and its target in tools/commands/BUILD has alwayslink = True and is listed in `:all`. Reports go to stdout, everything else to stderr.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"

namespace tandem {

using CommandAction = std::function<absl::Status()>;
using CommandSetup = CommandAction (*)(CLI::App& app);

struct Command {
  std::string name;
  std::string help;  // one line
  CommandSetup setup = nullptr;
};

// Called before main by TANDEM_REGISTER_COMMAND; a name that is taken is a broken invariant.
bool RegisterCommand(std::string_view name, std::string_view help, CommandSetup setup);
// All registered commands by name.
std::vector<Command> RegisteredCommands();

// Parses the command line, runs the command that it names and returns the exit code: 0 on success; 2 when the input was bad (a CLI11
// parse error; kInvalidArgument, kNotFound, kOutOfRange, kAlreadyExists, kFailedPrecondition, kDataLoss, kPermissionDenied,
// kUnauthenticated, kUnimplemented); 1 for any other failure. An error is one line "tandem COMMAND: message" on stderr.
int RunCommandLine(int argc, const char* const* argv);

// One line "who: message" on stderr, line breaks made blanks.
void PrintErrorLine(std::string_view who, absl::string_view message);
// For a command that goes on after bad input and has printed its errors: exit code 2 without a further line.
absl::Status AlreadyReported();

// Ends with an error when stdout can no longer be written (a full disk, a closed pipe). Commands that print in a loop ask now and then,
// because SIGPIPE is ignored. A closed pipe is kCancelled, which RunCommandLine takes as a quiet success: the reader had enough.
absl::Status CheckStdout();

}  // namespace tandem

#define TANDEM_REGISTER_COMMAND(name, help, setup) \
  [[maybe_unused]] static const bool tandem_registered_command_ = ::tandem::RegisterCommand(name, help, setup)
