// uci:cmd=PROGRAM,...: an engine that speaks the Universal Chess Interface, or its extension to other games by UCI_Variant. Names, moves
// and positions of the variants come from engine/notation/variant.h; another Tandem is spoken to in our own notation.
#include <algorithm>
#include <cmath>
#include <memory>
#include <span>

#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/agent/external_agent.h"
#include "engine/agent/registry.h"
#include "engine/base/clock.h"
#include "engine/base/status.h"
#include "engine/game/quoted_text.h"
#include "engine/notation/variant.h"

namespace tandem {
namespace {

constexpr std::string_view kOptionPrefix = "option.";
constexpr absl::Duration kStopTime = absl::Seconds(2);  // for the answer to "stop"

using Words = std::vector<std::string>;

Words Split(const std::string& line) { return absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty()); }

struct UciOptions {
  std::string variant;  // empty = by the table
  std::string dialect;
  std::vector<std::pair<std::string, std::string>> engine;  // options of the engine itself
};

// What the engine says that it can be set to.
struct DeclaredOption {
  std::string name;
  std::vector<std::string> choices;
};

// "option name Skill Level type spin default 20": the name ends at the word "type".
DeclaredOption ParseOption(const Words& words) {
  DeclaredOption option;
  std::size_t i = 2;
  for (; i < words.size() && words[i] != "type"; ++i) absl::StrAppend(&option.name, option.name.empty() ? "" : " ", words[i]);
  for (; i + 1 < words.size(); ++i) {
    if (words[i] == "var") option.choices.push_back(words[i + 1]);
  }
  return option;
}

// The last opinion of a search: the expected result in -1..1 for the mover. Centipawns become a chance of winning by the logistic curve
// that lichess fitted to its games, 2 / (1 + exp(-0.00368208 cp)) - 1 (lichess.org/page/accuracy).
void ReadOpinion(const Words& info, std::optional<float>* value) {
  constexpr double kPerCentipawn = 0.00368208;
  std::optional<double> score;
  for (std::size_t i = 1; i + 1 < info.size(); ++i) {
    if (info[i] == "pv" || info[i] == "string") break;
    if (info[i] == "multipv" && info[i + 1] != "1") return;
    double a = 0, d = 0;
    if (info[i] == "wdl" && i + 3 < info.size() && absl::SimpleAtod(info[i + 1], &a) && absl::SimpleAtod(info[i + 3], &d)) {
      score = (a - d) / 1000;
      break;
    }
    if (info[i] != "score" || i + 2 >= info.size() || !absl::SimpleAtod(info[i + 2], &a)) continue;
    if (info[i + 1] == "cp") score = 2 / (1 + std::exp(-kPerCentipawn * a)) - 1;
    if (info[i + 1] == "mate") score = a > 0 ? 1 : -1;
  }
  if (score && std::isfinite(*score)) *value = static_cast<float>(std::clamp(*score, -1.0, 1.0));
}

class UciAgent final : public ExternalAgent {
 public:
  UciAgent(const Game& game, std::string spec, ExternalOptions options, UciOptions uci)
      : ExternalAgent(game, std::move(spec), std::move(options)), uci_(std::move(uci)) {}

 private:
  absl::Status Greet() override;
  absl::Status BeginGame(const State& start) override;
  absl::Status Tell(const State& before, Action action) override {
    moves_.push_back(VariantMoveText(game_, variant_.dialect, before, action));
    return absl::OkStatus();
  }
  absl::StatusOr<Decision> Choose(const State& state, const SearchLimits& limits, std::stop_token stop) override;
  absl::Status Retract() override {
    moves_.pop_back();
    return absl::OkStatus();
  }

  // The next line that begins with `word`, in words; others that UCI knows go to `other`.
  template <typename Other>
  absl::StatusOr<Words> Await(std::string_view word, absl::Time deadline, std::stop_token stop, const Other& other);
  absl::Status AwaitReady();
  absl::Status SetOption(const std::string& name, const std::string& value);
  absl::Status ChooseVariant();
  std::string GoLine(const State& state, const SearchLimits& limits) const;

  const UciOptions uci_;
  std::vector<DeclaredOption> declared_;
  Variant variant_;
  std::string position_;
  std::vector<std::string> moves_;
};

template <typename Other>
absl::StatusOr<Words> UciAgent::Await(std::string_view word, absl::Time deadline, std::stop_token stop, const Other& other) {
  static constexpr std::array<std::string_view, 8> kKnown = {"id",      "option",   "info",           "uciok",
                                                             "readyok", "bestmove", "copyprotection", "registration"};
  for (;;) {
    TANDEM_ASSIGN_OR_RETURN(const std::string line, ReadUntil(deadline, stop));
    Words words = Split(line);
    if (words.empty()) continue;
    if (words[0] == word) return words;
    if (std::find(kKnown.begin(), kKnown.end(), words[0]) == kKnown.end()) {
      TANDEM_RETURN_IF_ERROR(Tolerate(line));
    } else {
      other(words);
    }
  }
}

absl::Status UciAgent::AwaitReady() {
  TANDEM_RETURN_IF_ERROR(Send("isready"));
  return Await("readyok", Clock::Real().Now() + options().start_timeout, {}, [](const Words&) {}).status();
}

absl::Status UciAgent::SetOption(const std::string& name, const std::string& value) {
  const auto same = [&](const DeclaredOption& option) { return absl::EqualsIgnoreCase(option.name, name); };
  if (std::none_of(declared_.begin(), declared_.end(), same)) {
    std::vector<std::string> names;
    for (const DeclaredOption& option : declared_) names.push_back(option.name);
    return BadInput(details_, " has no option '", name, "': expected one of ", absl::StrJoin(names, ", "));
  }
  return Send(absl::StrCat("setoption name ", name, value.empty() ? "" : " value ", value));
}

// Our own name for the game where a Tandem listens, else Fairy-Stockfish's; chess needs none.
absl::Status UciAgent::ChooseVariant() {
  const auto declared = std::find_if(declared_.begin(), declared_.end(), [](const DeclaredOption& o) { return o.name == "UCI_Variant"; });
  const std::string& spec = game_.facts().spec;
  const bool is_tandem = details_.starts_with("Tandem") || details_.starts_with("tandem");
  const std::optional<Variant> fairy = FairyVariantOf(game_);
  variant_ = is_tandem || !fairy ? Variant{spec, spec, Dialect::kNative} : *fairy;
  if (!uci_.variant.empty()) variant_.name = uci_.variant;
  if (uci_.dialect == "native") variant_.dialect = Dialect::kNative;
  if (uci_.dialect == "fairy") variant_.dialect = Dialect::kFairy;
  const bool is_chess = game_.facts().name == "chess";
  if (is_chess && spec.find("chess960=true") != std::string::npos) TANDEM_RETURN_IF_ERROR(SetOption("UCI_Chess960", "true"));
  if (is_chess && uci_.variant.empty() && !is_tandem) return absl::OkStatus();
  if (declared == declared_.end())
    return BadInput(details_, " plays chess only; expected an engine with the option UCI_Variant for ", spec);
  const std::vector<std::string>& choices = declared->choices;
  if (!is_tandem && std::find(choices.begin(), choices.end(), variant_.name) == choices.end()) {
    return BadInput(details_, " has no variant '", variant_.name, "' for ", spec, "; expected variant= one of ",
                    absl::StrJoin(choices, ", "));
  }
  return SetOption("UCI_Variant", variant_.name);
}

absl::Status UciAgent::Greet() {
  declared_.clear();
  details_ = options().command[0];
  TANDEM_RETURN_IF_ERROR(Send("uci"));
  const auto greeted = Await("uciok", Clock::Real().Now() + options().start_timeout, {}, [this](const Words& words) {
    if (words[0] == "id" && words.size() > 2 && words[1] == "name") details_ = absl::StrJoin(words.begin() + 2, words.end(), " ");
    if (words[0] == "option" && words.size() > 3) declared_.push_back(ParseOption(words));
  });
  if (!greeted.ok()) return greeted.status();
  // An ini file with variants (VariantPath) goes before the choice among them.
  for (const auto& [name, value] : uci_.engine) TANDEM_RETURN_IF_ERROR(SetOption(name, value));
  TANDEM_RETURN_IF_ERROR(AwaitReady());
  if (std::any_of(uci_.engine.begin(), uci_.engine.end(), [](const auto& option) { return option.first == "VariantPath"; })) {
    declared_.clear();
    TANDEM_RETURN_IF_ERROR(Send("uci"));
    TANDEM_RETURN_IF_ERROR(Await("uciok", Clock::Real().Now() + options().start_timeout, {}, [this](const Words& words) {
                             if (words[0] == "option" && words.size() > 3) declared_.push_back(ParseOption(words));
                           }).status());
  }
  return ChooseVariant();
}

absl::Status UciAgent::BeginGame(const State& start) {
  moves_.clear();
  const bool is_start = start.ToText() == game_.NewState()->ToText();
  position_ = is_start ? "startpos" : "fen " + VariantPositionText(game_, variant_.dialect, start);
  TANDEM_RETURN_IF_ERROR(Send("ucinewgame"));
  return AwaitReady();
}

std::string UciAgent::GoLine(const State& state, const SearchLimits& limits) const {
  std::string line = "go";
  if (options().base > absl::ZeroDuration() && limits.time == absl::InfiniteDuration()) {
    const std::int64_t left = absl::ToInt64Milliseconds(std::max(remaining(), absl::Milliseconds(1)));
    const std::int64_t increment = absl::ToInt64Milliseconds(options().increment);
    absl::StrAppend(&line, " wtime ", left, " btime ", left, " winc ", increment, " binc ", increment);
  }
  if (limits.simulations > 0) absl::StrAppend(&line, " nodes ", limits.simulations);
  if (limits.depth > 0) absl::StrAppend(&line, " depth ", limits.depth);
  if (limits.time < absl::InfiniteDuration()) {
    absl::StrAppend(&line, " movetime ", std::max<std::int64_t>(1, absl::ToInt64Milliseconds(limits.time)));
  }
  if (limits.infinite || line == "go") line = "go infinite";
  if (limits.root_actions.empty()) return line;
  line += " searchmoves";
  for (const Action action : limits.root_actions) absl::StrAppend(&line, " ", VariantMoveText(game_, variant_.dialect, state, action));
  return line;
}

absl::StatusOr<Decision> UciAgent::Choose(const State& state, const SearchLimits& limits, std::stop_token stop) {
  TANDEM_RETURN_IF_ERROR(Send(absl::StrCat("position ", position_, moves_.empty() ? "" : " moves ", absl::StrJoin(moves_, " "))));
  TANDEM_RETURN_IF_ERROR(Send(GoLine(state, limits)));
  Decision decision;
  const auto listen = [&](const Words& words) {
    if (words[0] == "info") ReadOpinion(words, &decision.value);
  };
  absl::StatusOr<Words> answer = Await("bestmove", Clock::Real().Now() + Patience(limits), stop, listen);
  if (absl::IsCancelled(answer.status())) {
    TANDEM_RETURN_IF_ERROR(Send("stop"));
    answer = Await("bestmove", Clock::Real().Now() + kStopTime, {}, listen);
  }
  if (!answer.ok()) return answer.status();
  if (answer->size() < 2) return BadInput("a bestmove without a move");
  const absl::StatusOr<Action> action = ParseVariantMove(game_, state, (*answer)[1]);
  if (!action.ok()) return Annotate(action.status(), details_);
  decision.action = *action;
  moves_.push_back((*answer)[1]);
  return decision;
}

absl::StatusOr<std::unique_ptr<Agent>> MakeUciAgent(const Game& game, const AgentSpec& spec) {
  OptionReader options(spec);
  TANDEM_ASSIGN_OR_RETURN(ExternalOptions external, ExternalOptions::Read(options));
  UciOptions uci;
  TANDEM_ASSIGN_OR_RETURN(uci.variant, options.Text("variant", ""));
  TANDEM_ASSIGN_OR_RETURN(uci.dialect, options.Text("dialect", "auto"));
  if (uci.dialect != "auto" && uci.dialect != "native" && uci.dialect != "fairy") {
    return BadInput("agent uci: dialect=", uci.dialect, ": expected auto, native or fairy");
  }
  for (const auto& [key, value] : spec.options) {
    if (!key.starts_with(kOptionPrefix)) continue;
    options.Declare(key);
    options.PutCanonical(key, value);
    uci.engine.emplace_back(key.substr(kOptionPrefix.size()), value);
  }
  TANDEM_RETURN_IF_ERROR(options.Finish());
  auto agent = std::make_unique<UciAgent>(game, options.Canonical(), std::move(external), std::move(uci));
  TANDEM_RETURN_IF_ERROR(agent->Introduce());
  return agent;
}

TANDEM_REGISTER_AGENT({"uci", "uci:cmd=PROGRAM,nodes=1000",
                       "a UCI engine; also movetime= ms, depth=, tc=60+0.6, variant=, option.NAME=", MakeUciAgent});

}  // namespace
}  // namespace tandem
