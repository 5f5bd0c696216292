#include "training/metrics/tensorboard.h"

#include <unistd.h>

#include <bit>
#include <cstring>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/file.h"
#include "engine/base/status.h"
#include "proto/tensorboard_event.pb.h"

namespace tandem {
namespace {

static_assert(std::endian::native == std::endian::little, "records are little-endian and copied as they are");

constexpr std::uint32_t kMaskDelta = 0xa282ead8u;  // fixed by the TFRecord format

template <typename Number>
void AppendBytes(Number number, std::string& out) {
  char bytes[sizeof(number)];
  std::memcpy(bytes, &number, sizeof(number));
  out.append(bytes, sizeof(bytes));
}

double UnixSeconds(absl::Time time) { return absl::ToDoubleSeconds(time - absl::UnixEpoch()); }

std::string HostName() {
  char name[256] = {};
  if (::gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

std::string Record(const tensorboard::Event& event) { return FrameRecord(event.SerializeAsString()); }

}  // namespace

std::uint32_t MaskedCrc32c(std::string_view bytes) { return std::rotr(Crc32c(bytes), 15) + kMaskDelta; }

std::string FrameRecord(std::string_view payload) {
  std::string record;
  AppendBytes(static_cast<std::uint64_t>(payload.size()), record);
  AppendBytes(MaskedCrc32c(record), record);
  record += payload;
  AppendBytes(MaskedCrc32c(payload), record);
  return record;
}

absl::StatusOr<std::unique_ptr<EventFile>> EventFile::Create(const std::filesystem::path& directory, absl::Time now,
                                                             std::int64_t first_step) {
  const std::string name = absl::StrFormat("events.out.tfevents.%010d.%s.%d", absl::ToUnixSeconds(now), HostName(), ::getpid());
  std::filesystem::path path = directory / name;
  std::error_code error;
  for (int number = 1; std::filesystem::exists(path, error); ++number) path = directory / absl::StrCat(name, ".", number);

  tensorboard::Event version;
  version.set_wall_time(UnixSeconds(now));
  version.set_file_version("brain.Event:2");
  tensorboard::Event start;
  start.set_wall_time(UnixSeconds(now));
  start.set_step(first_step);
  start.mutable_session_log()->set_status(tensorboard::SessionLog::START);
  std::unique_ptr<EventFile> file(new EventFile(std::move(path)));
  TANDEM_RETURN_IF_ERROR(file->Append(Record(version) + Record(start)));
  return file;
}

absl::Status EventFile::Write(absl::Time now, std::int64_t step, std::span<const Metric> metrics) {
  tensorboard::Event event;
  event.set_wall_time(UnixSeconds(now));
  event.set_step(step);
  for (const Metric& metric : metrics) {
    auto* value = event.mutable_summary()->add_value();
    value->set_tag(metric.name);
    value->set_simple_value(static_cast<float>(metric.value));
  }
  return Append(Record(event));
}

absl::Status EventFile::Append(std::string_view record) {
  if (torn_) {
    std::error_code error;
    std::filesystem::resize_file(path_, good_bytes_, error);
    if (error) return absl::UnavailableError(absl::StrCat("cannot shorten ", path_.string(), ": ", error.message()));
    torn_ = false;
  }
  if (auto status = AppendFile(path_, record); !status.ok()) {
    torn_ = true;
    return status;
  }
  good_bytes_ += record.size();
  return absl::OkStatus();
}

}  // namespace tandem
