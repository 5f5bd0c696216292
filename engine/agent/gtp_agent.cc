// gtp:cmd=PROGRAM,...: an engine that speaks the Go Text Protocol, version 2 (Farneback 2002), for go and other games on a board: GNU Go,
// Rhino (othello), programs for hex. Colours and moves as in engine/notation/gtp_vertex.h.
#include <algorithm>
#include <cmath>
#include <memory>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "engine/agent/external_agent.h"
#include "engine/agent/registry.h"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "engine/game/board_text.h"
#include "engine/game/quoted_text.h"
#include "engine/notation/game_spec.h"
#include "engine/notation/gtp_vertex.h"

namespace tandem {
namespace {

constexpr char kPass[] = "pass";

// Games under the names that multi-game engines (set_game) list them by.
std::string GtpGameName(const std::string& name) {
  if (name == "tic_tac_toe") return "Tic-Tac-Toe";
  if (name == "connect_four") return "Connect Four";
  std::string title = name;
  title[0] = absl::ascii_toupper(title[0]);
  return title;
}

class GtpAgent final : public ExternalAgent {
 public:
  GtpAgent(const Game& game, std::string spec, ExternalOptions options, std::string komi)
      : ExternalAgent(game, std::move(spec), std::move(options)), komi_(std::move(komi)) {}

 private:
  absl::Status Greet() override;
  absl::Status BeginGame(const State& start) override;
  absl::Status Tell(const State& before, Action action) override;
  absl::StatusOr<Decision> Choose(const State& state, const SearchLimits& limits, std::stop_token stop) override;
  absl::Status Retract() override { return Ask("undo").status(); }

  // The answer to a command without its mark; the engine's "?" is kInvalidArgument.
  absl::StatusOr<std::string> Ask(const std::string& command, absl::Duration timeout, std::stop_token stop = {});
  absl::StatusOr<std::string> Ask(const std::string& command) { return Ask(command, options().start_timeout); }
  bool Knows(const std::string& command) const { return known_.contains(command); }
  std::string ColourOf(int player) const { return {absl::ascii_tolower(static_cast<unsigned char>(ColorLetter(game_, player)))}; }
  absl::Status SetClock(int player);
  absl::Status SetUp(const State& start);

  const std::string komi_;
  std::set<std::string> known_;
};

absl::StatusOr<std::string> GtpAgent::Ask(const std::string& command, absl::Duration timeout, std::stop_token stop) {
  TANDEM_RETURN_IF_ERROR(Send(command));
  const absl::Time deadline = Clock::Real().Now() + timeout;
  std::string answer;
  bool answering = false;
  for (;;) {
    TANDEM_ASSIGN_OR_RETURN(const std::string line, ReadUntil(deadline, stop));
    if (answering) {
      if (line.empty()) break;  // an empty line ends every answer
      absl::StrAppend(&answer, "\n", line);
      if (answer.size() > (1u << 20)) return absl::ResourceExhaustedError(absl::StrCat("an endless answer to '", command, "'"));
    } else if (!line.empty() && (line[0] == '=' || line[0] == '?')) {
      answering = true;
      answer = line;
    } else if (!line.empty()) {
      TANDEM_RETURN_IF_ERROR(Tolerate(line));
    }
  }
  const std::size_t begin = std::min(answer.find_first_not_of("0123456789", 1), answer.size());
  const std::string text(absl::StripAsciiWhitespace(answer.substr(begin)));
  if (answer[0] == '?') return BadInput(details_, " refuses '", command, "': ", QuotedText(text));
  return text;
}

absl::Status GtpAgent::Greet() {
  details_ = options().command[0];
  TANDEM_ASSIGN_OR_RETURN(const std::string name, Ask("name"));
  details_ = name;
  if (const auto version = Ask("version"); version.ok()) absl::StrAppend(&details_, " ", *version);
  TANDEM_ASSIGN_OR_RETURN(const std::string list, Ask("list_commands"));
  known_.clear();
  for (const std::string& command : std::vector<std::string>(absl::StrSplit(list, absl::ByAnyChar("\n "), absl::SkipEmpty()))) {
    known_.insert(command);
  }
  // Another Tandem takes our own name, options and all.
  const bool is_tandem = name == "Tandem";
  if (Knows("set_game"))
    TANDEM_RETURN_IF_ERROR(Ask("set_game " + (is_tandem ? game_.facts().spec : GtpGameName(game_.facts().name))).status());
  if (!is_tandem && Knows("param_game") && SpecOption(game_.facts().spec, "swap") == "true") return Ask("param_game allow_swap 1").status();
  return absl::OkStatus();
}

// Stones of a position that was not reached by moves we know: placed one by one. Right for games in which a stone changes nothing but its
// cell (and, in go, for positions without dead stones); others need their moves.
absl::Status GtpAgent::SetUp(const State& start) {
  static const std::set<std::string> kPlacing = {"go", "hex", "gomoku", "tic_tac_toe"};
  if (!kPlacing.contains(game_.facts().name)) {
    return absl::FailedPreconditionError(
        absl::StrCat("GTP has no command for a position of ", game_.facts().spec, "; expected a game from its start"));
  }
  // "ROWS SIDE", and in go the moves since.
  const std::vector<std::string> fields = absl::StrSplit(start.ToText(), ' ');
  const BoardShape shape{.rows = game_.facts().rows, .cols = game_.facts().cols, .row_one_on_top = game_.facts().name == "hex"};
  TANDEM_ASSIGN_OR_RETURN(const BoardText board, ReadBoardText(shape, absl::StrCat(fields[0], " ", fields[1])));
  for (int cell = 0; cell < game_.facts().cells(); ++cell) {
    const char stone = board.cells[static_cast<std::size_t>(cell)];
    if (stone != '.')
      TANDEM_RETURN_IF_ERROR(Ask(absl::StrCat("play ", ColourOf(stone == 'x' ? 0 : 1), " ", CellVertex(game_, cell))).status());
  }
  int player = board.to_move;
  for (std::size_t i = 2; i < fields.size(); ++i, player ^= 1) {
    TANDEM_RETURN_IF_ERROR(Ask(absl::StrCat("play ", ColourOf(player), " ", fields[i])).status());
  }
  return absl::OkStatus();
}

absl::Status GtpAgent::BeginGame(const State& start) {
  TANDEM_RETURN_IF_ERROR(Ask(absl::StrCat("boardsize ", game_.facts().rows)).status());
  TANDEM_RETURN_IF_ERROR(Ask("clear_board").status());
  if (game_.facts().name == "go") {
    TANDEM_RETURN_IF_ERROR(Ask("komi " + (!komi_.empty() ? komi_ : absl::StrCat(KomiOf(game_)))).status());
  }
  if (Knows("time_settings")) {
    const auto seconds = [](absl::Duration duration) { return static_cast<std::int64_t>(std::ceil(absl::ToDoubleSeconds(duration))); };
    if (options().base > absl::ZeroDuration()) {
      TANDEM_RETURN_IF_ERROR(Ask(absl::StrCat("time_settings ", seconds(options().base), " 0 0")).status());
    } else if (options().move_time > absl::ZeroDuration() && SpecOption(spec(), "movetime").has_value()) {
      TANDEM_RETURN_IF_ERROR(Ask(absl::StrCat("time_settings 0 ", seconds(options().move_time), " 1")).status());
    }
  }
  if (start.ToText() != game_.NewState()->ToText()) return SetUp(start);
  return absl::OkStatus();
}

absl::Status GtpAgent::Tell(const State& before, Action action) {
  const std::string move = VertexText(game_, before, action);
  const std::string command = absl::StrCat("play ", ColourOf(before.ToMove()), " ", move);
  const absl::StatusOr<std::string> answer = Ask(command);
  // Some programs pass for a side that has no other move (Rhino), and take the pass itself for an error.
  if (absl::IsInvalidArgument(answer.status()) && move == kPass && game_.facts().name != "go") return absl::OkStatus();
  return answer.status();
}

absl::Status GtpAgent::SetClock(int player) {
  if (options().base <= absl::ZeroDuration() || !Knows("time_left")) return absl::OkStatus();
  const auto seconds = static_cast<std::int64_t>(std::max(0.0, std::floor(absl::ToDoubleSeconds(remaining()))));
  return Ask(absl::StrCat("time_left ", ColourOf(player), " ", seconds, " 0")).status();
}

absl::StatusOr<Decision> GtpAgent::Choose(const State& state, const SearchLimits& limits, std::stop_token stop) {
  ActionList legal;
  state.LegalActions(legal);
  Decision decision;
  if (legal.size() == 1 && state.ActionText(legal[0]) == kPass && game_.facts().name != "go") {
    decision.action = legal[0];
    TANDEM_RETURN_IF_ERROR(Tell(state, decision.action));
    return decision;
  }
  TANDEM_RETURN_IF_ERROR(SetClock(state.ToMove()));
  TANDEM_ASSIGN_OR_RETURN(const std::string answer, Ask(absl::StrCat("genmove ", ColourOf(state.ToMove())), Patience(limits), stop));
  if (absl::EqualsIgnoreCase(answer, "resign")) return absl::AbortedError(absl::StrCat(details_, " resigns"));
  const absl::StatusOr<Action> action = ParseVertex(game_, state, answer);
  if (!action.ok()) return Annotate(action.status(), details_);
  decision.action = *action;
  return decision;
}

absl::StatusOr<std::unique_ptr<Agent>> MakeGtpAgent(const Game& game, const AgentSpec& spec) {
  if (game.facts().rows != game.facts().cols) return BadInput("agent gtp: ", game.facts().spec, " has no square board; GTP knows no other");
  OptionReader options(spec);
  TANDEM_ASSIGN_OR_RETURN(ExternalOptions external, ExternalOptions::Read(options));
  if (external.nodes > 0 || external.depth > 0) {
    return BadInput("agent gtp: GTP has no limit by nodes or depth; expected movetime= or tc=, or a switch of the program in cmd=");
  }
  TANDEM_ASSIGN_OR_RETURN(const std::string komi, options.Text("komi", ""));
  TANDEM_RETURN_IF_ERROR(options.Finish());
  auto agent = std::make_unique<GtpAgent>(game, options.Canonical(), std::move(external), komi);
  TANDEM_RETURN_IF_ERROR(agent->Introduce());
  return agent;
}

TANDEM_REGISTER_AGENT({"gtp", "gtp:cmd=\"gnugo --mode gtp\"", "a GTP engine; also movetime= ms, tc=60+0.6, komi=", MakeGtpAgent});

}  // namespace
}  // namespace tandem
