#include "engine/protocol/options.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "engine/base/config.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "engine/net/run_directory.h"

namespace tandem {
namespace {

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

absl::StatusOr<std::int64_t> ParseSpin(std::string_view value, std::int64_t min, std::int64_t max) {
  std::int64_t number = 0;
  if (!absl::SimpleAtoi(Absl(value), &number) || number < min || number > max) {
    return BadInput("'", Absl(value), "' is not a whole number from ", min, " to ", max);
  }
  return number;
}

absl::StatusOr<bool> ParseCheck(std::string_view value) {
  if (absl::EqualsIgnoreCase(Absl(value), "true")) return true;
  if (absl::EqualsIgnoreCase(Absl(value), "false")) return false;
  return BadInput("'", Absl(value), "' is neither true nor false");
}

constexpr std::string_view kChess = "chess";
constexpr std::string_view kChess960 = "chess:chess960=true";

// GUIs write an empty string as "<empty>".
std::string ParseString(std::string_view value) { return value == "<empty>" ? "" : std::string(value); }

bool IsChoice(const OptionInfo& info, std::string_view value) {
  return std::any_of(info.choices.begin(), info.choices.end(),
                     [&](const std::string& choice) { return absl::EqualsIgnoreCase(choice, Absl(value)); });
}

}  // namespace

std::string CamelCase(std::string_view field) {
  std::string name;
  bool upper = true;
  for (const char c : field) {
    if (c == '_') {
      upper = true;
    } else {
      name += upper ? absl::ascii_toupper(c) : c;
      upper = false;
    }
  }
  return name;
}

std::int64_t SimulationsOfElo(int elo) { return std::max<std::int64_t>(1, std::llround(std::exp2((elo - kWeakestElo) / 100.0))); }

Options::Options(const Game& game, bool fairy_names) : fairy_names_(fairy_names) {
  settings_.game = &game;
  AddGame();
  AddNetwork();
  AddPlay();
  AddSearch();
}

std::vector<OptionInfo> Options::infos() const {
  std::vector<OptionInfo> infos;
  for (const Option& option : options_) infos.push_back(option.info);
  return infos;
}

absl::StatusOr<OptionEffect> Options::Set(std::string_view name, std::string_view value) {
  for (Option& option : options_) {
    if (!absl::EqualsIgnoreCase(option.info.name, Absl(name))) continue;
    absl::StatusOr<OptionEffect> effect = option.set(value);
    if (!effect.ok()) return Annotate(effect.status(), absl::StrCat("option ", option.info.name));
    return effect;
  }
  return absl::NotFoundError(absl::StrCat("no option '", Absl(name), "'"));
}

void Options::Add(OptionInfo info, Setter set) { options_.push_back({std::move(info), std::move(set)}); }

void Options::AddSpin(std::string name, std::int64_t default_value, std::int64_t min, std::int64_t max, OptionEffect effect,
                      std::string help, std::function<void(std::int64_t)> store) {
  OptionInfo info{std::move(name), OptionInfo::Type::kSpin, absl::StrCat(default_value), min, max, {}, std::move(help)};
  Add(std::move(info), [=](std::string_view value) -> absl::StatusOr<OptionEffect> {
    TANDEM_ASSIGN_OR_RETURN(const std::int64_t number, ParseSpin(value, min, max));
    store(number);
    return effect;
  });
}

void Options::AddCheck(std::string name, bool* target, OptionEffect effect, std::string help) {
  OptionInfo info{std::move(name), OptionInfo::Type::kCheck, *target ? "true" : "false", 0, 0, {}, std::move(help)};
  Add(std::move(info), [target, effect](std::string_view value) -> absl::StatusOr<OptionEffect> {
    TANDEM_ASSIGN_OR_RETURN(*target, ParseCheck(value));
    return effect;
  });
}

void Options::AddGame() {
  OptionInfo info{"UCI_Variant", OptionInfo::Type::kCombo, settings_.game->facts().spec, 0, 0, {}, "game; other sizes as othello:size=6"};
  for (const RegisteredGame& game : RegisteredGames()) info.choices.push_back(game.name);
  if (!IsChoice(info, info.default_value)) info.choices.push_back(info.default_value);
  for (const Variant& variant : FairyVariants()) {
    if (!IsChoice(info, variant.name)) info.choices.push_back(variant.name);
  }
  Add(std::move(info), [this](std::string_view value) { return SetGame(value); });
  Add({"UCI_Chess960", OptionInfo::Type::kCheck, "false", 0, 0, {}, "chess castles king takes rook"},
      [this](std::string_view value) -> absl::StatusOr<OptionEffect> {
        TANDEM_ASSIGN_OR_RETURN(const bool chess960, ParseCheck(value));
        return SetChess960(chess960);
      });
}

absl::StatusOr<OptionEffect> Options::SetGame(std::string_view name) {
  TANDEM_ASSIGN_OR_RETURN(const Variant variant, FindVariant(name));
  // The two options may come in either order.
  const bool is_chess960 = chess960_ && variant.game == kChess;
  TANDEM_ASSIGN_OR_RETURN(settings_.game, FindGame(is_chess960 ? kChess960 : variant.game));
  settings_.dialect = fairy_names_ ? variant.dialect : Dialect::kNative;
  game_chosen_ = true;
  return OptionEffect::kGame;
}

// Without effect on games that are not chess: GUIs send it whatever is played.
absl::StatusOr<OptionEffect> Options::SetChess960(bool chess960) {
  if (settings_.game->facts().spec == (chess960 ? kChess : kChess960)) {
    TANDEM_ASSIGN_OR_RETURN(settings_.game, FindGame(chess960 ? kChess960 : kChess));
    chess960_ = chess960;
    return OptionEffect::kGame;
  }
  chess960_ = chess960;
  return OptionEffect::kNone;
}

void Options::FollowDialect(Dialect dialect) {
  if (fairy_names_) settings_.dialect = dialect;
}

void Options::AddNetwork() {
  Add({"Run", OptionInfo::Type::kString, "", 0, 0, {}, "run directory; its newest network plays"},
      [this](std::string_view value) -> absl::StatusOr<OptionEffect> {
        settings_.run = ParseString(value);
        if (settings_.run.empty() || game_chosen_) return OptionEffect::kNetwork;
        // Whether the run is any good is said when it is loaded; here only its game matters.
        const absl::StatusOr<RunConfig> config = RunDirectory(settings_.run).ReadConfig();
        if (!config.ok()) return OptionEffect::kNetwork;
        const absl::StatusOr<const Game*> game = FindGame(config->game());
        if (!game.ok() || *game == settings_.game) return OptionEffect::kNetwork;
        settings_.game = *game;
        return OptionEffect::kGame;
      });
  Add({"WeightsFile", OptionInfo::Type::kString, "", 0, 0, {}, "weights of one network, goes before Run"},
      [this](std::string_view value) -> absl::StatusOr<OptionEffect> {
        settings_.weights = ParseString(value);
        return OptionEffect::kNetwork;
      });
  Add({"Precision", OptionInfo::Type::kCombo, "auto", 0, 0, {"auto", "fp32", "bf16", "int8"}, "arithmetic of the network"},
      [this](std::string_view value) -> absl::StatusOr<OptionEffect> {
        TANDEM_ASSIGN_OR_RETURN(settings_.precision, ParsePrecision(absl::AsciiStrToLower(Absl(value))));
        return OptionEffect::kNetwork;
      });
  AddSpin("Threads", 1, 1, 1024, OptionEffect::kPlanner, "threads that search one tree; 1 repeats exactly",
          [this](std::int64_t number) { settings_.search.set_threads(static_cast<int>(number)); });
  AddCheck("NetworkOnly", &settings_.network_only, OptionEffect::kPlanner, "plays the network's most likely move without a search");
}

void Options::AddPlay() {
  AddSpin("MultiPV", 1, 1, 500, OptionEffect::kNone, "lines shown",
          [this](std::int64_t number) { settings_.multi_pv = static_cast<int>(number); });
  // The GUI decides when to ponder; the option tells it that this engine can.
  Add({"Ponder", OptionInfo::Type::kCheck, "false", 0, 0, {}, "the engine can think on the opponent's time"},
      [](std::string_view value) -> absl::StatusOr<OptionEffect> {
        TANDEM_RETURN_IF_ERROR(ParseCheck(value).status());
        return OptionEffect::kNone;
      });
  AddSpin("Move Overhead", absl::ToInt64Milliseconds(settings_.move_overhead), 0, 10000, OptionEffect::kNone,
          "milliseconds kept back for each move", [this](std::int64_t number) { settings_.move_overhead = absl::Milliseconds(number); });
  AddCheck("UCI_ShowWDL", &settings_.show_wdl, OptionEffect::kNone, "shows win, draw and loss per mille");
  AddCheck("UCI_AnalyseMode", &settings_.analyse_mode, OptionEffect::kNone, "full strength, whatever UCI_LimitStrength says");
  AddCheck("UCI_LimitStrength", &settings_.limit_strength, OptionEffect::kNone, "searches have as many simulations as UCI_Elo allows");
  AddSpin("UCI_Elo", kStrongestElo, kWeakestElo, kStrongestElo, OptionEffect::kNone, "2^((UCI_Elo - 500) / 100) simulations a move",
          [this](std::int64_t number) { settings_.elo = static_cast<int>(number); });
  AddCheck("VerboseMoveStats", &settings_.verbose_move_stats, OptionEffect::kNone, "a line for each move when a search ends");
  AddCheck("LogLiveStats", &settings_.log_live_stats, OptionEffect::kNone, "the same lines while searching");
  AddSpin("Simulations", settings_.simulations, 0, 1000000000, OptionEffect::kNone, "of a search without any limit; 0 = until stopped",
          [this](std::int64_t number) { settings_.simulations = number; });
  Add({"Clear Hash", OptionInfo::Type::kButton, "", 0, 0, {}, "forgets trees and caches"},
      [](std::string_view) -> absl::StatusOr<OptionEffect> { return OptionEffect::kClear; });
}

void Options::AddSearch() {
  AddSpin("Hash", settings_.search.memory_bytes() >> 20, 1, 1 << 20, OptionEffect::kPlanner, "MiB, hard cap of the tree",
          [this](std::int64_t number) { settings_.search.set_memory_bytes(number << 20); });
  for (const ConfigOption& field : ConfigHelp(*SearchConfig::descriptor())) {
    if (field.key == "memory_bytes" || field.key == "simulations" || field.key == "threads") continue;
    OptionInfo info{CamelCase(field.key), OptionInfo::Type::kString, field.default_value, 0, 0, {}, field.help};
    if (field.type == "true/false") {
      info.type = OptionInfo::Type::kCheck;
    } else if (field.type == "integer") {
      info.type = OptionInfo::Type::kSpin;
      info.min = static_cast<std::int64_t>(field.min.value_or(0));
      info.max = static_cast<std::int64_t>(field.max.value_or(1e15));
    } else if (field.type != "number" && field.type != "text") {
      info.type = OptionInfo::Type::kCombo;
      info.choices = absl::StrSplit(field.type, ", ");
    }
    Add(std::move(info), [this, key = field.key](std::string_view value) -> absl::StatusOr<OptionEffect> {
      TANDEM_RETURN_IF_ERROR(SetConfigValue(settings_.search, key, value));
      return OptionEffect::kPlanner;
    });
  }
}

}  // namespace tandem
