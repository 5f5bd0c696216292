// TensorBoard event files, scalars only. A file is a row of records:
//
//   u64 length | u32 masked crc32c of the 8 length bytes | length bytes | u32 masked crc32c of them      (little-endian)
//
// masked(crc) = rotate_right(crc, 15) + 0xa282ead8 (mod 2^32), the record framing of TFRecord files. Each record is a serialised
// tensorboard.Event (proto/tensorboard_event.proto); the first one names the version. Partner: metrics.h, which feeds it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "training/metrics/metric.h"

namespace tandem {

// The masked CRC-32C of the framing.
std::uint32_t MaskedCrc32c(std::string_view bytes);
// One framed record.
std::string FrameRecord(std::string_view payload);

// One event file, of this process alone. Single-threaded. Each Write appends one record and leaves it to the system to flush.
class EventFile {
 public:
  // Makes DIRECTORY/events.out.tfevents.SECONDS.HOST.PID with the version and the start of a session at `first_step`: viewers forget
  // later steps of older files, which a crash left behind. A name that exists gets a number at its end.
  static absl::StatusOr<std::unique_ptr<EventFile>> Create(const std::filesystem::path& directory, absl::Time now, std::int64_t first_step);

  // All or nothing: what a full disk cut short is removed before the next record.
  absl::Status Write(absl::Time now, std::int64_t step, std::span<const Metric> metrics);
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit EventFile(std::filesystem::path path) : path_(std::move(path)) {}
  absl::Status Append(std::string_view record);

  const std::filesystem::path path_;
  std::uint64_t good_bytes_ = 0;  // end of the last whole record
  bool torn_ = false;             // bytes may follow it
};

}  // namespace tandem
