#include "selfplay/worker/worker.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/bell.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/thread.h"
#include "selfplay/worker/client.h"
#include "selfplay/worker/intake.h"
#include "selfplay/worker/pages.h"
#include "selfplay/worker/player.h"
#include "selfplay/worker/rating.h"
#include "selfplay/worker/spool.h"
#include "selfplay/worker/state.h"
#include "selfplay/worker/stock.h"

namespace tandem {
namespace {

constexpr absl::Duration kTick = absl::Milliseconds(100);  // of the main thread; work itself is never delayed by it
constexpr int kMostGamesPerChunk = 512;                    // keeps a chunk far below what a coordinator takes
constexpr double kPlayingShare = 2.0 / 3;                  // of the time to drain; the rest is for delivering

class Worker {
 public:
  Worker(const WorkerOptions& options, Spool* spool, Stock* stock, const Clock& clock)
      : options_(options), clock_(clock), spool_(spool), state_(stock) {}

  absl::StatusOr<WorkerSummary> Execute(std::stop_token stop);
  absl::Status failure() const { return state_.failure(); }

 private:
  // Plays with one configuration until it is replaced, everything is played, or time is up.
  void Play(const Job& job);
  void RunPlayer(Player& player, Intake& intake);
  void PlayRatingGames();
  std::int64_t NextGame(int generation);
  void Pass(absl::Duration duration);
  // Games that are left over: from the worker before on this spool, and for the one after.
  void TakeUnfinished(const Job& job, std::vector<std::unique_ptr<Player>>& players);
  void SaveUnfinished(const ChunkHeader& header, std::vector<std::unique_ptr<Player>>& players);
  // A stop, a failure or the limit of games: begin nothing more.
  void LookForTheEnd();
  void SetTimeToDrain();

  const WorkerOptions& options_;
  const Clock& clock_;
  Spool* const spool_;
  WorkerState state_;
  PlayCounters counters_;
  Pulse pulse_;
  std::atomic<std::int64_t> begun_{0};
  std::stop_token stop_;
  std::stop_source rating_stop_;   // rating games end with the drain: nobody trains on them
  Client* client_ = nullptr;
  absl::Time stop_playing_ = absl::InfiniteFuture();  // once draining; then games in flight are saved
  absl::Time give_up_ = absl::InfiniteFuture();       // then what is not delivered stays in the spool
  std::atomic<bool> playing_time_is_up_{false};
  bool out_of_time_ = false;
  Bell changed_;  // a player ended
  std::atomic<int> busy_players_{0};
};

// What a player did since the last time, added to what all did.
void Count(const Player& player, ActorCounters* actor_before, EvalCounters* eval_before, PlayCounters* all) {
  const ActorCounters actor = player.counters();
  const EvalCounters eval = player.eval_counters();
  all->positions += actor.moves - actor_before->moves;
  all->simulations += actor.simulations - actor_before->simulations;
  all->requests += eval.requests - eval_before->requests;
  all->evaluations += eval.evaluations - eval_before->evaluations;
  *actor_before = actor;
  *eval_before = eval;
}

void Worker::Pass(absl::Duration duration) {
  changed_.Wait(changed_.rings(), duration);
}

void Worker::LookForTheEnd() {
  pulse_.Beat(clock_.Now());
  const bool enough = options_.games > 0 && begun_ >= options_.games;
  if (!state_.draining() && (stop_.stop_requested() || enough || !state_.failure().ok())) {
    // Who reached the limit may take the time to finish; who was told to stop must not.
    if (!enough || stop_.stop_requested()) SetTimeToDrain();
    state_.Drain();
    rating_stop_.request_stop();
  }
  if (state_.draining() && give_up_ == absl::InfiniteFuture() && stop_.stop_requested()) SetTimeToDrain();
  if (clock_.Now() >= stop_playing_) playing_time_is_up_ = true;
  out_of_time_ = clock_.Now() >= give_up_;
}

void Worker::SetTimeToDrain() {
  stop_playing_ = clock_.Now() + options_.drain_time * kPlayingShare;
  give_up_ = clock_.Now() + options_.drain_time;
}

std::int64_t Worker::NextGame(int generation) {
  const std::int64_t begun = begun_.fetch_add(1);
  std::optional<std::int64_t> number;
  if (options_.games == 0 || begun < options_.games) number = state_.TakeNumber(generation);
  if (!number.has_value()) --begun_;
  return number.value_or(Actor::kStop);
}

// When there is a rating job: a pair of games, a second or so.
void Worker::PlayRatingGames() {
  const std::optional<RatingWork> work = state_.TakeRatingWork();
  if (!work.has_value()) return;
  auto result = PlayRatingPair(*work, rating_stop_.get_token());
  if (result.ok()) {
    state_.SetRatingResult(*std::move(result));
    client_->Wake();
    return;
  }
  if (!absl::IsCancelled(result.status())) {
    Log().error("{}", std::string(result.status().message()));
    // Its games are left to other workers.
    if (work->job.has_opponent()) state_.SetFailedOpponent(work->job.opponent());
  }
  state_.FinishRating();
}

void Worker::RunPlayer(Player& player, Intake& intake) {
  ActorCounters actor_before;
  EvalCounters eval_before;
  while (!player.Idle() && !playing_time_is_up_) {
    if (!state_.draining() && (state_.paused() || intake.Overfull())) {
      Pass(kTick);
      intake.Flush(/*everything=*/false);
      continue;
    }
    if (!state_.draining()) PlayRatingGames();
    int version = 0;
    const std::shared_ptr<const Network> network = state_.network(&version);
    player.UseNetwork(network, version);
    const absl::Status played = player.Round();
    Count(player, &actor_before, &eval_before, &counters_);
    if (!played.ok()) {
      Log().error("network {} is refused: {}", network->id(), std::string(played.message()));
      state_.RefuseNetwork();
      Pass(kTick);
    }
    intake.Flush(/*everything=*/false);
  }
  --busy_players_;
  changed_.Ring();
}

void Worker::TakeUnfinished(const Job& job, std::vector<std::unique_ptr<Player>>& players) {
  std::vector<GameRecord> games = spool_->TakeUnfinished(job.kept.run_id);
  if (games.empty()) return;
  Log().info("{} games of the last worker on this spool are played on", games.size());
  std::vector<std::vector<GameRecord>> shares(players.size());
  for (std::size_t i = 0; i < games.size(); ++i) shares[i % shares.size()].push_back(std::move(games[i]));
  for (std::size_t i = 0; i < shares.size(); ++i) players[i]->Resume(std::move(shares[i]));
}

void Worker::SaveUnfinished(const ChunkHeader& header, std::vector<std::unique_ptr<Player>>& players) {
  std::vector<GameRecord> games;
  for (const auto& player : players) {
    for (GameRecord& game : player->TakeUnfinished()) games.push_back(std::move(game));
  }
  if (games.empty()) return;
  const absl::Status saved = spool_->SaveUnfinished(header, games);
  if (saved.ok()) {
    Log().info("{} unfinished games are saved in the spool; the next worker on it plays on", games.size());
  } else {
    Log().error("{} unfinished games are lost: {}", games.size(), std::string(saved.message()));
  }
}

void Worker::Play(const Job& job) {
  ChunkHeader header;
  header.set_version(1);
  header.set_game(job.game->facts().spec);
  header.set_run_id(job.kept.run_id);
  Intake intake(header, std::min(job.config.selfplay().games_per_chunk(), kMostGamesPerChunk),
                absl::Seconds(job.config.selfplay().chunk_seconds()), spool_, nullptr, &clock_);
  std::vector<std::unique_ptr<Player>> players;
  for (int i = 0; i < options_.threads; ++i) {
    players.push_back(std::make_unique<Player>(
        *job.game, job.config, options_.threads, [this, generation = job.generation] { return NextGame(generation); },
        [this, &intake](GameRecord record) {
          intake.Add(std::move(record));
          ++counters_.games;
        }));
  }
  TakeUnfinished(job, players);
  busy_players_ = options_.threads;
  std::vector<std::jthread> threads;
  for (auto& player : players) {
    threads.emplace_back([this, &player, &intake, i = threads.size()] {
      SetThreadName("player-" + std::to_string(i));
      RunPlayer(*player, intake);
    });
  }
  for (;;) {
    LookForTheEnd();
    const std::uint64_t rings = changed_.rings();
    if (busy_players_ == 0) break;
    changed_.Wait(rings, kTick);
  }
  threads.clear();
  SaveUnfinished(header, players);
  intake.Flush(/*everything=*/true);
  if (const std::int64_t lost = intake.counters().waiting; lost > 0) Log().error("{} finished games could not be written to the spool", lost);
}

absl::StatusOr<WorkerSummary> Worker::Execute(std::stop_token stop) {
  stop_ = std::move(stop);
  pulse_.Beat(clock_.Now());
  const auto client = Client::Make(options_, &state_, spool_, &counters_);
  client_ = client.get();
  std::unique_ptr<HttpServer> pages;
  if (options_.metrics.has_value()) {
    const WorkerParts parts{options_.threads, &state_, spool_, &counters_, &client->counters(), &pulse_, &clock_};
    TANDEM_ASSIGN_OR_RETURN(pages, HttpServer::Start(*options_.metrics, WorkerPages(parts)));
    Log().info("pages on http://{}/metrics and /healthz", pages->address());
  }
  while (!state_.draining()) {
    LookForTheEnd();
    // Without numbers a player would be idle at once.
    const std::optional<Job> job = state_.ReadyJob();
    if (job.has_value() && state_.numbers_left() > 0 && !state_.draining()) {
      Play(*job);
    } else {
      Pass(kTick);
    }
  }
  state_.SetPlayersDone();
  client->Wake();
  while (!state_.client_done() && !out_of_time_) {
    LookForTheEnd();
    Pass(kTick);
  }
  WorkerSummary summary;
  summary.games = counters_.games;
  summary.delivered_chunks = client->counters().delivered_chunks;
  summary.refused_chunks = client->counters().refused_chunks;
  summary.spooled_chunks = spool_->num_chunks();
  return summary;
}

}  // namespace

absl::StatusOr<WorkerSummary> RunWorker(const WorkerOptions& options, std::stop_token stop, const Clock& clock) {
  TANDEM_ASSIGN_OR_RETURN(const std::unique_ptr<Spool> spool, Spool::Open(options.spool, options.spool_bytes));
  if (spool->num_chunks() > 0) Log().info("{} chunks of run {} wait in the spool", spool->num_chunks(), spool->run_id());
  Stock stock(spool->StockPath());
  const absl::Status loaded = stock.Load();
  if (!loaded.ok() && !absl::IsNotFound(loaded)) Log().warn("{}; the coordinator is asked anew", std::string(loaded.message()));
  Worker worker(options, spool.get(), &stock, clock);
  TANDEM_ASSIGN_OR_RETURN(const WorkerSummary summary, worker.Execute(std::move(stop)));
  TANDEM_RETURN_IF_ERROR(worker.failure());
  return summary;
}

}  // namespace tandem
