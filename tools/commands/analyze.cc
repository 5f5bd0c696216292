// tandem analyze: positions and games through an agent, the search's moves beside the network's.
#include <iostream>
#include <memory>
#include <sstream>
#include <stop_token>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/agent/agent.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/game/quoted_text.h"
#include "engine/game/registry.h"
#include "engine/match/openings.h"
#include "engine/net/network.h"
#include "engine/notation/variant.h"
#include "tools/commands/analyze_report.h"
#include "tools/commands/command.h"
#include "tools/commands/import_games.h"
#include "tools/commands/signals.h"

namespace tandem {
namespace {

struct AnalyzeOptions {
  std::string game, agent;
  std::vector<std::string> files;
  int multipv = 3;
  std::uint64_t seed = 1;
  bool json = false;
};

class Analyst {
 public:
  Analyst(const Game& game, Agent& agent, const AnalyzeOptions& options, std::stop_token stop)
      : game_(game), agent_(agent), options_(options), stop_(std::move(stop)) {}

  absl::Status ReadFileOf(const std::string& path) {
    TANDEM_ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
    const auto format = GameFormatOf(path.ends_with(".zst") ? path.substr(0, path.size() - 4) : path);
    if (!format.ok()) return ReadLines(path, text);
    const GameFile file = ReadGames(*format, &game_, text);
    for (const std::string& problem : file.problems) Problem(absl::StrCat(path, ": ", problem));
    int number = 0;
    for (const FileGame& game : file.games) {
      ++number;
      if (game.game != nullptr) TANDEM_RETURN_IF_ERROR(ShowGame(absl::StrCat(path, ", game ", number), game));
    }
    return absl::OkStatus();
  }

  // A line is a position text, a FEN, "startpos [moves ...]", "fen F [moves ...]", or moves from the start.
  absl::Status ReadLines(const std::string& path, const std::string& text) {
    int number = 0;
    for (const std::string& line : std::vector<std::string>(absl::StrSplit(text, '\n'))) {
      ++number;
      const std::string trimmed(absl::StripAsciiWhitespace(line));
      if (trimmed.empty() || trimmed[0] == '#') continue;
      const std::string where = absl::StrCat(path, ":", number);
      auto state = StateOfLine(trimmed);
      if (!state.ok()) {
        Problem(absl::StrCat(where, ": ", std::string(state.status().message())));
        continue;
      }
      if ((*state)->IsTerminal()) {
        Problem(absl::StrCat(where, ": the game is over in ", (*state)->ToText()));
        continue;
      }
      TANDEM_RETURN_IF_ERROR(Show(where, **state, ""));
    }
    return absl::OkStatus();
  }

  bool any_problem() const { return any_problem_; }

 private:
  void Problem(const std::string& text) {
    PrintErrorLine("tandem analyze", text);
    any_problem_ = true;
  }

  absl::StatusOr<std::unique_ptr<State>> StateOfLine(const std::string& line) const {
    std::string position = line, moves;
    if (const std::size_t at = line.find(" moves "); at != std::string::npos) {
      position = line.substr(0, at);
      moves = line.substr(at + 7);
    }
    const bool named = position == "startpos" || position.starts_with("fen ");
    if (position.starts_with("fen ")) position = position.substr(4);
    std::unique_ptr<State> state;
    auto read = ParseVariantPosition(game_, position);
    if (position == "startpos") {
      state = game_.NewState();
    } else if (read.ok()) {
      state = *std::move(read);
    } else {
      if (named || !moves.empty()) return read.status();
      // No position, so moves; the error is about what the line looks like more.
      state = game_.NewState();
      const auto played = PlayMoveText(line, *state);
      if (!played.ok()) return position.find('/') != std::string::npos ? read.status() : played.status();
      return state;
    }
    if (!moves.empty()) TANDEM_RETURN_IF_ERROR(PlayMoveText(moves, *state).status());
    return state;
  }

  absl::Status ShowGame(const std::string& name, const FileGame& game) {
    const std::unique_ptr<State> state = game.StartState();
    for (std::size_t ply = 0; ply < game.moves.size(); ++ply) {
      const Action action = game.moves[ply];
      TANDEM_RETURN_IF_ERROR(Show(absl::StrCat(name, ", ply ", ply), *state, state->ActionText(action)));
      state->Apply(action);
    }
    return absl::OkStatus();
  }

  absl::Status Show(const std::string& where, const State& state, const std::string& played) {
    if (stop_.stop_requested()) return absl::CancelledError("stopped");
    TANDEM_RETURN_IF_ERROR(Annotate(agent_.Reset(state, options_.seed), where));
    const absl::StatusOr<Decision> decision = agent_.Act(nullptr, stop_);
    if (!decision.ok()) return Annotate(decision.status(), where);
    Analysis analysis = Analyze(state, *decision, options_.multipv);
    analysis.played = played;
    if (options_.json) {
      std::cout << JsonText(AnalysisJson(analysis, where)) << "\n";
    } else {
      std::cout << AnalysisText(analysis, where);
    }
    std::cout.flush();
    return CheckStdout();
  }

  const Game& game_;
  Agent& agent_;
  const AnalyzeOptions& options_;
  const std::stop_token stop_;
  bool any_problem_ = false;
};

absl::Status RunAnalyze(const AnalyzeOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const Game* const game, FindGame(options.game));
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Agent> agent, MakeAgent(*game, options.agent));
  std::stop_source stop;
  const StopOnSignals signals(stop);
  Analyst analyst(*game, *agent, options, stop.get_token());
  for (const std::string& file : options.files.empty() ? std::vector<std::string>{"-"} : options.files) {
    if (file == "-") {
      std::stringstream text;
      text << std::cin.rdbuf();
      TANDEM_RETURN_IF_ERROR(analyst.ReadLines("stdin", text.str()));
    } else {
      TANDEM_RETURN_IF_ERROR(analyst.ReadFileOf(file));
    }
  }
  return analyst.any_problem() ? AlreadyReported() : absl::OkStatus();
}

CommandAction SetUpAnalyze(CLI::App& app) {
  auto options = std::make_shared<AnalyzeOptions>();
  app.add_option("--game", options->game, "game, NAME[:key=value,...]")->required();
  app.add_option("--agent", options->agent, "who analyses, e.g. puct:run=DIR,sims=800")->required();
  app.add_option("FILE", options->files, ".pgn or .sgf games, or lines of positions or moves; none or - is stdin");
  app.add_option("--multipv", options->multipv, "best moves shown")->check(CLI::Range(1, 500));
  app.add_option("--seed", options->seed, "seed of the agent");
  app.add_flag("--json", options->json, "machine-readable, a line for each position");
  app.footer("Agents:\n" + AgentHelp());
  return [options] { return RunAnalyze(*options); };
}

TANDEM_REGISTER_COMMAND("analyze", "best lines of positions and games, the search's move beside the network's", SetUpAnalyze);

}  // namespace
}  // namespace tandem
