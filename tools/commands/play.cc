#include "tools/commands/play.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "engine/agent/agent.h"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "tools/commands/command.h"

namespace tandem {
namespace {

constexpr char kHelp[] =
    "  MOVE    plays it\n"
    "  moves   the legal moves\n"
    "  hint    what the agent thinks of this position\n"
    "  undo    takes back your last move and what followed\n"
    "  board   the board again\n"
    "  new     a new game\n"
    "  quit    leaves\n";

// `drawing` with what differs from `before` in reverse video: the last move, and what it changed.
std::string MarkChanges(const std::string& before, const std::string& drawing) {
  if (before.size() != drawing.size()) return drawing;
  std::string marked;
  for (std::size_t i = 0; i < drawing.size(); ++i) {
    if (drawing[i] == before[i] || drawing[i] == '\n') {
      marked += drawing[i];
    } else {
      absl::StrAppend(&marked, "\x1b[7m", drawing.substr(i, 1), "\x1b[0m");
    }
  }
  return marked;
}

std::string WdlText(const Evaluation& wdl) {
  return absl::StrFormat("win %.0f%% draw %.0f%% loss %.0f%%", 100 * wdl.win, 100 * wdl.draw, 100 * wdl.loss);
}

// One game after another at one table.
class Table {
 public:
  Table(const PlaySetup& setup, std::istream& input, std::ostream& output) : setup_(setup), input_(input), output_(output) {}

  absl::Status Run();

 private:
  bool HumanToMove() const { return state_->ToMove() == setup_.human; }
  bool Over() const { return state_->IsTerminal(); }
  absl::Status NewGame();
  absl::Status AgentMoves();
  absl::Status Obey(const std::string& word, bool* leave);
  absl::Status Hint();
  absl::Status Undo();
  absl::Status Play(Action action);
  absl::Status Replay(Agent& agent) const;
  void ShowBoard();
  void ShowMoves();
  void ShowDecision(const Decision& decision, absl::Duration time);
  std::string LineText(const std::vector<Action>& line) const;

  const PlaySetup& setup_;
  std::istream& input_;
  std::ostream& output_;
  std::unique_ptr<Agent> agent_;
  std::unique_ptr<State> state_;
  std::vector<Action> moves_;
  std::string before_;     // drawing before the last move
  std::string last_move_;  // its text
  std::uint64_t num_games_ = 0;
};

absl::Status Table::Run() {
  TANDEM_ASSIGN_OR_RETURN(agent_, MakeAgent(*setup_.game, setup_.agent));
  output_ << setup_.game->facts().title << " against " << agent_->spec() << "; you move " << (setup_.human == 0 ? "first" : "second")
          << ". Moves: " << setup_.game->facts().notation << "\nType help for what else there is.\n";
  TANDEM_RETURN_IF_ERROR(NewGame());
  std::string line;
  bool leave = false;
  while (!leave) {
    if (!Over() && !HumanToMove()) {
      TANDEM_RETURN_IF_ERROR(AgentMoves());
      continue;
    }
    output_ << (Over() ? "new, undo or quit> " : "your move> ") << std::flush;
    if (!std::getline(input_, line)) break;
    const std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
    if (words.size() > 1) {
      output_ << "One word at a time, please: a move, or help.\n";
    } else if (!words.empty()) {
      TANDEM_RETURN_IF_ERROR(Obey(words[0], &leave));
    }
    TANDEM_RETURN_IF_ERROR(CheckStdout());
  }
  output_ << "Bye.\n";
  return absl::OkStatus();
}

absl::Status Table::Obey(const std::string& word, bool* leave) {
  const std::string command = absl::AsciiStrToLower(word);
  if (command == "quit" || command == "exit") {
    *leave = true;
  } else if (command == "help" || command == "?") {
    output_ << kHelp;
  } else if (command == "new") {
    return NewGame();
  } else if (command == "undo") {
    return Undo();
  } else if (command == "board") {
    ShowBoard();
  } else if (Over()) {
    output_ << "The game is over; '" << word << "' is none of new, undo, board, help and quit.\n";
  } else if (command == "moves") {
    ShowMoves();
  } else if (command == "hint") {
    return Hint();
  } else if (const absl::StatusOr<Action> action = state_->ParseAction(word); action.ok()) {
    TANDEM_RETURN_IF_ERROR(Play(*action));
    ShowBoard();
  } else {
    output_ << action.status().message() << " (moves lists what is legal, help the commands)\n";
  }
  return absl::OkStatus();
}

absl::Status Table::NewGame() {
  state_ = setup_.game->NewState();
  moves_.clear();
  before_.clear();
  last_move_.clear();
  ++num_games_;
  TANDEM_RETURN_IF_ERROR(Replay(*agent_));
  ShowBoard();
  return absl::OkStatus();
}

// Brings an agent to the position on the board.
absl::Status Table::Replay(Agent& agent) const {
  TANDEM_RETURN_IF_ERROR(agent.Reset(*setup_.game->NewState(), setup_.seed + num_games_ - 1));
  for (const Action action : moves_) TANDEM_RETURN_IF_ERROR(agent.Observe(action));
  return absl::OkStatus();
}

absl::Status Table::Play(Action action) {
  last_move_ = absl::StrCat(state_->ActionText(action), HumanToMove() ? " (you)" : absl::StrCat(" (", agent_->spec(), ")"));
  before_ = state_->Draw();
  state_->Apply(action);
  moves_.push_back(action);
  return agent_->Observe(action);
}

absl::Status Table::AgentMoves() {
  const absl::Time start = Clock::Real().Now();
  TANDEM_ASSIGN_OR_RETURN(const Decision decision, agent_->Act());
  ActionList legal;
  state_->LegalActions(legal);
  if (legal.Find(decision.action) < 0) return absl::InternalError(absl::StrCat(agent_->spec(), ": chose an illegal move"));
  ShowDecision(decision, Clock::Real().Now() - start);
  TANDEM_RETURN_IF_ERROR(Play(decision.action));
  ShowBoard();
  return absl::OkStatus();
}

void Table::ShowBoard() {
  const std::string drawing = state_->Draw();
  output_ << "\n" << (setup_.colour && !before_.empty() ? MarkChanges(before_, drawing) : drawing);
  if (drawing.empty() || drawing.back() != '\n') output_ << "\n";
  if (!last_move_.empty()) output_ << "last move: " << last_move_ << "\n";
  if (!Over()) return;
  const int result = MoverResult(state_->GetOutcome(), setup_.human);
  output_ << "Game over: " << (result > 0 ? "you win" : result < 0 ? "you lose" : "a draw") << ".\n";
}

void Table::ShowMoves() {
  ActionList legal;
  state_->LegalActions(legal);
  for (int i = 0; i < legal.size(); ++i) output_ << (i > 0 ? " " : "") << state_->ActionText(legal[i]);
  output_ << "\n";
}

std::string Table::LineText(const std::vector<Action>& line) const {
  std::string text;
  const std::unique_ptr<State> state = state_->Clone();
  ActionList legal;
  for (const Action action : line) {
    state->LegalActions(legal);
    if (legal.Find(action) < 0) break;
    absl::StrAppend(&text, " ", state->ActionText(action));
    state->Apply(action);
  }
  return text;
}

// The agent's view, in one line.
void Table::ShowDecision(const Decision& decision, absl::Duration time) {
  output_ << agent_->spec() << " plays " << state_->ActionText(decision.action);
  if (decision.search) {
    const SearchResult& search = *decision.search;
    output_ << ": " << WdlText(search.root_wdl) << " for it, " << search.simulations << " simulations";
    if (!search.ranking.empty()) {
      const std::string line = LineText(search.moves[search.ranking[0]].pv);
      if (!line.empty()) output_ << ", expects" << line;
    }
  } else if (decision.value) {
    output_ << ": value " << absl::StrFormat("%+.2f", *decision.value) << " for it";
  }
  output_ << absl::StrFormat(", %.1f s\n", absl::ToDoubleSeconds(time));
}

// A second agent of the same kind looks, so that the opponent's own thoughts stay as they are.
absl::Status Table::Hint() {
  constexpr int kMovesShown = 5;
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Agent> adviser, MakeAgent(*setup_.game, setup_.agent));
  TANDEM_RETURN_IF_ERROR(Replay(*adviser));
  TANDEM_ASSIGN_OR_RETURN(const Decision decision, adviser->Act());
  if (!decision.search) {
    output_ << "It would play " << state_->ActionText(decision.action) << ".\n";
    return absl::OkStatus();
  }
  output_ << WdlText(decision.search->root_wdl) << " for you\n  move     prior   value   visits  line\n";
  int shown = 0;
  for (const int index : decision.search->ranking) {
    if (shown++ == kMovesShown) break;
    const MoveStats& move = decision.search->moves[index];
    output_ << absl::StrFormat("  %-6s  %5.1f%%  %+.3f  %7d ", state_->ActionText(move.action), 100 * move.prior, move.q, move.visits)
            << LineText(move.pv) << "\n";
  }
  return absl::OkStatus();
}

absl::Status Table::Undo() {
  // Back to the last position in which it was the human's turn to move and that is not this one.
  std::vector<Action> kept = moves_;
  const std::unique_ptr<State> state = setup_.game->NewState();
  std::optional<std::size_t> target;
  for (std::size_t i = 0; i < moves_.size(); ++i) {
    if (state->ToMove() == setup_.human) target = i;
    state->Apply(moves_[i]);
  }
  if (!target) {
    output_ << "You have not moved yet.\n";
    return absl::OkStatus();
  }
  kept.resize(*target);
  moves_ = std::move(kept);
  state_ = setup_.game->NewState();
  for (const Action action : moves_) state_->Apply(action);
  before_.clear();
  last_move_.clear();
  TANDEM_RETURN_IF_ERROR(Replay(*agent_));
  ShowBoard();
  return absl::OkStatus();
}

struct PlayOptions {
  std::string game;
  std::string agent = "uct:sims=2000";
  std::string color = "first";
  std::uint64_t seed = 1;
};

absl::Status RunPlay(const PlayOptions& options) {
  PlaySetup setup;
  TANDEM_ASSIGN_OR_RETURN(setup.game, FindGame(options.game));
  setup.agent = options.agent;
  setup.human = options.color == "second" ? 1 : 0;
  setup.seed = options.seed;
  setup.colour = isatty(STDOUT_FILENO) != 0;
  return PlayInTerminal(setup, std::cin, std::cout);
}

CommandAction SetUpPlay(CLI::App& app) {
  auto options = std::make_shared<PlayOptions>();
  app.add_option("--game", options->game, "game, NAME[:key=value,...]")->required();
  app.add_option("--agent", options->agent, "opponent, for instance puct:run=DIR,sims=800")->capture_default_str();
  app.add_option("--color", options->color, "whether you move first or second")
      ->capture_default_str()
      ->check(CLI::IsMember({"first", "second"}));
  app.add_option("--seed", options->seed, "of the agent's randomness")->capture_default_str();
  return [options] { return RunPlay(*options); };
}

TANDEM_REGISTER_COMMAND("play", "a game in the terminal", SetUpPlay);

}  // namespace

absl::Status PlayInTerminal(const PlaySetup& setup, std::istream& input, std::ostream& output) { return Table(setup, input, output).Run(); }

}  // namespace tandem
