#include "tools/bench/bench.h"

#include <unistd.h>

#include <ctime>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/base/thread.h"
#include "engine/eval/cache.h"
#include "tools/report/table.h"

namespace tandem {
namespace {

constexpr std::uint64_t kSeed = 1;

std::string CellText(const boost::json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_double()) {
    const double number = value.get_double();
    return absl::StrFormat(number >= 1000 ? "%.0f" : number >= 10 ? "%.1f" : "%.3f", number);
  }
  return JsonText(value);
}

double SecondsOf(RateClock clock) {
  timespec now = {};
  clock_gettime(clock == RateClock::kWall ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

absl::Status CheckBenchRequest(const BenchRequest& request) {
  const int processors = AvailableProcessors();
  if (request.threads < 1 || request.threads > processors) {
    return BadInput("threads ", request.threads, ": expected 1 to ", processors, ", the processors of this machine");
  }
  if (request.batches.empty()) return BadInput("batch: expected at least one size");
  for (const int batch : request.batches) {
    if (batch < 1 || batch > 4096) return BadInput("batch ", batch, ": expected 1 to 4096 positions");
  }
  const std::int64_t entries = request.config.search().cache_entries();
  const auto memory = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  if (entries < 1) return BadInput("search.cache_entries ", entries, ": expected at least 1 position");
  TANDEM_RETURN_IF_ERROR(EvalCache::CheckEntries("search.cache_entries", entries, request.game->facts().num_actions));
  if (static_cast<double>(request.config.search().memory_bytes()) > memory) {
    return BadInput("search.memory_bytes ", request.config.search().memory_bytes(), ": expected at most the machine's ",
                    static_cast<std::int64_t>(memory), " bytes");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Network>> FreshNetwork(const BenchRequest& request, NetworkOptions options) {
  TANDEM_ASSIGN_OR_RETURN(const Weights weights, InitialWeights(*request.game, request.config.network(), kSeed));
  options.device = "cpu";
  return MakeNetwork(*request.game, weights, "fresh", options);
}

absl::StatusOr<double> RatePerSecond(RateClock clock, double seconds, const std::function<absl::StatusOr<std::int64_t>()>& work) {
  constexpr double kBetweenLooks = 1e-3;  // at least: a look at a thread's clock costs as much as a short game
  TANDEM_RETURN_IF_ERROR(work().status());
  const double begin = SecondsOf(clock);
  std::int64_t items = 0;
  double elapsed = 0;
  for (int calls = 1; elapsed < seconds;) {
    for (int i = 0; i < calls; ++i) {
      TANDEM_ASSIGN_OR_RETURN(const std::int64_t done, work());
      items += done;
    }
    const double now = SecondsOf(clock) - begin;
    if (now - elapsed < kBetweenLooks) calls *= 2;
    elapsed = now;
  }
  return static_cast<double>(items) / elapsed;
}

std::string SectionText(const BenchSection& section) {
  std::string text = absl::StrCat(section.name, ": ", section.title, "\n");
  if (section.rows.empty()) return text + "nothing to measure here\n";
  std::vector<TextTable::Column> columns;
  for (const auto& member : section.rows[0]) {
    const std::string title(member.key());
    columns.push_back({absl::StrReplaceAll(title, {{"_", " "}}), member.value().is_string() ? Align::kLeft : Align::kRight});
  }
  TextTable table(std::move(columns));
  for (const boost::json::object& row : section.rows) {
    std::vector<std::string> cells;
    for (const auto& member : row) cells.push_back(CellText(member.value()));
    table.AddRow(std::move(cells));
  }
  return text + table.ToText();
}

boost::json::object SectionJson(const BenchSection& section) {
  boost::json::array rows;
  for (const boost::json::object& row : section.rows) rows.push_back(row);
  return {{"title", section.title}, {"rows", rows}};
}

}  // namespace tandem
