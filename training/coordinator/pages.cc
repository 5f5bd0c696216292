#include "training/coordinator/pages.h"

#include "absl/strings/str_cat.h"
#include "selfplay/monitor/metric_page.h"

namespace tandem {
namespace {

double Number(std::int64_t count) { return static_cast<double>(count); }

void AddRun(const Coordinator& coordinator, const CoordinatorCounters& counters, MetricPage* page) {
  page->Counter("tandem_run_games_total", "games in the run's chunks", Number(counters.run_games));
  page->Counter("tandem_run_rows_total", "training rows in the run's chunks", Number(counters.run_rows));
  page->Gauge("tandem_run_network_step", "learner's step of the newest network", Number(coordinator.NewestNetwork().step));
}

void AddIntake(const CoordinatorCounters& counters, MetricPage* page) {
  const auto chunks = [page](const char* verdict, std::int64_t count) {
    page->Counter("tandem_serve_chunks_total", "uploads by verdict", Number(count), {{"verdict", verdict}});
  };
  chunks("stored", counters.chunks);
  chunks("already", counters.repeated_chunks);
  chunks("refused", counters.refused_chunks);
  chunks("retry", counters.unstored_chunks);
  page->Counter("tandem_serve_games_total", "games taken in", Number(counters.games));
  page->Counter("tandem_serve_stale_steps_total", "learner's steps by which the networks of games taken in were behind, summed over games",
                Number(counters.stale_steps));
  page->Counter("tandem_serve_quarantines_total", "times that a token was put into quarantine", Number(counters.quarantines));
  page->Counter("tandem_serve_refused_sessions_total", "peers that said hello and were refused", Number(counters.refused_sessions));
}

void AddServer(const ServerCounters& counters, MetricPage* page) {
  page->Counter("tandem_serve_connections_total", "connections accepted", Number(counters.connections));
  page->Counter("tandem_serve_turned_away_total", "connections closed at once, too many strangers", Number(counters.turned_away));
  page->Counter("tandem_serve_failed_greetings_total", "connections that never became a worker's", Number(counters.failed_greetings));
  page->Counter("tandem_serve_broken_sessions_total", "workers' sessions that ended without a farewell", Number(counters.broken_sessions));
  page->Counter("tandem_serve_received_bytes_total", "bytes of frames from peers", Number(counters.received_bytes));
  page->Counter("tandem_serve_sent_bytes_total", "bytes of frames to peers", Number(counters.sent_bytes));
  page->Gauge("tandem_serve_strangers", "peers that are not admitted yet", Number(counters.strangers));
  page->Gauge("tandem_serve_waiting_requests", "requests in the pool's queue or at work", Number(counters.waiting_requests));
}

void AddWorkers(const Coordinator& coordinator, const CoordinatorCounters& counters, absl::Time now, MetricPage* page) {
  page->Gauge("tandem_serve_workers", "workers connected", counters.workers);
  for (const auto& [number, session] : coordinator.sessions()) {
    if (!session.connected) continue;
    const MetricPage::Labels labels = {{"worker", absl::StrCat(number)}, {"name", session.name}};
    page->Gauge("tandem_worker_games_per_second", "games finished, as the worker says", session.games_per_second, labels);
    page->Gauge("tandem_worker_positions_per_second", "moves searched, as the worker says", session.positions_per_second, labels);
    page->Gauge("tandem_worker_evaluations_per_second", "positions computed, as the worker says", session.evaluations_per_second, labels);
    page->Gauge("tandem_worker_spooled_chunks", "chunks that the worker has not delivered", Number(session.spooled_chunks), labels);
    page->Gauge("tandem_worker_paused", "1 while the worker waits for the learner", session.paused ? 1 : 0, labels);
    page->Gauge("tandem_worker_steps_behind", "learner's steps by which the worker's network is behind the newest",
                Number(coordinator.StepsBehind(session.net_id)), labels);
    page->Gauge("tandem_worker_silent_seconds", "since the worker's last message", absl::ToDoubleSeconds(now - session.seen), labels);
    page->Counter("tandem_worker_games_total", "games of this session taken in", Number(session.accepted_games), labels);
    page->Counter("tandem_worker_refused_chunks_total", "uploads of this session refused", Number(session.refused_chunks), labels);
  }
}

}  // namespace

HttpPages CoordinatorPages(const Coordinator* coordinator, const Server* server, const Clock* clock) {
  HttpPages pages;
  pages["/metrics"] = [coordinator, server, clock] {
    MetricPage page;
    const CoordinatorCounters counters = coordinator->counters();
    AddRun(*coordinator, counters, &page);
    AddIntake(counters, &page);
    AddServer(server->counters(), &page);
    AddWorkers(*coordinator, counters, clock->Now(), &page);
    page.AddProcess();
    return page.Reply();
  };
  pages["/healthz"] = [coordinator, server, clock] {
    return server->pulse().Health(clock->Now(), absl::StrCat("\"workers\":", coordinator->counters().workers));
  };
  pages["/workers"] = [coordinator] { return HttpReply{200, coordinator->Table(), "application/json"}; };
  return pages;
}

}  // namespace tandem
