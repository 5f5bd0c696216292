// tandem import: game files into a run, which then learns from them before it plays. tandem holdout: how well its networks predict the
// games that were kept apart.
#include <iostream>
#include <memory>

#include "absl/strings/str_format.h"
#include "engine/base/config.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "engine/game/registry.h"
#include "engine/net/network.h"
#include "engine/net/run_directory.h"
#include "selfplay/record/chunk.h"
#include "tools/commands/command.h"
#include "tools/commands/holdout.h"
#include "tools/commands/import_games.h"
#include "training/loop/run.h"

namespace tandem {
namespace {

constexpr std::size_t kShownProblems = 20;
constexpr std::size_t kGamesPerChunk = 1024;

struct ImportOptions {
  RunRequest run;
  std::vector<std::string> files;
  double holdout = 0.05;
  std::uint64_t seed = 1;
};

absl::Status WriteChunks(const std::filesystem::path& directory, const std::string& run_id, const std::vector<const GameRecord*>& games) {
  TANDEM_RETURN_IF_ERROR(MakeDirectories(directory));
  DirectorySink sink(directory);
  for (std::size_t begin = 0; begin < games.size(); begin += kGamesPerChunk) {
    std::vector<GameRecord> part;
    ChunkHeader header;
    header.set_version(1);
    header.set_run_id(run_id);
    header.set_game(games[begin]->game());
    std::uint32_t turns = 0, full_turns = 0;
    for (std::size_t i = begin; i < std::min(games.size(), begin + kGamesPerChunk); ++i) {
      part.push_back(*games[i]);
      for (const Turn& turn : games[i]->turns()) {
        ++turns;
        full_turns += turn.full_search() ? 1 : 0;
      }
    }
    header.set_num_games(static_cast<std::uint32_t>(part.size()));
    header.set_num_turns(turns);
    header.set_num_full_turns(full_turns);
    TANDEM_RETURN_IF_ERROR(sink.Put(header, part).status());
  }
  return absl::OkStatus();
}

// The game of the command line, or of the run that exists.
absl::StatusOr<const Game*> GameOf(const RunRequest& request) {
  if (!request.game.empty()) return FindGame(request.game);
  const RunDirectory directory{std::filesystem::path(request.directory)};
  if (!directory.Exists()) return BadInput("--game is missing: there is no run in ", request.directory, " yet");
  TANDEM_ASSIGN_OR_RETURN(const RunConfig config, directory.ReadConfig());
  return FindGame(config.game());
}

absl::Status RunImport(const ImportOptions& options) {
  TANDEM_ASSIGN_OR_RETURN(const Game* const game, GameOf(options.run));
  ImportedGames imported;
  for (const std::string& file : options.files) TANDEM_RETURN_IF_ERROR(ImportFile(*game, file, &imported));
  for (std::size_t i = 0; i < imported.problems.size() && i < kShownProblems; ++i) PrintErrorLine("tandem import", imported.problems[i]);
  if (imported.problems.size() > kShownProblems) {
    std::cerr << absl::StrFormat("tandem import: and %d more games left out\n", imported.problems.size() - kShownProblems);
  }
  if (imported.games.empty()) return BadInput("no game of ", game->facts().spec, " in ", options.files.size(), " files");
  RunRequest request = options.run;
  request.resume = true;
  // A new run keeps everything that was imported in its window.
  const bool is_new = !RunDirectory(std::filesystem::path(request.directory)).Exists();
  if (is_new)
    request.overrides.insert(request.overrides.begin(),
                             absl::StrCat("replay.window_rows_min=", std::max<std::int64_t>(imported.rows, 20000)));
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Run> run, Run::Open(request));
  std::vector<const GameRecord*> kept_apart, training;
  std::int64_t apart_rows = 0;
  for (std::size_t i = 0; i < imported.games.size(); ++i) {
    GameRecord& record = imported.games[i];
    record.set_index(i);
    const bool apart = Rng::Stream(options.seed, "holdout", i).Uniform() < options.holdout;
    (apart ? kept_apart : training).push_back(&record);
    if (!apart) continue;
    for (const Turn& turn : record.turns()) apart_rows += turn.full_search() ? 1 : 0;
  }
  TANDEM_RETURN_IF_ERROR(WriteChunks(run->directory().chunks(), run->id(), training));
  if (!kept_apart.empty()) TANDEM_RETURN_IF_ERROR(WriteChunks(HoldoutDirectory(run->directory()), run->id(), kept_apart));
  std::cout << absl::StrFormat("%d games with %d rows to learn from, %d games with %d rows kept apart, %d games left out\n",
                               training.size(), imported.rows - apart_rows, kept_apart.size(), apart_rows, imported.problems.size());
  return imported.problems.empty() ? absl::OkStatus() : AlreadyReported();
}

CommandAction SetUpImport(CLI::App& app) {
  auto options = std::make_shared<ImportOptions>();
  app.add_option("--run", options->run.directory, "run directory; begun when there is none")->required();
  app.add_option("--game", options->run.game, "game, NAME[:key=value,...]; may be left out when the run exists");
  app.add_option("FILE", options->files, ".pgn, .sgf, or lines of RESULT [fields] MOVES [mask]; .zst is unpacked")->required();
  app.add_option("--holdout", options->holdout, "share of the games kept apart, for tandem holdout")->check(CLI::Range(0.0, 1.0));
  app.add_option("--seed", options->seed, "decides which games are kept apart");
  app.add_option("--set", options->run.overrides, "KEY=VALUE, any field of the run config (see `tandem options`)")->allow_extra_args(false);
  return [options] { return RunImport(*options); };
}

struct HoldoutOptions {
  std::string run;
  bool all = false;
  bool json = false;
};

absl::Status RunHoldout(const HoldoutOptions& options) {
  const RunDirectory directory{std::filesystem::path(options.run)};
  TANDEM_ASSIGN_OR_RETURN(const RunConfig config, directory.ReadConfig());
  TANDEM_ASSIGN_OR_RETURN(const Game* const game, FindGame(config.game()));
  TANDEM_ASSIGN_OR_RETURN(std::vector<CheckpointInfo> checkpoints, directory.ReadCheckpoints());
  if (checkpoints.empty()) return BadInput(options.run, " has no network yet; expected a run that has been trained");
  if (!options.all) checkpoints.erase(checkpoints.begin(), checkpoints.end() - 1);
  TANDEM_ASSIGN_OR_RETURN(const std::vector<GameRecord> games, ReadHoldout(*game, directory));
  for (const CheckpointInfo& checkpoint : checkpoints) {
    TANDEM_ASSIGN_OR_RETURN(const auto network, LoadNetwork(*game, directory.network_path(checkpoint.net_id), NetworkOptions{}));
    const std::unique_ptr<Evaluator> evaluator = network->NewEvaluator();
    TANDEM_ASSIGN_OR_RETURN(const HoldoutReport report, MeasureHoldout(*game, games, *evaluator));
    if (options.json) {
      std::cout << JsonText(boost::json::object{{"step", checkpoint.step},
                                                {"net_id", checkpoint.net_id},
                                                {"games", report.games},
                                                {"positions", report.positions},
                                                {"top1", report.top1},
                                                {"policy_nats", report.policy_nats},
                                                {"random_top1", report.random_top1},
                                                {"result_accuracy", report.result_accuracy},
                                                {"value_mse", report.value_mse}})
                << "\n";
    } else {
      std::cout << absl::StrFormat(
          "step %d: top-1 %.2f %% of %d moves in %d games (a random move: %.2f %%), cross entropy %.3f nats; result foreseen %.2f %%, "
          "value error %.3f\n",
          checkpoint.step, 100 * report.top1, report.positions, report.games, 100 * report.random_top1, report.policy_nats,
          100 * report.result_accuracy, report.value_mse);
    }
    TANDEM_RETURN_IF_ERROR(CheckStdout());
  }
  return absl::OkStatus();
}

CommandAction SetUpHoldout(CLI::App& app) {
  auto options = std::make_shared<HoldoutOptions>();
  app.add_option("--run", options->run, "run directory with games that `tandem import` kept apart")->required();
  app.add_flag("--all", options->all, "every checkpoint, not the newest alone");
  app.add_flag("--json", options->json, "machine-readable, a line for each checkpoint");
  return [options] { return RunHoldout(*options); };
}

TANDEM_REGISTER_COMMAND("import", "makes game files into a run's training data", SetUpImport);

namespace holdout_command {
TANDEM_REGISTER_COMMAND("holdout", "accuracy of a run's network alone on the games that import kept apart", SetUpHoldout);
}  // namespace holdout_command

}  // namespace
}  // namespace tandem
