#include "engine/agent/external_process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <mutex>

#include "absl/strings/escaping.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "boost/asio.hpp"
#include "boost/optional.hpp"  // Process 1.81 uses it and is_constructible without including them
#include "boost/type_traits.hpp"
// After the two above.
#include "boost/process/v2/process.hpp"
#include "boost/process/v2/stdio.hpp"
#include "engine/base/status.h"

namespace tandem {
namespace {

namespace asio = boost::asio;
namespace process = boost::process::v2;

constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxBacklogBytes = std::size_t{1} << 24;  // lines that nobody has asked for yet
constexpr std::size_t kLastWordsBytes = 400;
constexpr absl::Duration kStopPoll = absl::Milliseconds(20);  // how often a wait looks at its stop token
constexpr absl::Duration kLeaveTime = absl::Milliseconds(300);

// In the child, between fork and exec: a group of its own, and signals as a fresh program expects them.
struct OwnGroup {
  template <typename Launcher>
  boost::system::error_code on_exec_setup(Launcher&, const std::filesystem::path&, const char* const*(&)) const {
    ::setpgid(0, 0);
    ::signal(SIGPIPE, SIG_DFL);
    ::signal(SIGINT, SIG_DFL);
    return {};
  }
};

// The library removes signals' effects from our side: writing to a child that has died must be an error and not the end of the program.
void IgnoreBrokenPipes() {
  static std::once_flag once;
  std::call_once(once, [] { ::signal(SIGPIPE, SIG_IGN); });
}

absl::StatusOr<std::filesystem::path> FindProgram(const std::string& name) {
  const auto runs = [](const std::filesystem::path& path) {
    std::error_code error;
    return std::filesystem::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) {
    if (runs(name)) return std::filesystem::path(name);
    return absl::NotFoundError(absl::StrCat("no program ", name, "; expected the path of an executable file"));
  }
  const char* const path = std::getenv("PATH");
  for (const std::string& directory : std::vector<std::string>(absl::StrSplit(path == nullptr ? "" : path, ':', absl::SkipEmpty()))) {
    if (runs(std::filesystem::path(directory) / name)) return std::filesystem::path(directory) / name;
  }
  return absl::NotFoundError(absl::StrCat("no program '", name, "' in PATH"));
}

}  // namespace

absl::StatusOr<std::vector<std::string>> SplitCommand(std::string_view command) {
  std::vector<std::string> words;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (quote == 0 && std::isspace(static_cast<unsigned char>(c))) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (c == '\\' && quote != '\'' && i + 1 < command.size()) {
      words.back() += command[++i];
    } else if (quote != 0 ? c == quote : c == '"' || c == '\'') {
      quote = quote != 0 ? 0 : c;
    } else {
      words.back() += c;
    }
  }
  if (quote != 0) return BadInput("command '", std::string(command), "': expected a closing ", std::string(1, quote));
  if (words.empty() || words[0].empty()) return BadInput("command '", std::string(command), "': expected a program and its arguments");
  return words;
}

struct ExternalProcess::Pipes {
  asio::io_context io;
  asio::writable_pipe input{io};
  asio::readable_pipe output{io};
  asio::readable_pipe errors{io};
  std::unique_ptr<process::process> child;
  int pid = -1;
  bool reaped = false;
  std::string name;

  std::array<char, 4096> output_bytes, error_bytes;
  std::string unread;  // of the output, from the end of the last line that was taken
  std::size_t scanned = 0;
  std::string last_words;
  bool ended = false;  // no more output will come

  void ReadOutput() {
    output.async_read_some(asio::buffer(output_bytes), [this](boost::system::error_code error, std::size_t size) {
      unread.append(output_bytes.data(), size);
      if (error) {
        ended = true;
      } else if (unread.size() < kMaxBacklogBytes) {
        ReadOutput();
      }
    });
  }
  void ReadErrors() {
    errors.async_read_some(asio::buffer(error_bytes), [this](boost::system::error_code error, std::size_t size) {
      last_words.append(error_bytes.data(), size);
      if (last_words.size() > kLastWordsBytes) last_words.erase(0, last_words.size() - kLastWordsBytes);
      if (!error) ReadErrors();
    });
  }

  // Moves bytes until `done` or the deadline.
  template <typename Done>
  absl::Status RunUntil(const Done& done, absl::Duration timeout, std::stop_token stop) {
    const absl::Time deadline = absl::Now() + timeout;
    while (!done()) {
      if (stop.stop_requested()) return absl::CancelledError("stopped");
      const absl::Duration left = deadline - absl::Now();
      if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError("");
      io.restart();
      io.run_one_for(absl::ToChronoMicroseconds(std::min(left, kStopPoll)));
    }
    return absl::OkStatus();
  }

  // Waits for the end of the child, at most this long; false when it lives on.
  bool Reap(absl::Duration timeout, int* status) {
    const absl::Time deadline = absl::Now() + timeout;
    for (;;) {
      const int got = ::waitpid(pid, status, WNOHANG);
      if (got == pid || (got < 0 && errno == ECHILD)) return reaped = true;
      if (absl::Now() >= deadline) return false;
      io.restart();
      io.run_one_for(std::chrono::milliseconds(2));  // its last output must not block it
    }
  }

  std::string HowItEnded() {
    int status = 0;
    std::string text;
    if (!reaped && !Reap(kLeaveTime, &status)) {
      text = "has closed its output";
    } else if (WIFSIGNALED(status)) {
      text = absl::StrCat("was ended by signal ", WTERMSIG(status));
    } else {
      text = absl::StrCat("has ended with exit code ", WEXITSTATUS(status));
    }
    const std::vector<std::string> lines = absl::StrSplit(last_words, absl::ByAnyChar("\r\n"), absl::SkipWhitespace());
    if (!lines.empty()) absl::StrAppend(&text, "; its last words: ", absl::CHexEscape(lines.back()));
    return text;
  }
};

ExternalProcess::ExternalProcess(std::unique_ptr<Pipes> pipes) : pipes_(std::move(pipes)) {}

absl::StatusOr<std::unique_ptr<ExternalProcess>> ExternalProcess::Start(const std::vector<std::string>& words) {
  TANDEM_ASSIGN_OR_RETURN(const std::filesystem::path program, FindProgram(words[0]));
  IgnoreBrokenPipes();
  auto pipes = std::make_unique<Pipes>();
  pipes->name = program.filename();
  boost::system::error_code error;
  try {
    process::default_process_launcher launcher;
    auto child = launcher(pipes->io.get_executor(), error, program.string(), std::vector<std::string>(words.begin() + 1, words.end()),
                          process::process_stdio{pipes->input, pipes->output, pipes->errors}, OwnGroup{});
    if (!error) pipes->child = std::make_unique<process::process>(std::move(child));
  } catch (const std::exception& exception) {
    return absl::UnavailableError(absl::StrCat("can not start ", words[0], ": ", exception.what()));
  }
  if (error) return absl::UnavailableError(absl::StrCat("can not start ", words[0], ": ", error.message()));
  pipes->pid = pipes->child->id();
  ::setpgid(pipes->pid, pipes->pid);  // whoever comes first, so that the group exists from here on
  pipes->ReadOutput();
  pipes->ReadErrors();
  return std::unique_ptr<ExternalProcess>(new ExternalProcess(std::move(pipes)));
}

ExternalProcess::~ExternalProcess() {
  boost::system::error_code ignored;
  pipes_->input.close(ignored);
  int status = 0;
  if (!pipes_->reaped) pipes_->Reap(kLeaveTime, &status);
  ::kill(-pipes_->pid, SIGKILL);  // children of its own too
  if (!pipes_->reaped) {
    ::kill(pipes_->pid, SIGKILL);
    while (::waitpid(pipes_->pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
  pipes_->child->detach();  // reaped above
}

absl::Status ExternalProcess::WriteLine(std::string_view line, absl::Duration timeout) {
  const std::string text = absl::StrCat(absl::string_view(line.data(), line.size()), "\n");
  bool done = false;
  boost::system::error_code failure;
  asio::async_write(pipes_->input, asio::buffer(text), [&](boost::system::error_code error, std::size_t) {
    done = true;
    failure = error;
  });
  const absl::Status written = pipes_->RunUntil([&] { return done; }, timeout, {});
  if (!done) {
    boost::system::error_code ignored;
    pipes_->input.cancel(ignored);
    while (!done) {
      pipes_->io.restart();
      pipes_->io.run_one_for(std::chrono::milliseconds(10));
    }
  }
  if (!written.ok()) {
    return absl::DeadlineExceededError(
        absl::StrCat(pipes_->name, " does not read its input; it was sent '", std::string(line.substr(0, 40)), "'"));
  }
  if (failure) return absl::UnavailableError(absl::StrCat(pipes_->name, " ", pipes_->HowItEnded()));
  return absl::OkStatus();
}

absl::StatusOr<std::string> ExternalProcess::ReadLine(absl::Duration timeout, std::stop_token stop) {
  Pipes& pipes = *pipes_;
  std::size_t end = std::string::npos;
  const auto has_line = [&] {
    end = pipes.unread.find('\n', pipes.scanned);
    if (end == std::string::npos) pipes.scanned = pipes.unread.size();
    return end != std::string::npos || pipes.ended || pipes.unread.size() > kMaxLineBytes;
  };
  const absl::Status waited = pipes.RunUntil(has_line, timeout, stop);
  if (absl::IsDeadlineExceeded(waited)) {
    return absl::DeadlineExceededError(
        absl::StrCat(pipes.name, " has not answered within ", absl::FormatDuration(absl::Ceil(timeout, absl::Milliseconds(1)))));
  }
  if (!waited.ok()) return waited;
  if (end == std::string::npos && pipes.unread.size() > kMaxLineBytes) {
    return absl::ResourceExhaustedError(absl::StrCat(pipes.name, " writes a line of more than ", kMaxLineBytes, " bytes"));
  }
  if (end == std::string::npos) return absl::UnavailableError(absl::StrCat(pipes.name, " ", pipes.HowItEnded()));
  const bool was_full = pipes.unread.size() >= kMaxBacklogBytes;
  std::string line = pipes.unread.substr(0, end);
  pipes.unread.erase(0, end + 1);
  pipes.scanned = 0;
  if (was_full && pipes.unread.size() < kMaxBacklogBytes && !pipes.ended) pipes.ReadOutput();
  if (!line.empty() && line.back() == '\r') line.pop_back();
  return line;
}

int ExternalProcess::pid() const { return pipes_->pid; }

}  // namespace tandem
