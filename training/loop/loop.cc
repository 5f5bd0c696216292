#include "training/loop/loop.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/bell.h"
#include "engine/base/config.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/thread.h"
#include "engine/net/network.h"
#include "selfplay/worker/intake.h"
#include "selfplay/worker/player.h"
#include "training/coordinator/game_numbers.h"
#include "training/learner/distributed_group.h"
#include "training/loop/batch_ahead.h"
#include "training/loop/checkpoints.h"
#include "training/loop/progress.h"
#include "training/replay/loader.h"

namespace tandem {
namespace {

// Turns between two looks at the clock-driven duties of a worker are short (one batch), so this only bounds idle waiting.
constexpr absl::Duration kIdleWait = absl::Milliseconds(100);
constexpr absl::Duration kStatusEvery = absl::Milliseconds(250);
// How often a learner looks for chunks of others. A look at an unchanged directory is one system call.
constexpr absl::Duration kFollowEvery = absl::Seconds(1);
constexpr std::chrono::seconds kCoarseTime(2);  // of a file system's time stamps: FAT's, the coarsest
constexpr std::int64_t kNumbersAtOnce = 1 << 20;  // from a coordinator: one write a million games

class Loop {
 public:
  Loop(Run& run, const LoopOptions& options, const Clock& clock)
      : run_(run),
        options_(options),
        config_(run.config()),
        clock_(clock),
        num_threads_(ResolveThreads(config_.threads())),
        window_(NewReplayWindow(run.game(), config_.replay(), config_.learner())),
        limiter_(config_.replay()),
        sink_(run.directory().chunks()),
        loader_(run.directory().chunks(), config_.replay()),
        checkpoints_(run.directory(), config_.learner().keep_checkpoints()),
        progress_(run.directory(), &clock) {}

  absl::Status Prepare();
  absl::StatusOr<LoopSummary> Execute(std::stop_token stop);

 private:
  // What a worker has to itself.
  struct Worker {
    int number = 0;
    std::unique_ptr<Player> player;  // null: it only learns
  };

  absl::Status RestoreLearner();
  absl::Status RestoreGames();
  absl::Status TakeNumbers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether games come from the run's directory instead of this process's intake.
  bool Follows() const { return !options_.self_play || options_.coordinator != nullptr; }
  void FollowChunks(bool now);
  std::int64_t AddToWindow(const std::string& chunk_id, const std::vector<GameRecord>& games);
  absl::Status UseNetwork(const std::string& net_id) ABSL_LOCKS_EXCLUDED(mutex_);
  void RefuseNetwork(const absl::Status& error) ABSL_LOCKS_EXCLUDED(mutex_);

  void RunWorker(Worker& worker, std::stop_token stop);
  bool TakeLearner() ABSL_LOCKS_EXCLUDED(mutex_);
  absl::Status DrawBatch(std::int64_t step, TrainingBatch* batch) const;
  void TrainStep() ABSL_LOCKS_EXCLUDED(mutex_);
  void WriteCheckpoint(bool force_snapshot) ABSL_LOCKS_EXCLUDED(mutex_);
  void PlayRound(Worker& worker) ABSL_LOCKS_EXCLUDED(mutex_);
  std::int64_t NextGame() ABSL_LOCKS_EXCLUDED(mutex_);
  void ReportStatus(bool final) ABSL_LOCKS_EXCLUDED(mutex_);

  double Seconds() const { return seconds_before_ + absl::ToDoubleSeconds(clock_.Now() - began_); }
  bool TimeIsUp() const { return config_.loop().minutes() > 0 && Seconds() >= config_.loop().minutes() * 60; }
  std::int64_t TotalSamples() const { return steps_.load() * config_.learner().batch_size(); }
  // Games on disk; a loop that follows others counts them as its window does.
  std::int64_t Games() const { return Follows() ? window_->games() : games_before_ + intake_->counters().games; }
  bool EnoughGames() const { return config_.loop().games() > 0 && Games() >= config_.loop().games(); }
  bool MayTrain() const { return limiter_.MayTrain(window_->total_rows(), TotalSamples()); }
  bool MayPlay() const { return limiter_.MayPlay(window_->total_rows(), TotalSamples()) && !intake_->Overfull(); }

  Run& run_;
  const LoopOptions options_;
  const RunConfig& config_;
  const Clock& clock_;
  const int num_threads_;
  const std::unique_ptr<ReplayWindow> window_;
  const RateLimiter limiter_;
  DirectorySink sink_;
  ChunkLoader loader_;
  const Checkpoints checkpoints_;
  Progress progress_;
  std::unique_ptr<Intake> intake_;

  absl::Time began_;
  double seconds_before_ = 0;           // training time of earlier sessions
  std::int64_t games_before_ = 0;
  absl::Time followed_at_ = absl::InfinitePast();
  std::filesystem::file_time_type chunks_changed_at_ = std::filesystem::file_time_type::min();
  std::int64_t next_index_ ABSL_GUARDED_BY(mutex_) = 0;
  std::int64_t end_index_ ABSL_GUARDED_BY(mutex_) = std::numeric_limits<std::int64_t>::max();  // of the numbers that are ours
  std::int64_t started_ ABSL_GUARDED_BY(mutex_) = 0;  // games started in this session

  // Touched only by the worker that holds the learner (learner_taken_), and by the main thread before and after the workers.
  std::unique_ptr<Learner> learner_;
  std::unique_ptr<BatchAhead> batches_;
  double last_snapshot_ = -1e9;
  std::atomic<std::int64_t> steps_{0};
  std::atomic<std::int64_t> checkpoint_step_{0};
  std::atomic<bool> lost_{false};  // the other ranks of the learner

  const std::shared_ptr<PositionSample> positions_ = std::make_shared<PositionSample>();  // what self-play asks its networks about

  mutable absl::Mutex mutex_;
  Bell changed_;  // a step ended, a chunk came in, a worker ended
  bool learner_taken_ ABSL_GUARDED_BY(mutex_) = false;
  std::shared_ptr<const Network> network_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const Network> previous_network_ ABSL_GUARDED_BY(mutex_);
  int network_version_ ABSL_GUARDED_BY(mutex_) = 0;
  int busy_workers_ ABSL_GUARDED_BY(mutex_) = 0;
  StepReport last_step_ ABSL_GUARDED_BY(mutex_);
  std::vector<ActorCounters> actor_counters_ ABSL_GUARDED_BY(mutex_);
  std::vector<EvalCounters> eval_counters_ ABSL_GUARDED_BY(mutex_);
};

absl::Status Loop::Prepare() {
  SetNetworkThreads(1);
  LearnerOptions options = options_.learner;
  if (options.threads == 0) options.threads = options_.self_play ? 1 : num_threads_;  // all equal workers, or one that learns on all of them
  TANDEM_ASSIGN_OR_RETURN(learner_, NewLearner(run_.game(), config_, options));
  // A thread for batches only where a processor has nothing else to do.
  const int processors = AvailableProcessors() / (options.group == nullptr ? 1 : options.group->world().local_size);
  const bool ahead = !options_.self_play && (options.device != "cpu" || processors > options.threads);
  batches_ = std::make_unique<BatchAhead>([this](std::int64_t step, TrainingBatch* batch) { return DrawBatch(step, batch); }, ahead);
  TANDEM_RETURN_IF_ERROR(RestoreGames());
  ChunkHeader header;
  header.set_version(1);
  header.set_game(config_.game());
  header.set_run_id(run_.id());
  const bool reproducible = num_threads_ == 1 && !Follows();
  ChunkSink* const sink = options_.coordinator != nullptr ? static_cast<ChunkSink*>(options_.coordinator) : &sink_;
  Intake::StoredCallback on_stored;
  if (!Follows()) on_stored = [this](const std::string& id, const std::vector<GameRecord>& games) { return AddToWindow(id, games); };
  intake_ = std::make_unique<Intake>(header, config_.selfplay().games_per_chunk(),
                                     reproducible ? absl::InfiniteDuration() : absl::Seconds(config_.selfplay().chunk_seconds()), sink,
                                     std::move(on_stored), &clock_);
  began_ = clock_.Now();
  TANDEM_RETURN_IF_ERROR(RestoreLearner());
  progress_.Begin(steps_);
  return absl::OkStatus();
}

absl::Status Loop::RestoreGames() {
  if (options_.coordinator != nullptr) {
    absl::MutexLock lock(&mutex_);
    TANDEM_RETURN_IF_ERROR(TakeNumbers());
  }
  if (!run_.resumed()) return absl::OkStatus();
  TANDEM_ASSIGN_OR_RETURN(const LoadReport report, loader_.LoadNew(window_.get()));
  for (const std::string& problem : report.problems) Log().error("{}", problem);
  games_before_ = window_->games();
  if (options_.coordinator != nullptr) return absl::OkStatus();
  // Workers of an earlier session may still bring games with numbers that a coordinator gave them.
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t given, NumbersGiven(run_.directory().serve() / "numbers.json"));
  absl::MutexLock lock(&mutex_);
  next_index_ = std::max(report.next_game_index, given);
  return absl::OkStatus();
}

absl::Status Loop::TakeNumbers() {
  TANDEM_ASSIGN_OR_RETURN(next_index_, options_.coordinator->TakeNumbers(kNumbersAtOnce));
  end_index_ = next_index_ + kNumbersAtOnce;
  return absl::OkStatus();
}

// Takes in what has been written since the last look.
void Loop::FollowChunks(bool now) {
  if (!now && clock_.Now() - followed_at_ < kFollowEvery) return;
  followed_at_ = clock_.Now();
  // A directory that has not changed for longer than its time stamps are coarse has nothing new.
  std::error_code error;
  const auto changed_at = std::filesystem::last_write_time(run_.directory().chunks(), error);
  if (!now && !error && changed_at == chunks_changed_at_) return;
  const bool settled = !error && std::filesystem::file_time_type::clock::now() - changed_at > kCoarseTime;
  chunks_changed_at_ = settled ? changed_at : std::filesystem::file_time_type::min();
  const auto report = loader_.LoadNew(window_.get());
  if (!report.ok()) {
    Log().error("chunks: {}", std::string(report.status().message()));
    return;
  }
  for (const std::string& problem : report->problems) Log().error("{}", problem);
  if (report->chunks > 0) changed_.Ring();
}

std::int64_t Loop::AddToWindow(const std::string& chunk_id, const std::vector<GameRecord>& games) {
  std::int64_t refused = 0;
  for (const GameRecord& game : games) {
    const absl::Status added = window_->Add(game);
    if (added.ok()) continue;
    ++refused;
    Log().error("game {} of chunk {} was refused: {}", game.index(), chunk_id, std::string(added.message()));
  }
  return refused;
}

absl::Status Loop::RestoreLearner() {
  TANDEM_ASSIGN_OR_RETURN(const std::optional<CheckpointInfo> newest, checkpoints_.Restore(learner_.get()));
  if (!newest.has_value()) {
    WriteCheckpoint(/*force_snapshot=*/true);
    absl::MutexLock lock(&mutex_);
    if (network_ == nullptr) return absl::UnavailableError("the first checkpoint could not be written or used (see the log)");
    return absl::OkStatus();
  }
  steps_ = learner_->step();
  checkpoint_step_ = newest->step;
  seconds_before_ = newest->seconds;
  last_snapshot_ = newest->seconds;
  Log().info("resumed at step {} with {} games, {} rows, after {:.1f} minutes", newest->step, games_before_, window_->total_rows(),
             newest->seconds / 60);
  return UseNetwork(newest->net_id);
}

absl::Status Loop::UseNetwork(const std::string& net_id) {
  NetworkOptions options = InferenceOptions(config_.inference());
  options.timed = num_threads_ > 1;  // one thread is reproducible, the clock is not
  options.positions = positions_;
  TANDEM_ASSIGN_OR_RETURN(auto network, LoadNetwork(run_.game(), run_.directory().network_path(net_id), options));
  absl::MutexLock lock(&mutex_);
  if (network_ == nullptr || network_->precision() != network->precision()) {
    Log().info("network {} computes in {}", net_id, network->description());
  }
  previous_network_ = std::move(network_);
  network_ = std::move(network);
  ++network_version_;
  return absl::OkStatus();
}

// A network whose outputs are not finite plays no further: back to the one before it, until the learner makes a better one.
void Loop::RefuseNetwork(const absl::Status& error) {
  absl::MutexLock lock(&mutex_);
  Log().error("network {} is refused: {}", network_->id(), std::string(error.message()));
  if (previous_network_ == nullptr) return;
  network_ = std::move(previous_network_);
  ++network_version_;
}

std::int64_t Loop::NextGame() {
  absl::MutexLock lock(&mutex_);
  if (config_.loop().games() > 0 && games_before_ + started_ >= config_.loop().games()) return Actor::kStop;
  if (Follows() && EnoughGames()) return Actor::kStop;
  if (next_index_ == end_index_) {
    if (const absl::Status taken = TakeNumbers(); !taken.ok()) {
      Log().error("no more games are begun: {}", std::string(taken.message()));
      return Actor::kStop;
    }
  }
  ++started_;
  return next_index_++;
}

bool Loop::TakeLearner() {
  absl::MutexLock lock(&mutex_);
  if (learner_taken_) return false;
  learner_taken_ = true;
  return true;
}

absl::Status Loop::DrawBatch(std::int64_t step, TrainingBatch* batch) const {
  Rng rng = Rng::Stream(config_.seed(), "replay", static_cast<std::uint64_t>(step));
  return window_->Sample(config_.learner().batch_size(), rng, batch);
}

void Loop::TrainStep() {
  TrainingBatch batch;
  const absl::Status sampled = batches_->Take(learner_->step(), &batch);
  if (!sampled.ok()) {
    Log().error("no batch: {}", std::string(sampled.message()));
    return;
  }
  const double progress = config_.loop().minutes() > 0 ? std::min(1.0, Seconds() / (config_.loop().minutes() * 60)) : -1;
  const absl::StatusOr<StepReport> report = learner_->Step(batch, progress);
  if (!report.ok()) {
    Log().error("learner step failed: {}", std::string(report.status().message()));
    if (absl::IsUnavailable(report.status())) lost_ = true;
    return;
  }
  if (report->skipped) Log().warn("step {} skipped: loss or gradient is not finite{}", report->step, report->rolled_back ? "; weights rolled back" : "");
  steps_ = learner_->step();
  {
    absl::MutexLock lock(&mutex_);
    last_step_ = *report;
  }
  if (!report->skipped && learner_->step() % config_.learner().checkpoint_steps() == 0) WriteCheckpoint(false);
}

void Loop::WriteCheckpoint(bool force_snapshot) {
  CheckpointInfo info;
  info.games = Games();
  info.rows = window_->total_rows();
  info.seconds = Seconds();
  info.snapshot = force_snapshot || info.seconds - last_snapshot_ >= config_.loop().snapshot_minutes() * 60;
  const absl::StatusOr<CheckpointInfo> written = checkpoints_.Write(*learner_, info);
  if (!written.ok()) {
    Log().error("no checkpoint at step {}: {}; training goes on", learner_->step(), std::string(written.status().message()));
    return;
  }
  if (written->snapshot) last_snapshot_ = info.seconds;
  Log().info("checkpoint at step {}: {} games, {} rows, network {}", written->step, written->games, written->rows, written->net_id);
  checkpoint_step_ = written->step;
  const absl::Status used = UseNetwork(written->net_id);
  if (!used.ok()) Log().error("network {} can not be used: {}", written->net_id, std::string(used.message()));
}

void Loop::PlayRound(Worker& worker) {
  std::shared_ptr<const Network> network;
  int version = 0;
  {
    absl::MutexLock lock(&mutex_);
    network = network_;
    version = network_version_;
  }
  worker.player->UseNetwork(network, version);
  const absl::Status played = worker.player->Round();
  if (!played.ok()) RefuseNetwork(played);
  intake_->Flush(/*everything=*/false);
  const EvalCounters evaluations = worker.player->eval_counters();
  absl::MutexLock lock(&mutex_);
  actor_counters_[worker.number] = worker.player->counters();
  eval_counters_[worker.number] = evaluations;
}

void Loop::RunWorker(Worker& worker, std::stop_token stop) {
  while (!stop.stop_requested() && !TimeIsUp() && !lost_) {
    const std::uint64_t rings = changed_.rings();
    if (MayTrain() && TakeLearner()) {
      TrainStep();
      {
        absl::MutexLock lock(&mutex_);
        learner_taken_ = false;
      }
      changed_.Ring();
      continue;
    }
    if (worker.player == nullptr ? EnoughGames() : worker.player->Idle()) break;
    if (worker.player != nullptr && MayPlay()) {
      PlayRound(worker);
      continue;
    }
    intake_->Flush(/*everything=*/false);  // a sink that failed may work again
    changed_.Wait(rings, kIdleWait);
  }
  {
    absl::MutexLock lock(&mutex_);
    --busy_workers_;
  }
  changed_.Ring();
}

void Loop::ReportStatus(bool final) {
  LoopStatus status;
  const IntakeCounters intake = intake_->counters();
  status.seconds = Seconds();
  status.limit_seconds = config_.loop().minutes() * 60;
  status.games = Games();
  status.games_waiting = intake.waiting;
  status.limit_games = config_.loop().games();
  status.window_rows = window_->rows();
  status.total_rows = window_->total_rows();
  status.window_bytes = static_cast<std::int64_t>(window_->MemoryBytes());
  {
    absl::MutexLock lock(&mutex_);
    for (const ActorCounters& counters : actor_counters_) {
      status.moves += counters.moves;
      status.simulations += counters.simulations;
    }
    for (const EvalCounters& counters : eval_counters_) status.evaluator += counters;
    status.step = last_step_;
    status.net_id = network_->id();
  }
  status.step.step = steps_;
  status.checkpoint_step = checkpoint_step_;
  progress_.Show(status, final);
}

absl::StatusOr<LoopSummary> Loop::Execute(std::stop_token stop) {
  const int num_workers = options_.self_play ? num_threads_ : 1;
  std::vector<Worker> workers(num_workers);
  {
    absl::MutexLock lock(&mutex_);
    busy_workers_ = num_workers;
    actor_counters_.resize(num_workers);
    eval_counters_.resize(num_workers);
  }
  for (int i = 0; i < num_workers; ++i) {
    workers[i].number = i;
    if (!options_.self_play) continue;
    workers[i].player = std::make_unique<Player>(
        run_.game(), config_, num_workers, [this] { return NextGame(); }, [this](GameRecord record) { intake_->Add(std::move(record)); });
  }
  {
    std::vector<std::jthread> threads;
    for (Worker& worker : workers) {
      threads.emplace_back([this, &worker, stop] {
        SetThreadName("worker-" + std::to_string(worker.number));
        RunWorker(worker, stop);
      });
    }
    for (;;) {
      const std::uint64_t rings = changed_.rings();
      {
        absl::MutexLock lock(&mutex_);
        if (busy_workers_ == 0) break;
      }
      changed_.Wait(rings, kStatusEvery);
      if (Follows()) FollowChunks(/*now=*/false);
      ReportStatus(/*final=*/false);
    }
  }
  intake_->Flush(/*everything=*/true);
  if (options_.coordinator != nullptr) FollowChunks(/*now=*/true);
  while (!stop.stop_requested() && !TimeIsUp() && !lost_ && MayTrain()) TrainStep();
  WriteCheckpoint(/*force_snapshot=*/true);
  ReportStatus(/*final=*/true);
  if (lost_) return absl::UnavailableError(absl::StrCat("the learner's ranks lost each other at step ", steps_.load(), "; a restart resumes there"));
  const IntakeCounters intake = intake_->counters();
  if (intake.waiting > 0) return absl::ResourceExhaustedError(absl::StrCat(intake.waiting, " finished games are lost: ", intake.last_error));
  LoopSummary summary;
  summary.games = Games();
  summary.rows = window_->total_rows();
  summary.steps = steps_;
  summary.seconds = Seconds();
  absl::MutexLock lock(&mutex_);
  summary.net_id = network_->id();
  return summary;
}

}  // namespace

absl::StatusOr<LoopSummary> TrainLoop(Run& run, const LoopOptions& options, std::stop_token stop, const Clock& clock) {
  Loop loop(run, options, clock);
  TANDEM_RETURN_IF_ERROR(loop.Prepare());
  return loop.Execute(std::move(stop));
}

}  // namespace tandem
