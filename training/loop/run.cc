#include "training/loop/run.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <utility>

#include "engine/base/build_info.h"
#include "engine/base/clock.h"
#include "engine/base/config.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/eval/cache.h"
#include "engine/game/registry.h"
#include "engine/games/presets.h"

namespace tandem {
namespace {

constexpr absl::Duration kLockWait = absl::Seconds(1);

// A descriptor that holds the lock.
absl::StatusOr<int> Lock(const std::filesystem::path& path, const std::string& what) {
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return absl::PermissionDeniedError("cannot write in " + path.parent_path().string());
  const absl::Time give_up = Clock::Real().Now() + kLockWait;
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (Clock::Real().Now() >= give_up) {
      ::close(descriptor);
      return absl::FailedPreconditionError("the run in " + what + " is in use by another process");
    }
    absl::SleepFor(absl::Milliseconds(50));
  }
  return descriptor;
}

void Unlock(int* descriptor) {
  if (*descriptor >= 0) ::close(*descriptor);
  *descriptor = -1;
}

absl::StatusOr<RunConfig> FreshConfig(const RunRequest& request) {
  if (request.game.empty()) return BadInput("--game is missing: a new run needs to know its game (see `tandem games`)");
  TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(request.game));
  TANDEM_ASSIGN_OR_RETURN(RunConfig config, ResolveConfig(GamePreset(game->facts().name), {}));
  config.set_game(game->facts().spec);
  return config;
}

absl::Status ApplyOverrides(const std::vector<std::string>& overrides, RunConfig* config) {
  for (const std::string& assignment : overrides) {
    TANDEM_RETURN_IF_ERROR(Annotate(SetConfigValue(*config, assignment), "--set " + assignment));
  }
  return ValidateConfig(*config);
}

// What a run is can not change under its data.
absl::Status CheckIdentity(const RunConfig& stored, const RunConfig& wanted, const std::string& directory) {
  auto differ = [&](std::string_view what, const std::string& from, const std::string& to) {
    return BadInput(std::string(what), " of the run in ", directory, " is ", from, " and can not become ", to, "; begin another run");
  };
  if (stored.game() != wanted.game()) return differ("the game", stored.game(), wanted.game());
  if (stored.seed() != wanted.seed()) return differ("the seed", std::to_string(stored.seed()), std::to_string(wanted.seed()));
  if (stored.network().SerializeAsString() != wanted.network().SerializeAsString()) {
    return differ("the network", stored.network().ShortDebugString(), wanted.network().ShortDebugString());
  }
  return absl::OkStatus();
}

absl::Status CheckEmpty(const std::filesystem::path& root) {
  std::error_code error;
  if (!std::filesystem::exists(root, error)) return absl::OkStatus();
  if (!std::filesystem::is_directory(root, error)) return BadInput(root.string(), " is not a directory");
  for (const auto& entry : std::filesystem::directory_iterator(root, error)) {
    if (entry.path().filename() == "lock" || entry.path().filename() == "serve") continue;  // of a start that failed, or is under way
    return BadInput(root.string(), " is not empty and holds no run (found ", entry.path().filename().string(),
                    "); expected a new or empty directory, or one with config.textproto");
  }
  return absl::OkStatus();
}

absl::StatusOr<RunConfig> ResumedConfig(const RunRequest& request, const RunDirectory& directory) {
  TANDEM_ASSIGN_OR_RETURN(const RunConfig stored, directory.ReadConfig());
  RunConfig config = stored;
  if (!request.game.empty()) {
    TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(request.game));
    config.set_game(game->facts().spec);
  }
  TANDEM_RETURN_IF_ERROR(ApplyOverrides(request.overrides, &config));
  TANDEM_RETURN_IF_ERROR(CheckIdentity(stored, config, directory.root().string()));
  return config;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Run>> Run::Open(const RunRequest& request) {
  if (request.directory.empty()) return BadInput("--run is missing: expected a directory for the run");
  const RunDirectory directory{std::filesystem::path(request.directory)};
  const bool exists = directory.Exists();
  if (exists && !request.resume) {
    return BadInput(request.directory, " already holds a run; add --resume to go on with it, or name another directory");
  }
  if (exists && request.role == RunRole::kServe && !request.overrides.empty()) {
    return BadInput("--set ", request.overrides.front(), ": the run in ", request.directory,
                    " has its configuration; change it with `tandem learn --set`, then start the coordinator again");
  }
  RunConfig config;
  if (exists) {
    TANDEM_ASSIGN_OR_RETURN(config, ResumedConfig(request, directory));
  } else {
    TANDEM_RETURN_IF_ERROR(CheckEmpty(directory.root()));
    TANDEM_ASSIGN_OR_RETURN(config, FreshConfig(request));
    TANDEM_RETURN_IF_ERROR(ApplyOverrides(request.overrides, &config));
  }
  if (request.role == RunRole::kTrain && config.rating().gate()) {
    return BadInput("rating.gate=true: the gate's games are played by workers; use tandem serve, learn and work, or set rating.gate=false");
  }
  TANDEM_ASSIGN_OR_RETURN(const Game* game, FindGame(config.game()));
  if (request.role == RunRole::kTrain) {
    TANDEM_RETURN_IF_ERROR(EvalCache::CheckEntries("search.cache_entries", config.search().cache_entries(), game->facts().num_actions));
  }
  std::unique_ptr<Run> run(new Run(directory, config, game));
  run->resumed_ = exists;
  TANDEM_RETURN_IF_ERROR(MakeDirectories(directory.serve()));
  // Whoever begins a run needs it alone for that moment.
  TANDEM_RETURN_IF_ERROR(run->TakeLocks(exists ? request.role : RunRole::kTrain));
  if (!exists && directory.Exists()) {
    return absl::FailedPreconditionError("the run in " + request.directory + " was begun by another process just now; start again");
  }
  TANDEM_RETURN_IF_ERROR(run->Begin(exists ? request.role : RunRole::kTrain));
  if (request.role == RunRole::kServe) Unlock(&run->learn_lock_);
  if (request.role == RunRole::kLearn) Unlock(&run->serve_lock_);
  return run;
}

Run::~Run() {
  Unlock(&learn_lock_);
  Unlock(&serve_lock_);
}

absl::Status Run::TakeLocks(RunRole role) {
  if (role != RunRole::kServe) {
    TANDEM_ASSIGN_OR_RETURN(learn_lock_, Lock(directory_.root() / "lock", directory_.root().string()));
  }
  if (role != RunRole::kLearn) {
    TANDEM_ASSIGN_OR_RETURN(serve_lock_, Lock(directory_.serve() / "lock", directory_.root().string()));
  }
  return absl::OkStatus();
}

// The first bytes of a run, or the clearing up after its last process. config.textproto comes last: it makes the directory a run.
absl::Status Run::Begin(RunRole role) {
  const auto folders = {directory_.root(), directory_.chunks(), directory_.networks(), directory_.checkpoints(), directory_.serve()};
  for (const auto& folder : folders) {
    TANDEM_RETURN_IF_ERROR(MakeDirectories(folder));
    // Leftovers of a crash; the other process of a shared run may be writing, each in its own folders.
    const bool of_serve = folder == directory_.chunks() || folder == directory_.serve();
    if (role == RunRole::kTrain || of_serve == (role == RunRole::kServe)) RemoveTemporaryFiles(folder);
  }
  if (const auto text = ReadFile(directory_.run_path()); text.ok()) {
    TANDEM_ASSIGN_OR_RETURN(const boost::json::value json, ParseJson(*text, directory_.run_path().string()));
    if (!json.is_object()) return Corrupt(directory_.run_path().string(), ": expected a JSON object");
    TANDEM_ASSIGN_OR_RETURN(id_, JsonString(json.as_object(), "id"));
  }
  if (id_.empty()) {
    id_ = Sha256Hex(ConfigText(config_)).substr(0, 16);
    const boost::json::object json{{"id", id_},
                                   {"game", config_.game()},
                                   {"seed", config_.seed()},
                                   {"build", BuildId()},
                                   {"config_hash", ConfigHash(config_)},
                                   {"born", absl::FormatTime(absl::Now(), absl::UTCTimeZone())}};
    TANDEM_RETURN_IF_ERROR(WriteFileAtomic(directory_.run_path(), JsonPage(json)));
  }
  if (role == RunRole::kServe) return absl::OkStatus();
  return WriteFileAtomic(directory_.config_path(), ConfigText(config_));
}

}  // namespace tandem
