#include "training/store/keeper.h"

#include <mutex>
#include <utility>

#include "engine/base/file.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/thread.h"

namespace tandem {
namespace {

namespace fs = std::filesystem;

constexpr double kMostShare = 0.05;  // of the keeper's time that passes may take

Retention MakeRetention(const KeeperOptions& options, std::unique_ptr<Mirror>* mirror) {
  std::function<bool(const std::string&)> may_go;
  if (!options.mirror.empty()) {
    may_go = [mirror](const std::string& id) { return *mirror != nullptr && (*mirror)->HasChunk(id); };
  }
  return Retention(options.directory, options.config.replay(), options.config.store(), std::move(may_go));
}

}  // namespace

StoreUpkeep::StoreUpkeep(KeeperOptions options) : options_(std::move(options)), retention_(MakeRetention(options_, &mirror_)) {
  if (!options_.mirror.empty()) {
    mirror_ = std::make_unique<Mirror>(options_.directory, options_.mirror, options_.clock, options_.config.seed());
  }
}

absl::Status StoreUpkeep::FollowFiles(KeeperReport* report) {
  if (index_ != nullptr && index_->Replaced()) index_.reset();  // removed or rebuilt by somebody
  if (index_ == nullptr) {
    TANDEM_ASSIGN_OR_RETURN(index_, RunIndex::Open(IndexPath(options_.directory), RunIndex::Mode::kWrite, options_.patience));
  }
  TANDEM_ASSIGN_OR_RETURN(report->sync, SyncIndex(options_.directory, index_.get()));
  return absl::OkStatus();
}

absl::Status StoreUpkeep::FollowOrRebuild(KeeperReport* report) {
  absl::Status status = FollowFiles(report);
  if (!absl::IsDataLoss(status)) return status;
  index_.reset();
  // Also when it is a line file that is damaged and not the index: then this fails likewise, and says so.
  auto rebuilt = RebuildIndex(options_.directory);
  if (!rebuilt.ok()) return rebuilt.status();
  Log().warn("{}; it was built anew from the files: {} chunks", std::string(status.message()), rebuilt->added_chunks);
  report->sync = *std::move(rebuilt);
  report->rebuilt = true;
  return absl::OkStatus();
}

void StoreUpkeep::Warn(const std::string& text) {
  if (warned_.insert(text).second) Log().warn("{}", text);
}

void StoreUpkeep::Tell(const KeeperReport& report) {
  if (!report.index.ok()) {
    Warn(absl::StrCat(std::string(report.index.message()), "; the run goes on without, and the index follows later"));
  }
  for (const std::string& id : report.sync.lost) Warn("chunk " + id + " was in the index, and its file is gone");
  for (const std::string& problem : report.sync.problems) Warn(problem);
  for (const std::string& problem : report.mirror.problems) Warn(problem);
  if (!report.mirror.failure.ok()) {
    Log().warn("mirror {}: {}; {} files wait; tried again later", options_.mirror.string(), std::string(report.mirror.failure.message()),
               report.mirror.waiting_files);
  }
  const RetentionReport& gone = report.retention;
  if (gone.chunks > 0) {
    Log().info("retention: deleted {} chunks beyond the replay window: {} games, {} rows, {:.1f} MB", gone.chunks, gone.games, gone.rows,
               static_cast<double>(gone.bytes) / 1e6);
  }
}

KeeperReport StoreUpkeep::Pass(bool last) {
  KeeperReport report;
  if (mirror_ != nullptr) report.mirror = mirror_->Pass(last);
  if (auto deleted = retention_.Pass(); deleted.ok()) {
    report.retention = *deleted;
  } else {
    Warn(absl::StrCat("retention: ", std::string(deleted.status().message())));
  }
  report.index = FollowOrRebuild(&report);
  Tell(report);
  return report;
}

StoreKeeper::StoreKeeper(KeeperOptions options) : upkeep_(std::move(options)) {
  thread_ = std::jthread([this](std::stop_token stop) {
    SetThreadName("store");
    std::mutex mutex;
    std::condition_variable_any stopped;
    while (!stop.stop_requested()) {
      const absl::Time begin = Clock::Real().Now();
      upkeep_.Pass();
      const absl::Duration wait = std::max(kEvery, (Clock::Real().Now() - begin) / kMostShare);
      std::unique_lock lock(mutex);
      stopped.wait_for(lock, stop, absl::ToChronoMilliseconds(wait), [] { return false; });
    }
    upkeep_.Pass(/*last=*/true);
  });
}

StoreKeeper::~StoreKeeper() = default;  // joins after the last pass

absl::Status CheckMirror(const RunDirectory& directory, const fs::path& mirror) {
  const absl::Status made = MakeDirectories(mirror);
  if (!made.ok()) return Annotate(made, "--mirror");
  std::error_code error;
  const fs::path run = fs::weakly_canonical(directory.root(), error), copy = fs::weakly_canonical(mirror, error);
  const auto inside = [](const fs::path& path, const fs::path& folder) {
    return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
  };
  if (inside(copy, run) || inside(run, copy)) {
    return BadInput("--mirror ", mirror.string(), ": expected a directory apart from the run's, ", directory.root().string());
  }
  return absl::OkStatus();
}

}  // namespace tandem
