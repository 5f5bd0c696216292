// Coordinator: everything the server side of the wire decides, without a socket: who may come in, what they play, which networks they get,
// and which chunks enter the run. A session (server.h) carries one worker's requests here and the answers back.
//
// A chunk is acknowledged after it is renamed into RUN/chunks and the directory is flushed; a chunk that is there already is acknowledged
// again, a game number that is there already in another chunk is refused (chunk_store.h). So whatever dies and is repeated, each game counts
// once.
//
// Games of this very process (`tandem train --listen`) come in by the same door (Put), with numbers from the same ledger, but unchecked.
//
// Rating games between networks are handed out as jobs and checked here; which network plays is the rating board's word (training/gate).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/clock.h"
#include "engine/game/state.h"
#include "engine/net/run_directory.h"
#include "proto/run_config.pb.h"
#include "proto/wire.pb.h"
#include "selfplay/record/chunk.h"
#include "training/coordinator/chunk_store.h"
#include "training/coordinator/game_numbers.h"
#include "training/coordinator/network_store.h"
#include "training/coordinator/token_store.h"
#include "training/gate/rating_board.h"
#include "training/replay/window.h"

namespace tandem {

struct CoordinatorLimits {
  std::uint64_t max_chunk_bytes = 16 << 20;
  std::int64_t numbers_per_assignment = 1 << 20;  // enough for weeks without the coordinator
  int max_sessions = 1000;
  int max_sessions_per_token = 64;
  int checks_at_once = 1;  // uploads that are being unpacked and replayed; storing them is not counted
  int bad_uploads_before_quarantine = 5;
  absl::Duration quarantine = absl::Hours(1);
  absl::Duration heartbeat = absl::Seconds(20);
  // A session that sends faster is read slower: a bucket of `burst_bytes` that fills at this rate, one for each token.
  double bytes_per_second = 16 << 20;
  double burst_bytes = 64 << 20;
  // A new network is announced to one worker after the other, as fast as this sends it to them; `network_burst_bytes` go at once.
  double network_bytes_per_second = 32 << 20;
  double network_burst_bytes = 64 << 20;
};

// The coordinator's own evaluation of a few positions with a network.
using CanaryMaker = std::function<absl::StatusOr<std::vector<Canary>>(const std::string& net_id)>;

struct CoordinatorOptions {
  RunDirectory directory;
  RunConfig config;
  std::string run_id;
  const Game* game = nullptr;
  CoordinatorLimits limits = {};
  CanaryMaker canaries = nullptr;  // empty: workers are not checked
  const Clock* clock = nullptr;
};

struct CoordinatorCounters {
  std::int64_t chunks = 0;  // stored in this session
  std::int64_t games = 0;
  std::int64_t repeated_chunks = 0;  // came again and were acknowledged again
  std::int64_t refused_chunks = 0;
  std::int64_t unstored_chunks = 0;  // answered with RETRY: the disk did not take them
  std::int64_t refused_sessions = 0;
  std::int64_t quarantines = 0;
  std::int64_t run_games = 0;  // of the whole run
  std::int64_t run_rows = 0;
  std::int64_t rating_games = 0;  // counted in this session
  std::int64_t stale_steps = 0;  // by which stored games' networks were behind the newest, summed over games
  int workers = 0;               // connected now
};

// A worker's session, present or past, for the table.
struct WorkerSession {
  std::string token_id, token_name, name, peer, build, net_id;
  int threads = 0;
  absl::Time since, seen;
  bool connected = true;
  bool paused = false;
  double games_per_second = 0, positions_per_second = 0, evaluations_per_second = 0;
  std::int64_t games = 0, spooled_chunks = 0, spooled_bytes = 0;  // as the worker says
  std::int64_t accepted_games = 0, refused_chunks = 0;
  std::int64_t rating_games = 0;
  std::uint32_t version = 0;    // of the protocol
  std::string told_net_id;      // the network of its News
};

// Thread-safe.
class Coordinator : public ChunkSink {
 public:
  // Reads the chunks of the run: their game numbers and rows. kDataLoss when a file of the coordinator is unreadable; broken chunks are
  // logged and left alone.
  static absl::StatusOr<std::unique_ptr<Coordinator>> Open(CoordinatorOptions options);

  // Welcome with a session number, or Refusal and no number.
  struct Admission {
    WireMessage reply;
    std::uint64_t worker = 0;
  };
  Admission Admit(const Hello& hello, const std::string& peer);
  // The answer to a request of an admitted worker; a Refusal ends the session. Checking a chunk takes milliseconds, making canaries longer.
  WireMessage Answer(std::uint64_t worker, const WireMessage& request);
  void Leave(std::uint64_t worker);
  // How long a session must wait before it is read again, now that it has sent this much.
  absl::Duration Throttle(std::uint64_t worker, std::size_t bytes);

  // For players of this process: first of so many numbers that nobody else gets, and the games played with them. kAlreadyExists for a
  // number that is there in another chunk; else the disk's errors, after which nothing is stored.
  absl::StatusOr<std::int64_t> TakeNumbers(std::int64_t count);
  absl::StatusOr<std::string> Put(const ChunkHeader& header, const std::vector<GameRecord>& games) override;

  const CoordinatorLimits& limits() const { return options_.limits; }
  CoordinatorCounters counters() const;
  std::map<std::uint64_t, WorkerSession> sessions() const;  // by number
  // The newest checkpoint (step 0 and an empty id: none), and how many steps a network is behind it (0 when it is not listed).
  CheckpointInfo NewestNetwork() const { return networks_.Newest(); }
  std::int64_t StepsBehind(const std::string& net_id) const;
  // The table of workers as JSON, and as RUN/serve/workers.json, what `tandem workers` shows.
  std::string Table() const;
  absl::Status WriteTable() const;

  // Which network plays, and what rating games say.
  const RatingBoard& ratings() const { return *ratings_; }

  static WireMessage MakeRefusal(Refusal::Code code, const std::string& text, absl::Duration retry_after = absl::InfiniteDuration());

 private:
  struct Bucket {
    double bytes = 0;
    absl::Time filled;
  };

  explicit Coordinator(CoordinatorOptions options);
  WireMessage TakeChunk(std::uint64_t worker, const std::string& token_id, const PutChunk& put);
  std::int64_t Judge(const PutChunk& put, ChunkAck* ack, bool* suspicious);
  absl::StatusOr<Chunk> Check(const PutChunk& put);
  absl::StatusOr<bool> Store(const std::string& chunk_id, const std::string& bytes, const std::vector<GameRecord>& games);
  absl::StatusOr<Assignment> Assign();
  absl::StatusOr<Canaries> CanariesOf(const std::string& net_id);
  News MakeNews(std::uint64_t worker);
  // Whether this worker is told of `net_id` now: others may come first.
  bool Announce(std::uint64_t worker, const std::string& net_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  WireMessage TakeRating(std::uint64_t worker, const std::string& token_id, const PutRating& put);
  void NoteBadUpload(const std::string& token_id);
  std::int64_t SelfplayGames() const;  // of this session

  const CoordinatorOptions options_;
  const RateLimiter limiter_;
  mutable TokenStore tokens_;
  mutable NetworkStore networks_;

  std::unique_ptr<RatingBoard> ratings_;

  absl::Mutex canary_mutex_;
  std::map<std::string, Canaries> canaries_ ABSL_GUARDED_BY(canary_mutex_);

  std::unique_ptr<ChunkStore> chunks_;
  std::counting_semaphore<> checks_;

  mutable absl::Mutex mutex_;
  std::unique_ptr<NumberLedger> ledger_ ABSL_GUARDED_BY(mutex_);
  std::map<std::uint64_t, WorkerSession> sessions_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
  Bucket announcements_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t last_worker_ ABSL_GUARDED_BY(mutex_) = 0;
  CoordinatorCounters counters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tandem
