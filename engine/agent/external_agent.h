// What all agents have in common that are another program: a process that is started when it is needed and again after it has failed, the
// options that both protocols share, and the moves of the game so far.
//
// Failure is an error of the call (a forfeit in a match) and ends the process; the next Reset starts a fresh one. So a match goes on
// whatever its engines do.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/agent/agent.h"
#include "engine/agent/external_process.h"
#include "engine/agent/registry.h"

namespace tandem {

struct ExternalOptions {
  std::vector<std::string> command;
  std::int64_t nodes = 0;  // 0 = no limit
  std::int64_t depth = 0;
  absl::Duration move_time = absl::ZeroDuration();  // zero = none
  absl::Duration base = absl::ZeroDuration();       // clock of the whole game (tc=SECONDS+INCREMENT); zero = no clock
  absl::Duration increment = absl::ZeroDuration();
  absl::Duration timeout = absl::ZeroDuration();        // grace beyond the time a move may take by the above, before it counts as a hang
  absl::Duration start_timeout = absl::ZeroDuration();  // for the handshake and for getting ready

  // Reads the keys cmd, nodes, depth, movetime, tc, timeout and start_timeout.
  static absl::StatusOr<ExternalOptions> Read(OptionReader& options);
};

class ExternalAgent : public Agent {
 public:
  ExternalAgent(const Game& game, std::string spec, ExternalOptions options)
      : game_(game), options_(std::move(options)), spec_(std::move(spec)) {}

  const std::string& spec() const override { return spec_; }
  std::string Details() const override { return details_; }
  absl::Status Reset(const State& start, std::uint64_t seed) override;
  absl::Status Observe(Action action) override;
  absl::StatusOr<Decision> Act(const SearchLimits* limits, std::stop_token stop) override;

  // Starts the program and greets it; for the maker, so that a bad command is an error of the spec: kNotFound, else kInvalidArgument.
  absl::Status Introduce();

 protected:
  // Of the protocol. Any error ends the process.
  virtual absl::Status Greet() = 0;                                   // fills details_
  virtual absl::Status BeginGame(const State& start) = 0;             // from any position
  virtual absl::Status Tell(const State& before, Action action) = 0;  // a move that this side did not choose
  virtual absl::StatusOr<Decision> Choose(const State& state, const SearchLimits& limits, std::stop_token stop) = 0;
  virtual absl::Status Retract() { return absl::OkStatus(); }  // the move of the last Choose is not played after all

  absl::Status Send(std::string_view line);
  absl::StatusOr<std::string> ReadUntil(absl::Time deadline, std::stop_token stop = {});
  // Counts a line that the protocol does not know; an error when there have been too many since the last call of Send.
  absl::Status Tolerate(std::string_view line);

  // How long the engine may take for this move before it counts as hung.
  absl::Duration Patience(const SearchLimits& limits) const;
  // The engine's own clock; counts down while it thinks. Only with options().base.
  absl::Duration remaining() const { return remaining_; }
  const ExternalOptions& options() const { return options_; }

  const Game& game_;
  std::string details_;

 private:
  absl::Status StartProcess();
  absl::Status Fail(const absl::Status& status);

  const ExternalOptions options_;
  const std::string spec_;
  std::unique_ptr<ExternalProcess> process_;
  std::unique_ptr<State> state_;
  absl::Duration remaining_;
  int num_unknown_lines_ = 0;
  std::optional<Action> chosen_;  // by the last Act, not yet observed
};

}  // namespace tandem
