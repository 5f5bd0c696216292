#include "engine/protocol/uci.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "engine/base/build_info.h"
#include "engine/protocol/score.h"
#include "engine/protocol/uci_parser.h"

namespace tandem {
namespace {

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }
std::string_view Std(absl::string_view text) { return {text.data(), text.size()}; }

std::string OptionLine(const OptionInfo& info) {
  std::string line = absl::StrCat("option name ", info.name, " type ");
  switch (info.type) {
    case OptionInfo::Type::kCheck:
      absl::StrAppend(&line, "check default ", info.default_value);
      break;
    case OptionInfo::Type::kSpin:
      absl::StrAppend(&line, "spin default ", info.default_value, " min ", info.min, " max ", info.max);
      break;
    case OptionInfo::Type::kCombo:
      absl::StrAppend(&line, "combo default ", info.default_value);
      for (const std::string& choice : info.choices) absl::StrAppend(&line, " var ", choice);
      break;
    case OptionInfo::Type::kString:
      absl::StrAppend(&line, "string default ", info.default_value.empty() ? "<empty>" : info.default_value);
      break;
    case OptionInfo::Type::kButton:
      absl::StrAppend(&line, "button");
      break;
  }
  return line;
}

// Text of a line of play, as far as it is legal.
std::vector<std::string> LineText(const SearchReport& report, const MoveStats& move) {
  const State& root = *report.root;
  std::vector<Action> line = move.pv;
  if (line.empty()) line.push_back(move.action);
  std::vector<std::string> text;
  const std::unique_ptr<State> state = root.Clone();
  ActionList legal;
  for (const Action action : line) {
    state->LegalActions(legal);
    if (legal.Find(action) < 0) break;
    text.push_back(VariantMoveText(*report.settings->game, report.settings->dialect, *state, action));
    state->Apply(action);
  }
  return text;
}

std::string FinishedLine(const SearchReport& report) {
  std::string score = "cp 0";
  if (report.root != nullptr && report.root->IsTerminal()) {
    const int result = MoverResult(report.root->GetOutcome(), report.root->ToMove());
    score = result < 0 ? "mate 0" : absl::StrCat("cp ", result * kProvenCentipawns);
  }
  return absl::StrCat("info depth 0 score ", score);
}

}  // namespace

std::string InfoLine(const SearchReport& report, int index, int multipv) {
  const SearchResult& result = *report.result;
  const MoveStats& move = result.moves[index];
  const int depth = std::max(result.depth, 1);
  const std::int64_t milliseconds = std::max<std::int64_t>(absl::ToInt64Milliseconds(report.elapsed), 0);
  const double seconds = std::max(absl::ToDoubleSeconds(report.elapsed), 1e-3);
  std::string line = absl::StrCat("info depth ", depth, " seldepth ", std::max(result.seldepth, depth), " multipv ", multipv, " score ",
                                  ScoreText(move.q, move.proven, move.mate_plies));
  if (report.settings->show_wdl) {
    const auto [win, draw, loss] = WdlPerMille(move.wdl, move.proven);
    absl::StrAppend(&line, " wdl ", win, " ", draw, " ", loss);
  }
  absl::StrAppend(&line, " nodes ", report.simulations, " nps ", std::llround(static_cast<double>(report.simulations) / seconds),
                  " hashfull ", std::clamp(static_cast<int>(result.memory_share * 1000), 0, 1000), " tbhits 0 time ", milliseconds, " pv");
  for (const std::string& text : LineText(report, move)) absl::StrAppend(&line, " ", text);
  return line;
}

Uci::Uci(const Game& game, std::unique_ptr<Brain> brain, const Clock& clock, LineSink sink, UciStyle style)
    : style_(style), sink_(std::move(sink)), session_(game, std::move(brain), clock, this, style.fairy_names) {}

void Uci::SetOption(std::string_view name, std::string_view value) { session_.SetOption(std::string(name), std::string(value)); }

void Uci::Close() {
  session_.Stop();
  session_.WaitUntilIdle();
}

bool Uci::Handle(std::string_view line) {
  const std::vector<std::string_view> words = SplitWords(line);
  // Words before the first one that is a command are skipped, as the specification asks; extras must come first, so that garbage does
  // not set them off.
  static constexpr std::string_view kCommands[] = {"uci",      "debug", "isready", "setoption", "register", "ucinewgame",
                                                   "position", "go",    "stop",    "ponderhit", "quit"};
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (std::find(std::begin(kCommands), std::end(kCommands), words[i]) != std::end(kCommands)) {
      return Obey(words[i], Words(words).subspan(i + 1));
    }
  }
  if (!words.empty()) Extra(words[0]);
  return true;
}

bool Uci::Obey(std::string_view command, Words words) {
  if (command == "quit") {
    Close();
    return false;
  }
  if (command == "uci") SayHello();
  if (command == "debug") debug_ = words.empty() || words[0] != "off";
  if (command == "isready") {
    session_.Ready();
    Say("readyok");
  }
  if (command == "setoption") ReadOption(words);
  if (command == "ucinewgame") {
    session_.NewGame();
    session_.Ready();  // not on the first move's clock
  }
  if (command == "position") SetPosition(words);
  if (command == "go") Go(words);
  if (command == "stop") session_.StopNow();
  if (command == "ponderhit") session_.PonderHit();
  return true;
}

void Uci::Extra(std::string_view command) {
  if (command == "d") return ShowBoard();
  if (command == "fen") return Say(session_.position() != nullptr ? session_.PositionText() : "none");
  if (command == "moves") return ShowMoves();
  if (command == "eval") return ShowOpinion();
  if (debug_) OnMessage(absl::StrCat("unknown command '", Absl(command), "'"));
}

void Uci::SayHello() {
  Say(absl::StrCat("id name Tandem ", Version()));
  Say("id author the Tandem developers");
  for (const OptionInfo& info : session_.options().infos()) Say(OptionLine(info));
  Say(style_.ready_word);
}

void Uci::ReadOption(Words words) {
  std::optional<OptionCommand> option = ParseOption(words);
  if (!option) return OnMessage("setoption: expected: name NAME [value VALUE]");
  session_.SetOption(std::move(option->name), std::move(option->value));
}

void Uci::SetPosition(Words words) {
  const std::optional<PositionCommand> position = ParsePosition(words);
  if (!position) {
    // Refused by the session, so that a search does not go on from an older position.
    OnMessage("position: expected: startpos or fen TEXT, then [moves ...]");
    return session_.SetPosition("", {});
  }
  session_.SetPosition(position->text ? std::optional<std::string_view>(*position->text) : std::nullopt, position->moves);
}

void Uci::Go(Words words) {
  GoCommand go = ParseGo(words);
  for (const std::string& complaint : go.complaints) OnMessage(complaint);
  if (go.perft_depth > 0) return session_.Perft(go.perft_depth);
  session_.Search(std::move(go.request));
}

void Uci::ShowBoard() {
  const State* state = session_.position();
  if (state == nullptr) return OnMessage("no position");
  for (const absl::string_view line : absl::StrSplit(state->Draw(), '\n')) Say(Std(line));
  Say(absl::StrCat("Fen: ", session_.PositionText()));
  Say(absl::StrFormat("Key: %016x", state->Hash()));
}

void Uci::ShowMoves() {
  const State* state = session_.position();
  if (state == nullptr) return OnMessage("no position");
  ActionList legal;
  state->LegalActions(legal);
  std::string line = absl::StrCat(legal.size(), legal.size() == 1 ? " move:" : " moves:");
  for (const Action action : legal) absl::StrAppend(&line, " ", session_.MoveText(*state, action));
  Say(line);
}

void Uci::ShowOpinion() {
  absl::StatusOr<RawOpinion> opinion = session_.Opinion();
  if (!opinion.ok()) return OnMessage(absl::StrCat("eval: ", opinion.status().message()));
  const Evaluation& evaluation = opinion->evaluation;
  OnMessage(absl::StrFormat("eval win %.1f%% draw %.1f%% loss %.1f%% score cp %d", 100 * evaluation.win, 100 * evaluation.draw,
                            100 * evaluation.loss, Centipawns(evaluation.Value())));
  std::stable_sort(opinion->prior.begin(), opinion->prior.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  for (const auto& [action, prior] : opinion->prior) {
    OnMessage(absl::StrFormat("eval %s prior %.2f%%", session_.MoveText(*session_.position(), action), 100 * prior));
  }
}

void Uci::Say(std::string_view line) {
  absl::MutexLock lock(&mutex_);
  sink_(line);
}

void Uci::OnMessage(std::string_view text) {
  Say(absl::StrCat("info string ", absl::StrReplaceAll(Absl(text), {{"\n", " "}, {"\r", " "}})));
}

void Uci::OnText(std::string_view line) { Say(line); }

void Uci::OnGame(const Game& game) {
  const GameFacts& facts = game.facts();
  const Settings& settings = session_.options().settings();
  const std::optional<Variant> fairy = settings.dialect == Dialect::kFairy ? FairyVariantOf(game) : std::nullopt;
  const std::string text = VariantPositionText(game, settings.dialect, *game.NewState());
  const std::size_t hands = text.find('[');
  const std::size_t pocket = hands == std::string::npos ? 0 : text.find(']') - hands - 1;
  OnMessage(absl::StrCat("variant ", fairy ? fairy->name : facts.spec, " files ", facts.cols, " ranks ", facts.rows, " pocket ", pocket,
                         " template fairy startpos ", text));
}

void Uci::SayLines(const SearchReport& report) {
  int multipv = 0;
  for (const int index : report.result->ranking) {
    if (multipv == report.settings->multi_pv) break;
    const Action action = report.result->moves[index].action;
    if (!report.root_actions.empty() &&
        std::find(report.root_actions.begin(), report.root_actions.end(), action) == report.root_actions.end()) {
      continue;
    }
    Say(InfoLine(report, index, ++multipv));
  }
}

// A line for each move as lc0 writes it, the best one last, then one for the root ("node").
void Uci::SayMoveStats(const SearchReport& report) {
  const SearchResult& result = *report.result;
  const auto line = [&](const std::string& name, int index, std::int64_t visits, double prior, const Evaluation& wdl, double q) {
    OnMessage(absl::StrFormat("%-5s (%4d) N: %7d (+ 0) (P: %5.2f%%) (WL: %8.5f) (D: %5.3f) (Q: %8.5f) (V: %7.4f)", name, index, visits,
                              100 * prior, wdl.Value(), wdl.draw, q, q));
  };
  for (auto index = result.ranking.rbegin(); index != result.ranking.rend(); ++index) {
    const MoveStats& move = result.moves[*index];
    line(LineText(report, move)[0], move.action, move.visits, move.prior, move.wdl, move.q);
  }
  line("node", static_cast<int>(result.moves.size()), result.tree_visits, 1, result.root_wdl, result.root_value);
}

void Uci::OnProgress(const SearchReport& report) {
  SayLines(report);
  if (report.settings->log_live_stats) SayMoveStats(report);
}

void Uci::OnFinished(const SearchReport& report) {
  if (report.result == nullptr) {
    Say(FinishedLine(report));
    return Say("bestmove (none)");
  }
  // The statistics before the last line: a client finds a score right above the move.
  if (report.settings->verbose_move_stats) SayMoveStats(report);
  if (report.is_news || report.settings->verbose_move_stats) SayLines(report);
  const std::vector<std::string> line = LineText(report, report.result->moves[report.result->ranking[0]]);
  std::string best = absl::StrCat("bestmove ", line[0]);
  if (line.size() > 1) absl::StrAppend(&best, " ponder ", line[1]);
  Say(best);
}

}  // namespace tandem
