#include "selfplay/monitor/metric_page.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/base/build_info.h"
#include "engine/base/check.h"
#include "prometheus/text_serializer.h"

namespace tandem {
namespace {

double Seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); }

// Second number of /proc/self/statm, in pages.
double ResidentBytes() {
  std::ifstream stream("/proc/self/statm");
  double all = 0, resident = 0;
  stream >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double OpenFiles() {
  std::error_code error;
  double count = 0;
  for (auto entry = std::filesystem::directory_iterator("/proc/self/fd", error); !error && entry != std::filesystem::directory_iterator();
       entry.increment(error)) {
    ++count;
  }
  return count;
}

}  // namespace

prometheus::ClientMetric& MetricPage::Add(const std::string& name, const std::string& help, prometheus::MetricType type,
                                          const Labels& labels) {
  const auto [place, is_new] = places_.try_emplace(name, families_.size());
  if (is_new) families_.push_back({name, help, type, {}});
  prometheus::MetricFamily& family = families_[place->second];
  TANDEM_CHECK(family.type == type);
  prometheus::ClientMetric& metric = family.metric.emplace_back();
  for (const auto& [label, value] : labels) metric.label.push_back({label, value});
  return metric;
}

void MetricPage::Counter(const std::string& name, const std::string& help, double value, const Labels& labels) {
  Add(name, help, prometheus::MetricType::Counter, labels).counter.value = value;
}

void MetricPage::Gauge(const std::string& name, const std::string& help, double value, const Labels& labels) {
  Add(name, help, prometheus::MetricType::Gauge, labels).gauge.value = value;
}

void MetricPage::AddProcess() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  Counter("process_cpu_seconds_total", "processor time, user and system", Seconds(usage.ru_utime) + Seconds(usage.ru_stime));
  Gauge("process_resident_memory_bytes", "memory in use", ResidentBytes());
  Gauge("process_open_fds", "open files and sockets", OpenFiles());
  Gauge("tandem_build_info", "1; the build is the label", 1, {{"build", std::string(BuildId())}});
}

std::string MetricPage::Text() const {
  const prometheus::TextSerializer serializer;
  return static_cast<const prometheus::Serializer&>(serializer).Serialize(families_);
}

HttpReply MetricPage::Reply() const { return {200, Text(), "text/plain; version=0.0.4; charset=utf-8"}; }

}  // namespace tandem
