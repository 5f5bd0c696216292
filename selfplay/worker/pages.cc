#include "selfplay/worker/pages.h"

#include "selfplay/monitor/metric_page.h"

namespace tandem {
namespace {

double Number(std::int64_t count) { return static_cast<double>(count); }

HttpReply Metrics(const WorkerParts& parts) {
  MetricPage page;
  const PlayCounters& play = *parts.play;
  page.Counter("tandem_work_games_total", "games finished", Number(play.games));
  page.Counter("tandem_work_positions_total", "moves searched", Number(play.positions));
  page.Counter("tandem_work_simulations_total", "simulations of searches", Number(play.simulations));
  page.Counter("tandem_work_requests_total", "positions that searches asked an evaluation for", Number(play.requests));
  page.Counter("tandem_work_evaluations_total", "positions that the network computed", Number(play.evaluations));
  page.Gauge("tandem_work_threads", "threads that play", parts.threads);

  const ClientCounters& client = *parts.client;
  page.Counter("tandem_work_chunks_total", "chunks by their end", Number(client.delivered_chunks), {{"end", "delivered"}});
  page.Counter("tandem_work_chunks_total", "chunks by their end", Number(client.refused_chunks), {{"end", "refused"}});
  page.Gauge("tandem_work_spooled_chunks", "chunks that wait for the coordinator", Number(parts.spool->num_chunks()));
  page.Gauge("tandem_work_spooled_bytes", "bytes that wait for the coordinator", static_cast<double>(parts.spool->bytes()));
  page.Gauge("tandem_work_connected", "1 while the coordinator has welcomed this worker", client.connected ? 1 : 0);
  page.Counter("tandem_work_connections_total", "times that the coordinator welcomed this worker", Number(client.connections));
  page.Counter("tandem_work_received_bytes_total", "bytes of frames from the coordinator", Number(client.received_bytes));
  page.Counter("tandem_work_sent_bytes_total", "bytes of frames to the coordinator", Number(client.sent_bytes));

  const WorkerState& state = *parts.state;
  page.Gauge("tandem_work_paused", "1 while the coordinator asks to wait for the learner", state.paused() ? 1 : 0);
  page.Gauge("tandem_work_numbers_left", "game numbers in stock", Number(state.numbers_left()));
  if (const absl::Time since = state.network_since(); since != absl::InfinitePast()) {
    page.Gauge("tandem_work_network_seconds", "since the network in use came", absl::ToDoubleSeconds(parts.clock->Now() - since));
  }
  page.AddProcess();
  return page.Reply();
}

}  // namespace

HttpPages WorkerPages(const WorkerParts& parts) {
  HttpPages pages;
  pages["/metrics"] = [parts] { return Metrics(parts); };
  pages["/healthz"] = [parts] {
    return parts.pulse->Health(parts.clock->Now(), absl::StrCat("\"connected\":", parts.client->connected ? "true" : "false"));
  };
  return pages;
}

}  // namespace tandem
