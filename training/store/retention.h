// Retention: which chunks of a run may go. The replay window's chunks never do, by the same rule by which a resumed run loads them; beyond
// the window the newest store.keep_rows rows and store.keep_gigabytes are kept, and what is older is deleted, whole chunks only. A deleted
// chunk leaves a line (training/replay/deleted_chunks.h), so games and rows of a run are counted on as if it were there.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/net/run_directory.h"
#include "proto/run_config.pb.h"

namespace tandem {

struct StoredChunk {
  std::string id;
  std::int64_t games = 0, rows = 0, bytes = 0;
};

// `chunks` oldest first. Returns how many of them, from the oldest on, may go. `rows_before`: rows of chunks that went earlier.
std::size_t PlanRetention(const std::vector<StoredChunk>& chunks, std::int64_t rows_before, const ReplayConfig& replay,
                          const StoreConfig& store);

struct RetentionReport {
  std::int64_t chunks = 0, games = 0, rows = 0, bytes = 0;  // deleted in this pass
  std::int64_t held = 0;                                    // chunks that would go but may not yet
};

// Single-threaded; only whoever writes the run's chunks may use it.
class Retention {
 public:
  // `may_go` holds back chunks that are needed elsewhere (not mirrored yet); empty = none.
  Retention(RunDirectory directory, ReplayConfig replay, StoreConfig store, std::function<bool(const std::string& id)> may_go = nullptr)
      : directory_(std::move(directory)), replay_(std::move(replay)), store_(std::move(store)), may_go_(std::move(may_go)) {}

  bool enabled() const { return store_.keep_rows() > 0 || store_.keep_gigabytes() > 0; }
  // Deletes what may go, and finishes what an earlier pass began. Unreadable chunks stay.
  absl::StatusOr<RetentionReport> Pass();

 private:
  const RunDirectory directory_;
  const ReplayConfig replay_;
  const StoreConfig store_;
  const std::function<bool(const std::string& id)> may_go_;
  std::map<std::string, StoredChunk> known_;  // headers that were read before
};

}  // namespace tandem
