// GTP commands about the program, the board and its moves, and the table of all commands.
#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/build_info.h"
#include "engine/base/file.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "engine/notation/sgf.h"
#include "engine/protocol/gtp.h"
#include "engine/protocol/uci_parser.h"

namespace tandem {
namespace {

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

absl::Status UnacceptableSize(std::string_view why) { return BadInput("unacceptable size: ", Absl(why)); }

}  // namespace

std::span<const Gtp::Command> Gtp::Commands() {
  static constexpr std::array kCommands = {
      Command{"protocol_version", &Gtp::ProtocolVersion},
      Command{"name", &Gtp::Name},
      Command{"version", &Gtp::ShowVersion},
      Command{"known_command", &Gtp::KnownCommand, 1, "COMMAND"},
      Command{"list_commands", &Gtp::ListCommands},
      Command{"quit", &Gtp::Quit},
      Command{"boardsize", &Gtp::BoardSize, 1, "SIZE"},
      Command{"rectangular_boardsize", &Gtp::BoardSize, 2, "WIDTH HEIGHT"},
      Command{"clear_board", &Gtp::ClearBoard},
      Command{"komi", &Gtp::Komi, 1, "KOMI"},
      Command{"get_komi", &Gtp::GetKomi},
      Command{"play", &Gtp::Play, 2, "COLOR VERTEX"},
      Command{"genmove", &Gtp::GenMove, 1, "COLOR"},
      Command{"reg_genmove", &Gtp::RegGenMove, 1, "COLOR"},
      Command{"kgs-genmove_cleanup", &Gtp::GenMoveCleanup, 1, "COLOR", "go"},
      Command{"undo", &Gtp::Undo},
      Command{"showboard", &Gtp::ShowBoard},
      Command{"all_legal", &Gtp::AllLegal, 1, "COLOR"},
      Command{"all_legal_moves", &Gtp::AllLegal, 1, "COLOR", "hex"},
      Command{"time_settings", &Gtp::TimeSettings, 3, "MAIN_TIME BYO_YOMI_TIME BYO_YOMI_STONES"},
      Command{"kgs-time_settings", &Gtp::KgsTimeSettings, 1,
              "none | absolute MAIN | byoyomi MAIN TIME PERIODS | canadian MAIN TIME STONES"},
      Command{"time_left", &Gtp::TimeLeft, 3, "COLOR TIME STONES"},
      Command{"final_score", &Gtp::FinalScoreText},
      Command{"final_status_list", &Gtp::FinalStatusList, 1, "alive | dead | seki", "go"},
      Command{"fixed_handicap", &Gtp::FixedHandicap, 1, "STONES", "go"},
      Command{"place_free_handicap", &Gtp::PlaceFreeHandicap, 1, "STONES", "go"},
      Command{"set_free_handicap", &Gtp::SetFreeHandicap, 2, "VERTEX VERTEX...", "go"},
      Command{"kata-get-rules", &Gtp::GetRules, 0, "", "go"},
      Command{"kata-set-rules", &Gtp::SetRules, 1, "RULES", "go"},
      Command{"kgs-rules", &Gtp::SetRules, 1, "RULES", "go"},
      Command{"analyze", &Gtp::Analyze},
      Command{"lz-analyze", &Gtp::Analyze},
      Command{"kata-analyze", &Gtp::KataAnalyze},
      Command{"genmove_analyze", &Gtp::GenMoveAnalyze, 1, "COLOR [INTERVAL]"},
      Command{"lz-genmove_analyze", &Gtp::GenMoveAnalyze, 1, "COLOR [INTERVAL]"},
      Command{"kata-genmove_analyze", &Gtp::KataGenMoveAnalyze, 1, "COLOR [INTERVAL]"},
      Command{"stop", &Gtp::Stop},
      Command{"set_game", &Gtp::SetGameByName, 1, "GAME"},
      Command{"list_games", &Gtp::ListGames},
      Command{"param_game", &Gtp::ParamGame, 0, "", "hex"},
      Command{"loadsgf", &Gtp::LoadSgf, 1, "FILE [MOVE_NUMBER]"},
      Command{"printsgf", &Gtp::PrintSgf},
      Command{"tandem-setoption", &Gtp::ReadOption, 2, "name NAME [value VALUE]"},
      Command{"clear_cache", &Gtp::ClearCache},
      Command{"cputime", &Gtp::CpuTime},
      Command{"gogui-analyze_commands", &Gtp::GoguiAnalyzeCommands},
      Command{"hexgui-analyze_commands", &Gtp::GoguiAnalyzeCommands, 0, "", "hex"},
  };
  return kCommands;
}

Gtp::Answer Gtp::ShowVersion(Words) { return Version(); }

Gtp::Answer Gtp::KnownCommand(Words words) { return Find(words[0]) != nullptr ? "true" : "false"; }

Gtp::Answer Gtp::ListCommands(Words) {
  std::vector<std::string> names;
  for (const Command& command : Commands()) {
    if (Find(command.name) != nullptr) names.emplace_back(command.name);
  }
  return absl::StrJoin(names, "\n");
}

Gtp::Answer Gtp::Quit(Words) {
  quit_ = true;
  return "";
}

Gtp::Answer Gtp::BoardSize(Words words) {
  int size = 0, height = 0;
  if (!absl::SimpleAtoi(Absl(words[0]), &size)) return BadInput("syntax error: '", Absl(words[0]), "' is not a whole number");
  if (words.size() > 1 && (!absl::SimpleAtoi(Absl(words[1]), &height) || height != size)) {
    return UnacceptableSize(absl::StrCat(Absl(words[0]), " by ", Absl(words[1]), " is no square"));
  }
  const GameFacts& facts = game_.game().facts();
  if (facts.rows == size && facts.cols == size) {
    TANDEM_RETURN_IF_ERROR(SetGame(facts.spec));
    return "";
  }
  const absl::Status status = SetGame(SpecWith(facts.spec, "size", absl::StrCat(size)));
  if (!status.ok()) return UnacceptableSize(std::string(status.message()));
  return "";
}

Gtp::Answer Gtp::ClearBoard(Words) {
  session_.NewGame();
  game_ = GtpGame(game_.game());
  time_.Reset();
  session_.Ready();
  return "";
}

Gtp::Answer Gtp::Komi(Words words) {
  double komi = 0;
  if (!absl::SimpleAtod(Absl(words[0]), &komi) || !(std::abs(komi) <= 1e6)) {
    return BadInput("syntax error: '", Absl(words[0]), "' is no komi");
  }
  komi_ = komi;
  const GameFacts& facts = game_.game().facts();
  const Settings& settings = session_.options().settings();
  // A network knows the komi that it has learned with, and only that.
  const bool has_network = !settings.run.empty() || !settings.weights.empty();
  if (facts.name != "go" || has_network) return "";
  const absl::StatusOr<const Game*> game = FindGame(SpecWith(facts.spec, "komi", absl::StrCat(komi)));
  if (!game.ok() || !game_.ChangeGame(**game).ok()) return "";  // GTP takes any komi; this one is for the score only
  session_.SetOption("UCI_Variant", (*game)->facts().spec);
  return "";
}

Gtp::Answer Gtp::GetKomi(Words) { return absl::StrCat(komi_); }

Gtp::Answer Gtp::Play(Words words) {
  TANDEM_ASSIGN_OR_RETURN(const int player, ReadColor(words[0]));
  TANDEM_RETURN_IF_ERROR(game_.Play(player, words[1]));
  return "";
}

Gtp::Answer Gtp::Undo(Words) {
  if (!game_.Undo()) return absl::FailedPreconditionError("cannot undo");
  return "";
}

Gtp::Answer Gtp::ShowBoard(Words) { return absl::StrCat("\n", game_.state().Draw()); }

Gtp::Answer Gtp::AllLegal(Words words) {
  TANDEM_ASSIGN_OR_RETURN(const int player, ReadColor(words[0]));
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<State> state, game_.StateFor(player));
  ActionList legal;
  state->LegalActions(legal);
  std::vector<std::string> vertices;
  for (const Action action : legal) vertices.push_back(VertexText(game_.game(), *state, action));
  return absl::StrJoin(vertices, " ");
}

// "Othello" and "Connect Four" as other programs write them, or a game spec.
Gtp::Answer Gtp::SetGameByName(Words words) {
  const std::string name = absl::AsciiStrToLower(absl::StrJoin(std::vector<std::string>(words.begin(), words.end()), "_"));
  TANDEM_RETURN_IF_ERROR(SetGame(name));
  return "";
}

Gtp::Answer Gtp::ListGames(Words) {
  std::vector<std::string> names;
  for (const RegisteredGame& game : RegisteredGames()) names.push_back(game.name);
  return absl::StrJoin(names, "\n");
}

// HTP's switches; the one that there is says whether the second player may swap.
Gtp::Answer Gtp::ParamGame(Words words) {
  const std::string& spec = game_.game().facts().spec;
  const bool swap = SpecOption(spec, "swap") == "true";
  if (words.empty()) return absl::StrCat("[bool] allow_swap ", swap ? 1 : 0);
  if (words.size() != 2 || words[0] != "allow_swap" || (words[1] != "0" && words[1] != "1")) {
    return BadInput("syntax error: expected param_game [allow_swap 0 | 1]");
  }
  if ((words[1] == "1") == swap) return "";
  if (!game_.empty()) return absl::FailedPreconditionError("board not empty");
  TANDEM_RETURN_IF_ERROR(SetGame(SpecWith(spec, "swap", words[1] == "1" ? std::optional<std::string_view>("true") : std::nullopt)));
  return "";
}

Gtp::Answer Gtp::ReadOption(Words words) {
  const std::optional<OptionCommand> option = ParseOption(words);
  if (!option) return BadInput("syntax error: expected tandem-setoption name NAME [value VALUE]");
  {
    absl::MutexLock lock(&mutex_);
    complaint_.emplace();
  }
  SetOption(option->name, option->value);
  absl::MutexLock lock(&mutex_);
  const std::string complaint = *std::exchange(complaint_, std::nullopt);
  if (!complaint.empty()) return BadInput(complaint);
  return "";
}

// The position before that move, else after the last one (GTP 2, section 6.3.7). The file says which game it is.
Gtp::Answer Gtp::LoadSgf(Words words) {
  int before = 0;
  if (words.size() > 1 && (!absl::SimpleAtoi(Absl(words[1]), &before) || before < 1)) {
    return BadInput("syntax error: '", Absl(words[1]), "' is no move number");
  }
  const absl::StatusOr<std::string> text = ReadFile(std::string(words[0]));
  if (!text.ok()) return Annotate(text.status(), "cannot load file");
  const GameFile file = ReadSgf(nullptr, *text);
  if (file.games.empty() || !file.games[0].problem.empty()) {
    const std::string why = !file.games.empty() ? file.games[0].problem : file.problems.empty() ? "no game in it" : file.problems[0];
    return BadInput("cannot load file: ", Absl(words[0]), ": ", why);
  }
  const FileGame& game = file.games[0];
  std::vector<Action> moves = game.moves;
  if (before > 0 && static_cast<std::size_t>(before) <= moves.size()) moves.resize(before - 1);
  TANDEM_RETURN_IF_ERROR(SetGame(game.game->facts().spec));
  game_.Load(*game.game, game.start, moves);
  return "";
}

Gtp::Answer Gtp::PrintSgf(Words words) {
  FileGame game;
  game.game = &game_.game();
  game.start = game_.start();
  game.moves = game_.Moves();
  TANDEM_ASSIGN_OR_RETURN(const std::string text, WriteSgf(game));
  if (words.empty()) return text;
  TANDEM_RETURN_IF_ERROR(WriteFileAtomic(std::string(words[0]), text));
  return "";
}

Gtp::Answer Gtp::ClearCache(Words) {
  session_.SetOption("Clear Hash", "");
  return "";
}

Gtp::Answer Gtp::CpuTime(Words) { return absl::StrFormat("%.3f", static_cast<double>(std::clock()) / CLOCKS_PER_SEC); }

Gtp::Answer Gtp::GoguiAnalyzeCommands(Words) {
  std::string lines = "plist/All Legal/all_legal %c\nstring/Final Score/final_score\nstring/CPU Time/cputime\nnone/Clear Cache/clear_cache";
  if (game_.game().facts().name == "go")
    absl::StrAppend(&lines, "\nplist/Stones Alive/final_status_list alive\nplist/Stones Dead/final_status_list dead\nstring/Komi/get_komi");
  return lines;
}

}  // namespace tandem
