// Networks of a run as workers get them: which is the newest, which exist, and the weights file compressed (zstd), in parts.
#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/net/run_directory.h"
#include "proto/wire.pb.h"

namespace tandem {

// Thread-safe.
class NetworkStore {
 public:
  explicit NetworkStore(RunDirectory directory) : directory_(std::move(directory)) {}

  // The newest checkpoint; step 0 and an empty id while there is none. Cheap while the list has not changed.
  CheckpointInfo Newest();
  // All that were listed when Newest() last looked, oldest first.
  std::vector<CheckpointInfo> All() const;
  // Bytes of its file; 0 when there is none.
  std::uint64_t Bytes(const std::string& net_id) const;
  // `net_id` is a content id of a file of the run.
  bool Has(const std::string& net_id);
  // The step of a checkpoint that was listed when Newest() last looked; -1 for any other id.
  std::int64_t StepOf(const std::string& net_id) const;
  // At most kPartBytes from `offset` of the compressed file. kInvalidArgument for an ill-formed id or an offset beyond the end, kNotFound.
  absl::StatusOr<NetworkPart> Part(const std::string& net_id, std::uint64_t offset);

  static constexpr std::size_t kPartBytes = 256 << 10;

 private:
  struct Stored {
    std::string net_id, stored_id, data;
    std::uint64_t raw_bytes = 0;
  };
  absl::StatusOr<std::shared_ptr<const Stored>> Load(const std::string& net_id);

  const RunDirectory directory_;
  absl::Mutex load_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);  // one compression at a time
  mutable absl::Mutex mutex_;
  std::filesystem::file_time_type list_time_ ABSL_GUARDED_BY(mutex_) = std::filesystem::file_time_type::min();
  std::uintmax_t list_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  CheckpointInfo newest_ ABSL_GUARDED_BY(mutex_);
  std::vector<CheckpointInfo> all_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::int64_t> steps_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> known_ ABSL_GUARDED_BY(mutex_);
  std::list<std::shared_ptr<const Stored>> recent_ ABSL_GUARDED_BY(mutex_);  // newest use first
};

}  // namespace tandem
