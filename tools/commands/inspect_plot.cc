#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/net/run_directory.h"
#include "tools/commands/inspect_report.h"
#include "tools/report/plot.h"

namespace tandem {
namespace {

namespace json = boost::json;

constexpr double kMib = 1 << 20;

// Bytes are read in MiB.
bool InBytes(const std::string& metric) { return absl::EndsWith(metric, "bytes"); }

// Points of one metric over minutes of training; lines without the metric (or with null, for a value that was not finite) have none.
absl::StatusOr<PlotSeries> Series(const std::filesystem::path& run, const std::string& metric) {
  const std::filesystem::path path = RunDirectory(run).metrics_path();
  TANDEM_ASSIGN_OR_RETURN(const JsonLines lines, ReadJsonLines(path));
  PlotSeries series;
  series.name = run.string();
  std::set<std::string> known;
  for (const json::object& line : lines.objects) {
    for (const auto& [key, value] : line) known.insert(std::string(key));
    const json::value* value = line.if_contains(metric);
    if (value == nullptr || !value->is_number()) continue;
    TANDEM_ASSIGN_OR_RETURN(const double seconds, JsonNumber(line, "seconds"));
    PlotPoint point;
    point.x = seconds / 60;
    point.y = value->to_number<double>() / (InBytes(metric) ? kMib : 1);
    series.points.push_back(point);
  }
  if (series.points.empty()) {
    return BadInput("--plot ", metric, ": ", path.string(), " has no such number; it has ",
                    known.empty() ? "none" : absl::StrJoin(known, ", "));
  }
  return series;
}

}  // namespace

absl::StatusOr<std::string> MetricPlot(const std::vector<std::string>& runs, const std::string& metric) {
  Plot plot;
  plot.title = metric;
  plot.x_title = "minutes";
  plot.y_title = InBytes(metric) ? "MiB" : metric;
  if (InBytes(metric)) plot.y_min = 0;
  for (const std::string& run : runs) {
    TANDEM_ASSIGN_OR_RETURN(PlotSeries series, Series(run, metric));
    plot.series.push_back(std::move(series));
  }
  return plot.ToSvg();
}

}  // namespace tandem
