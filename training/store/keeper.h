// Keeper: the store's work beside a run: the index follows the files, the mirror gets copies, old chunks go. It belongs to whoever writes
// the run's chunks (`tandem train`, `tandem serve`). It learns everything from the directory, so whatever dies at whatever moment, the next
// pass makes good; and whatever fails here costs a warning and never a game.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "engine/base/clock.h"
#include "proto/run_config.pb.h"
#include "training/store/mirror.h"
#include "training/store/retention.h"
#include "training/store/run_index.h"

namespace tandem {

struct KeeperOptions {
  RunDirectory directory;
  RunConfig config;
  std::filesystem::path mirror;  // empty = none
  const Clock* clock = nullptr;
  absl::Duration patience = absl::Seconds(2);  // with a lock on the index
};

// What one pass did.
struct KeeperReport {
  bool rebuilt = false;  // the index was damaged or of another version
  absl::Status index;    // kUnavailable: locked; the next pass tries again
  SyncReport sync;
  MirrorReport mirror;
  RetentionReport retention;
};

// One pass after the other. Single-threaded.
class StoreUpkeep {
 public:
  explicit StoreUpkeep(KeeperOptions options);
  // `last`: the mirror is tried even while it waits after a failure.
  KeeperReport Pass(bool last = false);

 private:
  absl::Status FollowFiles(KeeperReport* report);
  absl::Status FollowOrRebuild(KeeperReport* report);
  void Tell(const KeeperReport& report);
  void Warn(const std::string& text);

  const KeeperOptions options_;
  std::unique_ptr<RunIndex> index_;
  std::unique_ptr<Mirror> mirror_;
  Retention retention_;
  std::set<std::string> warned_;
};

// Passes on a thread of its own, every ten seconds, or more rarely when they take long: at most a twentieth of its time. The last one
// comes with the destruction.
class StoreKeeper {
 public:
  explicit StoreKeeper(KeeperOptions options);
  ~StoreKeeper();

  static constexpr absl::Duration kEvery = absl::Seconds(10);

 private:
  StoreUpkeep upkeep_;
  std::jthread thread_;
};

// The mirror named by the user: made if it can be, and not inside the run or around it. kInvalidArgument, or the disk's errors.
absl::Status CheckMirror(const RunDirectory& directory, const std::filesystem::path& mirror);

}  // namespace tandem
