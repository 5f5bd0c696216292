// Rating board: which rating games a coordinator hands out, what their results say, and which network plays.
//
// Opponents: the pair of the pool whose game is expected to tell most. With sigma^2 the variance of the difference of two ratings
// (bootstrap of the Bradley-Terry fit, engine/match) and I = 2 (ln 10 / 400)^2 p (1 - p) the Fisher information of a pair of games at score
// p, the variance is expected to fall by sigma^4 I / (1 + sigma^2 I); pairs that are being played already count for less.
//
// A fixed opponent (rating.opponent) is one more player of the pool whom only networks meet. Its games go to workers that say that they can
// play it: no coordinator starts a program on a worker's machine.
//
// Gate (rating.gate): the newest network that is later than the playing one meets it until a sequential test (engine/match/sprt.h) passes
// or turns it down; until then the old one plays. Without the gate the newest network plays.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "engine/base/clock.h"
#include "engine/base/rng.h"
#include "engine/match/openings.h"
#include "proto/wire.pb.h"
#include "training/gate/rating_results.h"

namespace tandem {

struct RatingBoardOptions {
  RunDirectory directory;
  RatingConfig config;
  const Game* game = nullptr;
  const Clock* clock = nullptr;
  std::uint64_t seed = 1;                    // of openings and job numbers; another one for each session of a coordinator
  absl::Duration lease = absl::Minutes(10);  // a job without an answer is forgotten after this
};

// Thread-safe. Cost of a job: a fit of the pool when results came in since the last one (some 10 ms for 32 networks).
class RatingBoard {
 public:
  // Reads what the run has. kInvalidArgument when gate_elo0 is not below gate_elo1, or the opponent's spec is no good.
  static absl::StatusOr<std::unique_ptr<RatingBoard>> Open(RatingBoardOptions options);

  // The run's checkpoints, oldest first; cheap while the newest stays the same.
  void SetCheckpoints(const std::vector<CheckpointInfo>& checkpoints);
  // The network that plays; empty while there is none.
  std::string PlayingNetwork() const;

  // Whether a rating game is due, `selfplay_games` after the board was opened: 2 x jobs <= share / (1 - share) x selfplay_games.
  bool Wanted(std::int64_t selfplay_games) const;
  // A job for this worker; the one that it has already when it asks again. Without an id when none is due. `opponents`: kinds and canonical
  // specs of the fixed opponents that the worker can play against.
  RatingJob NextJob(std::uint64_t worker, const std::string& token_id, std::int64_t selfplay_games,
                    const std::set<std::string>& opponents = {});
  // Checks the games by the rules and stores their result. kNotFound: the job is not (or no longer) this token's; kInvalidArgument: these
  // are no games of that job; other errors: the disk's, the job stays.
  absl::Status Record(const std::string& token_id, const PutRating& put);

  std::int64_t num_pairs() const;  // stored, whole run
  // Verdicts of this run so far, newest last.
  std::vector<GateVerdict> verdicts() const;
  absl::StatusOr<RatedPool> Rate() const;

 private:
  struct Lease {
    RatingJob job;
    bool gate = false;
    std::uint64_t worker = 0;
    std::string token_id;
    absl::Time until;
  };

  explicit RatingBoard(RatingBoardOptions options);
  absl::Status ReadFiles();
  void ForgetOld() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsDue(std::int64_t selfplay_games) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string Champion() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ChooseCandidate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<std::pair<std::string, std::string>> ChoosePair(bool with_opponent) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Pentanomial GatePairs() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Judge() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<int> HalfPoints(const Lease& lease, const PutRating& put) const;

  const RatingBoardOptions options_;
  std::string opponent_;  // canonical spec; empty: none
  mutable absl::Mutex mutex_;
  Rng rng_ ABSL_GUARDED_BY(mutex_);
  std::vector<CheckpointInfo> checkpoints_ ABSL_GUARDED_BY(mutex_);  // distinct networks, oldest first
  std::vector<CheckpointInfo> pool_ ABSL_GUARDED_BY(mutex_);
  std::vector<RatedPair> pairs_ ABSL_GUARDED_BY(mutex_);  // without their moves
  std::vector<GateVerdict> verdicts_ ABSL_GUARDED_BY(mutex_);
  std::string candidate_ ABSL_GUARDED_BY(mutex_);  // empty: nobody is at the gate
  std::map<std::uint64_t, Lease> leases_ ABSL_GUARDED_BY(mutex_);
  std::int64_t session_pairs_ ABSL_GUARDED_BY(mutex_) = 0;  // stored in this session
  std::optional<RatedPool> rated_ ABSL_GUARDED_BY(mutex_);  // none: results came in since
};

}  // namespace tandem
