// What a protocol session lets its user set. Options of the search are not declared here: they are the fields of SearchConfig
// (proto/run_config.proto) under their names in camel case, `cpuct_log` as CpuctLog, with help, range and default from there, except
// two that protocols have words for: memory_bytes is Hash (in MiB), simulations is Simulations. docs/uci.md lists all.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "engine/game/state.h"
#include "engine/net/network.h"
#include "engine/notation/variant.h"
#include "proto/run_config.pb.h"

namespace tandem {

// Strength by number: a search of 2^((elo - 500) / 100) simulations. The weakest, 1, plays the move it likes at first sight; each doubling
// counts as 100, about what it brings a tree over random rollouts (docs/uci.md has the measurement).
inline constexpr int kWeakestElo = 500;
inline constexpr int kStrongestElo = 2500;
std::int64_t SimulationsOfElo(int elo);

// The options' values, typed.
struct Settings {
  const Game* game = nullptr;
  Dialect dialect = Dialect::kNative;  // of the moves and positions that are written
  SearchConfig search;                 // memory_bytes is the cap of the tree
  std::string run;                     // run directory whose newest network plays; empty = none
  std::string weights;                 // weights file, goes before `run`; empty = none
  Precision precision = Precision::kAuto;
  int multi_pv = 1;  // lines shown
  bool show_wdl = false;
  bool verbose_move_stats = false;  // a line for each move when a search ends ...
  bool log_live_stats = false;      // ... and with every progress report
  bool analyse_mode = false;        // at full strength whatever the next two say
  bool limit_strength = false;
  int elo = kStrongestElo;
  bool network_only = false;                              // plays the network's most likely move, no search
  std::int64_t simulations = 0;                           // of a search without any limit; 0 = until stopped
  absl::Duration move_overhead = absl::Milliseconds(30);  // lost between our clock and the user's
};

struct OptionInfo {
  enum class Type { kCheck, kSpin, kCombo, kString, kButton };
  std::string name;
  Type type = Type::kString;
  std::string default_value;
  std::int64_t min = 0, max = 0;     // kSpin
  std::vector<std::string> choices;  // kCombo
  std::string help;
};

// What a new value asks of whoever uses it.
enum class OptionEffect {
  kNone,     // read at the next search
  kPlanner,  // make a new planner
  kNetwork,  // load the network again
  kGame,     // another game: everything anew
  kClear,    // forget trees and caches
};

// Thread-compatible.
class Options {
 public:
  // `fairy_names`: the names of other programs for our games bring their notation along (UCI); else moves are always our own (UGI).
  explicit Options(const Game& game, bool fairy_names = true);
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  // Sets one by its name, in any case. On error (unknown name, ill-formed or out-of-range value) nothing changes.
  absl::StatusOr<OptionEffect> Set(std::string_view name, std::string_view value);

  // The client writes in this dialect: answers do too, until the game is named again.
  void FollowDialect(Dialect dialect);

  const Settings& settings() const { return settings_; }
  std::vector<OptionInfo> infos() const;

 private:
  using Setter = std::function<absl::StatusOr<OptionEffect>(std::string_view value)>;
  struct Option {
    OptionInfo info;
    Setter set;
  };
  void Add(OptionInfo info, Setter set);
  void AddSpin(std::string name, std::int64_t default_value, std::int64_t min, std::int64_t max, OptionEffect effect, std::string help,
               std::function<void(std::int64_t)> store);
  void AddCheck(std::string name, bool* target, OptionEffect effect, std::string help);
  void AddGame();
  absl::StatusOr<OptionEffect> SetGame(std::string_view name);
  absl::StatusOr<OptionEffect> SetChess960(bool chess960);
  void AddNetwork();
  void AddPlay();
  void AddSearch();

  Settings settings_;
  const bool fairy_names_;
  bool chess960_ = false;
  bool game_chosen_ = false;  // by the user; else a run brings its game along
  std::vector<Option> options_;
};

// "cpuct_log" -> "CpuctLog".
std::string CamelCase(std::string_view field);

}  // namespace tandem
