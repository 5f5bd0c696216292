#include "training/gate/rating_board.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/agent/agent.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/match/sprt.h"
#include "selfplay/worker/rating.h"

namespace tandem {
namespace {

constexpr int kOpenings = 64;  // to draw one from, for each job

SprtHypotheses GateHypotheses(const RatingConfig& config) {
  SprtHypotheses hypotheses;
  hypotheses.elo0 = config.gate_elo0();
  hypotheses.elo1 = config.gate_elo1();
  return hypotheses;
}

// Variance by which a pair of games is expected to bring the difference of two ratings nearer, Elo^2.
double ExpectedGain(double difference, double deviation) {
  const double p = ScoreOfElo(difference);
  const double slope = std::log(10.0) / 400;
  const double information = 2 * slope * slope * p * (1 - p);
  const double variance = deviation * deviation;
  return variance * variance * information / (1 + variance * information);
}

// Half points of the first player.
absl::StatusOr<int> Replay(const Game& game, const RatingJob& job, const RatingGame& played, std::string_view which) {
  const auto wrong = [&](const auto&... what) { return BadInput("rating game ", std::string(which), ": ", what...); };
  if (played.moves_size() < job.opening_size() || !std::equal(job.opening().begin(), job.opening().end(), played.moves().begin())) {
    return wrong("it does not begin with the job's opening");
  }
  const int most = game.facts().max_plies;
  if (played.moves_size() > most) return wrong(played.moves_size(), " plies, at most ", most, " are possible");
  const std::unique_ptr<State> state = game.NewState();
  for (int ply = 0; ply < played.moves_size(); ++ply) {
    ActionList legal;
    if (!state->IsTerminal()) state->LegalActions(legal);
    const std::uint32_t move = played.moves(ply);
    if (move > static_cast<std::uint32_t>(game.facts().num_actions) || legal.Find(static_cast<Action>(move)) < 0) {
      return wrong("ply ", ply, ": action ", move, " is not legal");
    }
    state->Apply(static_cast<Action>(move));
  }
  if (state->IsTerminal()) return 1 + static_cast<int>(state->GetOutcome());
  if (played.moves_size() == most) return 1;  // cut at the longest length: a draw
  return wrong("it ends after ", played.moves_size(), " plies, before the rules end it");
}

// Whom net_a meets.
const std::string& RivalOf(const RatingJob& job) { return job.has_opponent() ? job.opponent() : job.net_b(); }

std::vector<Action> MovesOf(const RatingGame& game) { return {game.moves().begin(), game.moves().end()}; }

}  // namespace

RatingBoard::RatingBoard(RatingBoardOptions options) : options_(std::move(options)), rng_(Rng::Stream(options_.seed, "rating")) {}

absl::StatusOr<std::unique_ptr<RatingBoard>> RatingBoard::Open(RatingBoardOptions options) {
  if (options.config.gate() && options.config.gate_elo0() >= options.config.gate_elo1()) {
    return BadInput("rating.gate_elo0=", options.config.gate_elo0(), ", expected less than rating.gate_elo1=", options.config.gate_elo1());
  }
  TANDEM_ASSIGN_OR_RETURN(std::string opponent, OpponentOf(options.config));
  // What any worker plays is tried here; programs and networks may be on the workers' machines only.
  if (!opponent.empty() && IsOffered(OfferedOpponents({}), opponent)) {
    TANDEM_RETURN_IF_ERROR(Annotate(MakeAgent(*options.game, opponent).status(), "rating.opponent"));
  }
  std::unique_ptr<RatingBoard> board(new RatingBoard(std::move(options)));
  board->opponent_ = std::move(opponent);
  TANDEM_RETURN_IF_ERROR(board->ReadFiles());
  return board;
}

absl::Status RatingBoard::ReadFiles() {
  int skipped = 0;
  absl::MutexLock lock(&mutex_);
  TANDEM_ASSIGN_OR_RETURN(pairs_, ReadRatedPairs(options_.directory, &skipped));
  if (skipped > 0) Log().warn("{}: {} lines make no sense and are left out", RatingsPath(options_.directory).string(), skipped);
  for (RatedPair& pair : pairs_) pair.a_first = pair.b_first = {};
  TANDEM_ASSIGN_OR_RETURN(verdicts_, ReadGateVerdicts(options_.directory));
  return absl::OkStatus();
}

void RatingBoard::SetCheckpoints(const std::vector<CheckpointInfo>& checkpoints) {
  absl::MutexLock lock(&mutex_);
  if (checkpoints.empty() || (!checkpoints_.empty() && checkpoints_.back().net_id == checkpoints.back().net_id)) return;
  checkpoints_.clear();
  std::set<std::string> seen;
  for (const CheckpointInfo& info : checkpoints) {
    if (seen.insert(info.net_id).second) checkpoints_.push_back(info);
  }
  pool_ = ChoosePool(checkpoints_, options_.config.pool());
  rated_.reset();
  ChooseCandidate();
}

std::string RatingBoard::Champion() const {
  if (checkpoints_.empty()) return "";
  if (!options_.config.gate()) return checkpoints_.back().net_id;
  for (auto verdict = verdicts_.rbegin(); verdict != verdicts_.rend(); ++verdict) {
    const auto is_it = [&](const CheckpointInfo& info) { return info.net_id == verdict->net_id; };
    if (verdict->passed && std::any_of(checkpoints_.begin(), checkpoints_.end(), is_it)) return verdict->net_id;
  }
  return checkpoints_.front().net_id;
}

std::string RatingBoard::PlayingNetwork() const {
  absl::MutexLock lock(&mutex_);
  return Champion();
}

// Whoever has begun stays until the verdict; else the newest that was not judged and is later than the champion.
void RatingBoard::ChooseCandidate() {
  if (!options_.config.gate() || checkpoints_.empty() || !candidate_.empty()) return;
  const std::string champion = Champion();
  const auto judged = [&](const std::string& net_id) {
    return std::any_of(verdicts_.begin(), verdicts_.end(), [&](const GateVerdict& verdict) { return verdict.net_id == net_id; });
  };
  const auto later = std::find_if(checkpoints_.begin(), checkpoints_.end(), [&](const auto& info) { return info.net_id == champion; });
  for (auto pair = pairs_.rbegin(); pair != pairs_.rend(); ++pair) {  // begun before a restart
    const auto of_pair = [&](const CheckpointInfo& info) { return info.net_id == pair->net_a; };
    if (!pair->gate || pair->net_b != champion || judged(pair->net_a)) continue;
    if (std::none_of(later, checkpoints_.end(), of_pair)) continue;
    candidate_ = pair->net_a;
    return;
  }
  const std::string& newest = checkpoints_.back().net_id;
  if (newest != champion && !judged(newest)) candidate_ = newest;
}

bool RatingBoard::IsDue(std::int64_t selfplay_games) const {
  const double share = options_.config.share();
  if (share <= 0 || pool_.empty() || pool_.size() + (opponent_.empty() ? 0 : 1) < 2) return false;
  const std::int64_t jobs = session_pairs_ + static_cast<std::int64_t>(leases_.size()) + 1;
  return 2 * static_cast<double>(jobs) <= share / (1 - share) * static_cast<double>(selfplay_games);
}

bool RatingBoard::Wanted(std::int64_t selfplay_games) const {
  absl::MutexLock lock(&mutex_);
  return IsDue(selfplay_games);
}

void RatingBoard::ForgetOld() {
  const absl::Time now = options_.clock->Now();
  std::erase_if(leases_, [now](const auto& lease) { return lease.second.until <= now; });
}

std::optional<std::pair<std::string, std::string>> RatingBoard::ChoosePair(bool with_opponent) {
  if (!candidate_.empty()) return std::pair(candidate_, Champion());
  if (!rated_.has_value()) {
    auto rated = RatePool(pool_, pairs_, opponent_);
    if (!rated.ok()) {
      Log().error("ratings: {}", std::string(rated.status().message()));
      return std::nullopt;
    }
    rated_ = *std::move(rated);
  }
  if (!rated_->fit.has_value()) return std::nullopt;
  std::map<std::pair<std::string, std::string>, int> in_play;
  for (const auto& [id, lease] : leases_) ++in_play[std::minmax(lease.job.net_a(), RivalOf(lease.job))];
  std::optional<std::pair<std::string, std::string>> best;
  double best_gain = -1;
  const int size = static_cast<int>(pool_.size());
  const auto name = [&](int player) { return player == size ? opponent_ : pool_[static_cast<std::size_t>(player)].net_id; };
  for (int a = with_opponent ? size : size - 1; a > 0; --a) {
    for (int b = a - 1; b >= 0; --b) {
      const Estimate difference = rated_->fit->Difference(a, b);
      const double deviation = difference.HalfWidth().value_or(800) / 1.96;
      const std::pair<std::string, std::string> ids = std::minmax(name(a), name(b));
      const auto played = in_play.find(ids);
      const double gain = ExpectedGain(difference.value.value_or(0), deviation) / (1 + (played == in_play.end() ? 0 : played->second));
      if (gain <= best_gain) continue;
      best_gain = gain;
      best = a == size ? std::pair(name(b), name(a)) : std::pair(name(a), name(b));
    }
  }
  return best;
}

RatingJob RatingBoard::NextJob(std::uint64_t worker, const std::string& token_id, std::int64_t selfplay_games,
                               const std::set<std::string>& opponents) {
  absl::MutexLock lock(&mutex_);
  ForgetOld();
  const bool with_opponent = !opponent_.empty() && IsOffered(opponents, opponent_);
  for (auto lease = leases_.begin(); lease != leases_.end(); ++lease) {
    if (lease->second.worker != worker) continue;
    if (with_opponent || !lease->second.job.has_opponent()) return lease->second.job;
    leases_.erase(lease);  // it failed to play against that opponent
    break;
  }
  if (!IsDue(selfplay_games)) return {};
  const auto pair = ChoosePair(with_opponent);
  if (!pair.has_value()) return {};
  Lease lease;
  lease.gate = !candidate_.empty();
  lease.worker = worker;
  lease.token_id = token_id;
  lease.until = options_.clock->Now() + options_.lease;
  lease.job.set_net_a(pair->first);
  if (pair->second == opponent_) {
    lease.job.set_opponent(opponent_);
  } else {
    lease.job.set_net_b(pair->second);
  }
  const std::vector<Opening> openings = ChooseOpenings(*options_.game, kOpenings, rng_());
  if (!openings.empty()) {
    for (const Action move : openings[rng_.Below(static_cast<std::uint32_t>(openings.size()))].moves) {
      lease.job.add_opening(static_cast<std::uint32_t>(move));
    }
  }
  lease.job.set_simulations(options_.config.simulations());
  lease.job.set_seed(rng_());
  std::uint64_t id = 0;
  do {
    id = rng_() >> 1;
  } while (id == 0 || leases_.count(id) > 0);
  lease.job.set_id(id);
  return leases_.emplace(id, std::move(lease)).first->second.job;
}

absl::StatusOr<int> RatingBoard::HalfPoints(const Lease& lease, const PutRating& put) const {
  TANDEM_ASSIGN_OR_RETURN(const int first, Replay(*options_.game, lease.job, put.a_first(), "a_first"));
  TANDEM_ASSIGN_OR_RETURN(const int second, Replay(*options_.game, lease.job, put.b_first(), "b_first"));
  return first + 2 - second;
}

absl::Status RatingBoard::Record(const std::string& token_id, const PutRating& put) {
  absl::MutexLock lock(&mutex_);
  ForgetOld();
  const auto lease = leases_.find(put.id());
  if (lease == leases_.end() || lease->second.token_id != token_id) {
    return absl::NotFoundError("that rating job is not open any more");
  }
  const auto half_points = HalfPoints(lease->second, put);
  if (!half_points.ok()) {
    leases_.erase(lease);
    return half_points.status();
  }
  RatedPair pair{lease->second.job.net_a(), RivalOf(lease->second.job), *half_points, lease->second.gate, token_id,
                 MovesOf(put.a_first()),    MovesOf(put.b_first())};
  TANDEM_RETURN_IF_ERROR(AppendRatedPair(options_.directory, pair));
  leases_.erase(lease);
  pair.a_first = pair.b_first = {};
  pairs_.push_back(std::move(pair));
  ++session_pairs_;
  rated_.reset();
  return Judge();
}

Pentanomial RatingBoard::GatePairs() const {
  const std::string champion = Champion();
  Pentanomial counts{};
  for (const RatedPair& pair : pairs_) {
    if (pair.gate && pair.net_a == candidate_ && pair.net_b == champion) ++counts[static_cast<std::size_t>(pair.result)];
  }
  return counts;
}

absl::Status RatingBoard::Judge() {
  if (candidate_.empty()) return absl::OkStatus();
  GateVerdict verdict;
  verdict.net_id = candidate_;
  verdict.against = Champion();
  verdict.pairs = GatePairs();
  const SprtState test = EvaluateSprt(verdict.pairs, GateHypotheses(options_.config));
  std::int64_t played = 0;
  for (const std::int64_t count : verdict.pairs) played += count;
  if (test.verdict == SprtVerdict::kContinue && played < options_.config.gate_pairs()) return absl::OkStatus();
  verdict.llr = test.llr;
  verdict.passed = test.verdict == SprtVerdict::kContinue ? test.llr > 0 : test.verdict == SprtVerdict::kAcceptH1;
  TANDEM_RETURN_IF_ERROR(AppendGateVerdict(options_.directory, verdict));
  Log().info("gate: network {} {} against {} after {} pairs, llr {:.2f}", verdict.net_id, verdict.passed ? "passed" : "was turned down",
             verdict.against, played, verdict.llr);
  verdicts_.push_back(std::move(verdict));
  candidate_.clear();
  ChooseCandidate();
  return absl::OkStatus();
}

std::int64_t RatingBoard::num_pairs() const {
  absl::MutexLock lock(&mutex_);
  return static_cast<std::int64_t>(pairs_.size());
}

std::vector<GateVerdict> RatingBoard::verdicts() const {
  absl::MutexLock lock(&mutex_);
  return verdicts_;
}

absl::StatusOr<RatedPool> RatingBoard::Rate() const {
  absl::MutexLock lock(&mutex_);
  return RatePool(pool_, pairs_, opponent_);
}

}  // namespace tandem
