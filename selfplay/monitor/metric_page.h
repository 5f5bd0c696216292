// MetricPage: numbers of a process in Prometheus' text format, made anew for each look from the counters that the parts keep anyway, so
// that nothing is counted twice and nobody who computes knows of a monitoring system. Serialised by prometheus-cpp.
//
//   MetricPage page;
//   page.Counter("tandem_run_games_total", "games in the run's chunks", games);
//   page.Gauge("tandem_worker_spooled_chunks", "chunks not delivered yet", 3, {{"worker", "7"}});
//
// Names: tandem_SUBJECT_UNIT; counters end in _total. The dashboard (tools/deploy/grafana.json) names them; a test compares.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "prometheus/metric_family.h"
#include "selfplay/monitor/http_server.h"

namespace tandem {

// Single-threaded. Values of one name are kept together, in the order in which the names first came.
class MetricPage {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  // Never goes down while the process lives.
  void Counter(const std::string& name, const std::string& help, double value, const Labels& labels = {});
  void Gauge(const std::string& name, const std::string& help, double value, const Labels& labels = {});
  // CPU seconds, resident bytes, open files and the build, under the names that all Prometheus clients use.
  void AddProcess();

  std::string Text() const;
  HttpReply Reply() const;

 private:
  prometheus::ClientMetric& Add(const std::string& name, const std::string& help, prometheus::MetricType type, const Labels& labels);

  std::vector<prometheus::MetricFamily> families_;
  std::map<std::string, std::size_t> places_;  // name -> index
};

}  // namespace tandem
