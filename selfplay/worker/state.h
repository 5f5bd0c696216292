// What a remote worker's threads have in common: the players read what to play with, the client (client.h) writes what the coordinator says.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/clock.h"
#include "engine/net/network.h"
#include "proto/run_config.pb.h"
#include "selfplay/worker/rating.h"
#include "selfplay/worker/stock.h"

namespace tandem {

// What to play; replaced as a whole.
struct Job {
  KeptAssignment kept;
  RunConfig config;  // kept.config_text
  const Game* game = nullptr;
  int generation = 0;  // counts configurations
};

// Thread-safe.
class WorkerState {
 public:
  // `stock` has been loaded, and must outlive this.
  explicit WorkerState(Stock* stock) : stock_(stock) {}

  // --- Written by the client.
  // A job with the configuration that it has already only brings more numbers.
  void SetJob(Job job, std::int64_t first_number, std::int64_t count) {
    absl::MutexLock lock(&mutex_);
    if (job_.game == nullptr || job.kept != job_.kept) {
      stock_->SetAssignment(job.kept);
      job.generation = job_.generation + 1;
      job_ = std::move(job);
    }
    stock_->AddNumbers(first_number, count);
  }
  void SetNetwork(std::shared_ptr<const Network> network) {
    absl::MutexLock lock(&mutex_);
    stock_->SetNetwork(network->id());
    previous_network_ = std::move(network_);
    network_ = std::move(network);
    network_since_ = Clock::Real().Now();
    ++network_version_;
  }
  void SetPaused(bool paused) {
    absl::MutexLock lock(&mutex_);
    paused_ = paused;
  }
  // One at a time: RatingIdle() before.
  void SetRatingWork(RatingWork work) {
    absl::MutexLock lock(&mutex_);
    rating_work_ = std::move(work);
    rating_busy_ = true;
  }
  std::optional<PutRating> TakeRatingResult() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(rating_result_, std::nullopt);
  }
  // The result is with the coordinator, or nobody wants it.
  void FinishRating() {
    absl::MutexLock lock(&mutex_);
    rating_busy_ = false;
  }
  bool RatingIdle() const {
    absl::MutexLock lock(&mutex_);
    return !rating_busy_;
  }
  // This fixed opponent can not be played here.
  void SetFailedOpponent(std::string opponent) {
    absl::MutexLock lock(&mutex_);
    failed_opponent_ = std::move(opponent);
  }
  // The end: waiting would not help. The first one counts.
  void Fail(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (failure_.ok()) failure_ = status;
  }
  // No more games are begun; those in flight are finished. Set by a signal, a limit, or the end.
  void Drain() {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
  }
  // The last game has been put into the spool.
  void SetPlayersDone() {
    absl::MutexLock lock(&mutex_);
    stock_->Close();
    players_done_ = true;
  }
  // The client has ended.
  void SetClientDone() {
    absl::MutexLock lock(&mutex_);
    client_done_ = true;
  }

  // --- Read by the players.
  // The job, once there are a job and a network; no value before.
  std::optional<Job> ReadyJob() const {
    absl::MutexLock lock(&mutex_);
    if (job_.game == nullptr || network_ == nullptr) return std::nullopt;
    return job_;
  }
  int generation() const {
    absl::MutexLock lock(&mutex_);
    return job_.generation;
  }
  std::shared_ptr<const Network> network(int* version) const {
    absl::MutexLock lock(&mutex_);
    *version = network_version_;
    return network_;
  }
  // The network in use gave no finite numbers: back to the one before it, if there is one.
  void RefuseNetwork() {
    absl::MutexLock lock(&mutex_);
    if (previous_network_ == nullptr) return;
    refused_net_id_ = network_->id();
    network_ = std::move(previous_network_);
    ++network_version_;
  }
  // The next game's number; none while the coordinator's last range is used up, while draining, and for another generation than the current.
  // Once in a block it writes a file.
  std::optional<std::int64_t> TakeNumber(int generation) {
    absl::MutexLock lock(&mutex_);
    if (draining_ || generation != job_.generation) return std::nullopt;
    return stock_->Take();
  }
  // A rating job, for whichever player asks first.
  std::optional<RatingWork> TakeRatingWork() {
    absl::MutexLock lock(&mutex_);
    return std::exchange(rating_work_, std::nullopt);
  }
  // Also puts one back that could not be delivered.
  void SetRatingResult(PutRating result) {
    absl::MutexLock lock(&mutex_);
    rating_result_ = std::move(result);
  }
  std::string failed_opponent() const {
    absl::MutexLock lock(&mutex_);
    return failed_opponent_;
  }
  std::int64_t numbers_left() const {
    absl::MutexLock lock(&mutex_);
    return stock_->left();
  }
  // What the last process on this spool left; empty when it left nothing.
  std::optional<KeptAssignment> kept() const {
    absl::MutexLock lock(&mutex_);
    return stock_->assignment();
  }
  std::string kept_net_id() const {
    absl::MutexLock lock(&mutex_);
    return stock_->net_id();
  }
  std::string net_id() const {
    absl::MutexLock lock(&mutex_);
    return network_ == nullptr ? "" : network_->id();
  }
  std::string refused_net_id() const {
    absl::MutexLock lock(&mutex_);
    return refused_net_id_;
  }
  absl::Time network_since() const {
    absl::MutexLock lock(&mutex_);
    return network_since_;
  }
  bool paused() const {
    absl::MutexLock lock(&mutex_);
    return paused_;
  }
  bool draining() const {
    absl::MutexLock lock(&mutex_);
    return draining_;
  }
  bool players_done() const {
    absl::MutexLock lock(&mutex_);
    return players_done_;
  }
  bool client_done() const {
    absl::MutexLock lock(&mutex_);
    return client_done_;
  }
  absl::Status failure() const {
    absl::MutexLock lock(&mutex_);
    return failure_;
  }

 private:
  mutable absl::Mutex mutex_;
  Stock* const stock_ ABSL_PT_GUARDED_BY(mutex_);
  Job job_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const Network> network_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const Network> previous_network_ ABSL_GUARDED_BY(mutex_);
  std::string refused_net_id_ ABSL_GUARDED_BY(mutex_);
  absl::Time network_since_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  int network_version_ ABSL_GUARDED_BY(mutex_) = 0;
  bool rating_busy_ ABSL_GUARDED_BY(mutex_) = false;  // from the job until its result is delivered
  std::optional<RatingWork> rating_work_ ABSL_GUARDED_BY(mutex_);
  std::optional<PutRating> rating_result_ ABSL_GUARDED_BY(mutex_);
  std::string failed_opponent_ ABSL_GUARDED_BY(mutex_);
  bool paused_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool players_done_ ABSL_GUARDED_BY(mutex_) = false;
  bool client_done_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tandem
