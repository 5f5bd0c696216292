#include "training/metrics/metrics.h"

#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/status.h"

namespace tandem {
namespace {

constexpr char kLinesName[] = "metrics.jsonl";

}  // namespace

absl::StatusOr<std::unique_ptr<MetricsWriter>> MetricsWriter::Open(const std::filesystem::path& directory, std::int64_t first_step,
                                                                   const Clock* clock) {
  TANDEM_RETURN_IF_ERROR(MakeDirectories(directory));
  const std::filesystem::path lines_path = directory / kLinesName;
  TANDEM_RETURN_IF_ERROR(CutTornLine(lines_path).status());
  TANDEM_ASSIGN_OR_RETURN(auto events, EventFile::Create(directory, clock->Now(), first_step));
  return std::unique_ptr<MetricsWriter>(new MetricsWriter(lines_path, std::move(events), clock));
}

absl::Status MetricsWriter::Write(std::int64_t step, double seconds, std::span<const Metric> metrics) {
  const absl::Time now = clock_->Now();
  const absl::Status line = WriteLine(step, seconds, now, metrics);
  const absl::Status event = events_->Write(now, step, metrics);
  return line.ok() ? event : line;
}

absl::Status MetricsWriter::WriteLine(std::int64_t step, double seconds, absl::Time now, std::span<const Metric> metrics) {
  if (torn_) TANDEM_RETURN_IF_ERROR(CutTornLine(lines_path_).status());
  boost::json::object line{{"step", step}, {"seconds", seconds}, {"unix_seconds", absl::ToDoubleSeconds(now - absl::UnixEpoch())}};
  for (const Metric& metric : metrics) line[metric.name] = metric.value;
  const absl::Status status = AppendFile(lines_path_, JsonText(line) + "\n");
  torn_ = !status.ok();
  return status;
}

}  // namespace tandem
