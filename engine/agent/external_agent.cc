#include "engine/agent/external_agent.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "engine/game/quoted_text.h"

namespace tandem {
namespace {

constexpr int kMaxUnknownLines = 1000;  // banners and debug output are fine, a flood is not
constexpr absl::Duration kWriteTimeout = absl::Seconds(5);

}  // namespace

absl::StatusOr<ExternalOptions> ExternalOptions::Read(OptionReader& options) {
  ExternalOptions result;
  TANDEM_ASSIGN_OR_RETURN(const std::string command, options.Text("cmd", ""));
  if (command.empty()) return BadInput("agent ", options.spec().name, ": expected cmd=PROGRAM or cmd=\"PROGRAM ARGUMENTS\"");
  TANDEM_ASSIGN_OR_RETURN(result.command, SplitCommand(command));
  TANDEM_ASSIGN_OR_RETURN(result.nodes, options.Integer("nodes", 0, 0, std::int64_t{1} << 60));
  TANDEM_ASSIGN_OR_RETURN(result.depth, options.Integer("depth", 0, 0, 1000));
  TANDEM_ASSIGN_OR_RETURN(const std::string clock, options.Text("tc", ""));
  if (!clock.empty()) {
    const std::vector<std::string> parts = absl::StrSplit(clock, '+');
    double base = 0, increment = 0;
    if (parts.size() > 2 || !absl::SimpleAtod(parts[0], &base) || !(base > 0 && base <= 1e6) ||
        (parts.size() == 2 && (!absl::SimpleAtod(parts[1], &increment) || !(increment >= 0 && increment <= 1e6)))) {
      return BadInput("agent ", options.spec().name, ": tc=", clock, ": expected SECONDS or SECONDS+INCREMENT, e.g. tc=60+0.6");
    }
    result.base = absl::Seconds(base);
    result.increment = absl::Seconds(increment);
  }
  const bool limited = result.nodes > 0 || result.depth > 0 || !clock.empty();
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t move_time, options.Integer("movetime", limited ? 0 : 100, 0, 100'000'000));
  result.move_time = absl::Milliseconds(move_time);
  if (!limited && move_time == 0)
    return BadInput("agent ", options.spec().name, ": movetime=0: expected a limit: nodes, depth, movetime or tc");
  TANDEM_ASSIGN_OR_RETURN(const double timeout, options.Number("timeout", 30, 0.01, 1e6));
  result.timeout = absl::Seconds(timeout);
  TANDEM_ASSIGN_OR_RETURN(const double start_timeout, options.Number("start_timeout", 20, 0.01, 1e6));
  result.start_timeout = absl::Seconds(start_timeout);
  return result;
}

absl::Status ExternalAgent::Fail(const absl::Status& status) {
  process_ = nullptr;
  return status;
}

absl::Status ExternalAgent::StartProcess() {
  TANDEM_ASSIGN_OR_RETURN(process_, ExternalProcess::Start(options_.command));
  if (const absl::Status greeted = Greet(); !greeted.ok()) return Fail(Annotate(greeted, "handshake"));
  return absl::OkStatus();
}

absl::Status ExternalAgent::Introduce() {
  const absl::Status started = Annotate(StartProcess(), absl::StrCat("agent ", spec_));
  return started.ok() || absl::IsNotFound(started) ? started : absl::InvalidArgumentError(started.message());
}

absl::Status ExternalAgent::Reset(const State& start, std::uint64_t) {
  chosen_.reset();
  state_ = start.Clone();
  remaining_ = options_.base;
  if (process_ == nullptr) TANDEM_RETURN_IF_ERROR(StartProcess());
  absl::Status begun = BeginGame(start);
  if (begun.ok() || !absl::IsUnavailable(begun)) return begun.ok() ? begun : Fail(begun);
  // It has died since the last game: that game's business, not this one's.
  TANDEM_RETURN_IF_ERROR(StartProcess());
  begun = BeginGame(start);
  return begun.ok() ? begun : Fail(begun);
}

absl::Status ExternalAgent::Observe(Action action) {
  if (process_ == nullptr) return absl::UnavailableError("the engine has failed");
  if (chosen_ != action) {
    absl::Status told = chosen_ ? Retract() : absl::OkStatus();
    if (told.ok()) told = Tell(*state_, action);
    if (!told.ok()) return Fail(told);
  }
  chosen_.reset();
  state_->Apply(action);
  return absl::OkStatus();
}

absl::StatusOr<Decision> ExternalAgent::Act(const SearchLimits* limits, std::stop_token stop) {
  if (process_ == nullptr) return absl::UnavailableError("the engine has failed");
  SearchLimits wanted;
  if (limits != nullptr) {
    wanted = *limits;
  } else {
    wanted.simulations = options_.nodes;
    wanted.depth = static_cast<int>(options_.depth);
    if (options_.move_time > absl::ZeroDuration()) wanted.time = options_.move_time;
  }
  const absl::Time begin = Clock::Real().Now();
  absl::StatusOr<Decision> decision = Choose(*state_, wanted, stop);
  if (!decision.ok()) return Fail(decision.status());
  if (limits == nullptr && options_.base > absl::ZeroDuration()) {
    remaining_ -= Clock::Real().Now() - begin;
    if (remaining_ < absl::ZeroDuration() - options_.timeout) return Fail(absl::DeadlineExceededError("lost on time"));
    remaining_ = std::max(remaining_, absl::ZeroDuration()) + options_.increment;
  }
  chosen_ = decision->action;
  return decision;
}

absl::Status ExternalAgent::Send(std::string_view line) {
  num_unknown_lines_ = 0;
  return process_->WriteLine(line, kWriteTimeout);
}

absl::StatusOr<std::string> ExternalAgent::ReadUntil(absl::Time deadline, std::stop_token stop) {
  return process_->ReadLine(deadline - Clock::Real().Now(), stop);
}

absl::Status ExternalAgent::Tolerate(std::string_view line) {
  if (++num_unknown_lines_ <= kMaxUnknownLines) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      absl::StrCat("more than ", kMaxUnknownLines, " lines that its protocol does not know, the last: ", QuotedText(line)));
}

absl::Duration ExternalAgent::Patience(const SearchLimits& limits) const {
  if (limits.time < absl::InfiniteDuration()) return limits.time + options_.timeout;
  if (options_.base > absl::ZeroDuration()) return remaining_ + options_.timeout;
  return options_.timeout;
}

}  // namespace tandem
