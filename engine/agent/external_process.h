// A child process that is talked to in lines: how other engines are run. Boost.Process starts it in a process group of its own with pipes
// for all three streams; Asio moves the bytes, so that neither side ever waits for the other with a full pipe: while we write, we read.
//
// Every wait has a deadline. A child that floods us, writes endless lines, closes its output or dies is an error, after which the process
// is of no more use. The destructor lets it leave (its input is closed), then kills its whole group and reaps it: no child outlives its
// object. What it writes to stderr is dropped but for the last words, which errors quote.
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tandem {

// Words of a command as a shell splits them: blanks part words, '...' and "..." hold them together, \ takes the next character as it is.
// kInvalidArgument when a quote is not closed or nothing is there.
absl::StatusOr<std::vector<std::string>> SplitCommand(std::string_view command);

// Used by one thread at a time.
class ExternalProcess {
 public:
  // Starts `words[0]`, found through PATH unless it has a slash. kNotFound when there is no such program.
  static absl::StatusOr<std::unique_ptr<ExternalProcess>> Start(const std::vector<std::string>& words);
  ~ExternalProcess();
  ExternalProcess(const ExternalProcess&) = delete;
  ExternalProcess& operator=(const ExternalProcess&) = delete;

  // Sends a line. kDeadlineExceeded when the child does not read it, kUnavailable when it is gone.
  absl::Status WriteLine(std::string_view line, absl::Duration timeout);
  // The next line of its output, without the line's end. kDeadlineExceeded, kCancelled (the stop token), kUnavailable (it has ended; says
  // how), kResourceExhausted (a line or a backlog beyond all reason).
  absl::StatusOr<std::string> ReadLine(absl::Duration timeout, std::stop_token stop = {});

  int pid() const;

 private:
  struct Pipes;
  explicit ExternalProcess(std::unique_ptr<Pipes> pipes);

  std::unique_ptr<Pipes> pipes_;
};

}  // namespace tandem
