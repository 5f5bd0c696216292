// Mirror: a second directory with the run's chunks, networks and line files, for a mounted share, a bucket mounted by rclone, or another
// disk. Files that are named by their content are checked against their name before they are copied and once more as the mirror gives them
// back; a copy gets its name only when it is whole. What is there already is passed over, so a copy that was interrupted goes on; what
// fails is tried again, with exponential waits. Nothing in the mirror is ever deleted: retention (retention.h) works on the run only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/net/run_directory.h"
#include "selfplay/wire/backoff.h"

namespace tandem {

struct MirrorReport {
  std::int64_t copied_files = 0, copied_bytes = 0;  // in this pass
  std::int64_t waiting_files = 0;                   // known not to be there yet
  absl::Status failure;                             // of the first file that could not be copied; the pass ended there
  std::vector<std::string> problems;                // files of the run whose content is not what their name says: never copied; told once
};

// Single-threaded.
class Mirror {
 public:
  // `seed` spreads the waits after failures.
  Mirror(RunDirectory from, std::filesystem::path to, const Clock* clock, std::uint64_t seed);

  // Copies what is missing. Does nothing while it waits after a failure, unless `insist`.
  MirrorReport Pass(bool insist = false);
  // Whether the chunk is in the mirror for certain.
  bool HasChunk(const std::string& id) const { return done_.count("chunks/" + id + ".chunk") > 0; }

  static constexpr absl::Duration kFirstRetry = absl::Seconds(5);
  static constexpr absl::Duration kLongestRetry = absl::Minutes(10);

 private:
  absl::Status CopyNamed(const std::filesystem::path& file, std::string (*content_id)(std::string_view), MirrorReport* report);
  absl::Status CopyFolder(const std::string& folder, const std::string& extension, std::string (*content_id)(std::string_view),
                          MirrorReport* report);
  absl::Status CopyText(const std::filesystem::path& file, MirrorReport* report);
  // Lines of deleted chunks whose files the mirror has not got: the others are not deleted here.
  absl::Status CopyDeleted(MirrorReport* report);

  const RunDirectory from_;
  const std::filesystem::path to_;
  const Clock* const clock_;
  Backoff backoff_;
  absl::Time not_before_ = absl::InfinitePast();
  std::set<std::string> done_;     // relative paths
  std::size_t known_deleted_ = 0;  // lines of deleted chunks that were looked at
  std::set<std::string> broken_;   // likewise
};

}  // namespace tandem
