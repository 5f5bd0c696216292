#include "training/coordinator/coordinator.h"

#include <algorithm>
#include <iterator>
#include <random>
#include <utility>

#include "absl/strings/ascii.h"
#include "engine/base/build_info.h"
#include "engine/base/config.h"
#include "engine/base/file.h"
#include "engine/base/json.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "selfplay/wire/frame.h"
#include "training/coordinator/upload.h"
#include "training/store/run_index.h"

namespace tandem {
namespace {

constexpr std::size_t kMaxTextLength = 64;  // of what a worker says of itself
constexpr std::size_t kRemembered = 200;    // sessions in the table, those that ended included
constexpr absl::Duration kBusyRetry = absl::Seconds(30);
constexpr absl::Duration kDiskRetry = absl::Seconds(10);

// What may stand in logs and tables.
std::string Printable(const std::string& text) {
  std::string clean;
  for (const char c : text.substr(0, kMaxTextLength)) clean += absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?';
  return clean;
}

// For anything that is not the worker's fault.
WireMessage Trouble(const absl::Status& status) {
  return Coordinator::MakeRefusal(Refusal::BUSY, "the coordinator has a problem: " + std::string(status.message()), kBusyRetry);
}

}  // namespace

WireMessage Coordinator::MakeRefusal(Refusal::Code code, const std::string& text, absl::Duration retry_after) {
  WireMessage message;
  message.mutable_refusal()->set_code(code);
  message.mutable_refusal()->set_text(text);
  if (retry_after != absl::InfiniteDuration()) message.mutable_refusal()->set_retry_after_seconds(absl::ToDoubleSeconds(retry_after));
  return message;
}

Coordinator::Coordinator(CoordinatorOptions options)
    : options_(std::move(options)),
      limiter_(options_.config.replay()),
      tokens_(options_.directory.serve(), options_.clock),
      networks_(options_.directory),
      checks_(std::max(options_.limits.checks_at_once, 1)) {}

absl::StatusOr<std::unique_ptr<Coordinator>> Coordinator::Open(CoordinatorOptions options) {
  std::unique_ptr<Coordinator> coordinator(new Coordinator(std::move(options)));
  TANDEM_RETURN_IF_ERROR(coordinator->tokens_.List().status());
  const CoordinatorOptions& used = coordinator->options_;
  TANDEM_ASSIGN_OR_RETURN(coordinator->chunks_, ChunkStore::Open(used.directory.chunks()));
  const ChunkStore::Stock& stock = coordinator->chunks_->stock();
  TANDEM_ASSIGN_OR_RETURN(NumberLedger ledger, NumberLedger::Open(used.directory.serve() / "numbers.json", stock.next_number));
  RatingBoardOptions board{.directory = used.directory, .config = used.config.rating(), .game = used.game, .clock = used.clock};
  board.seed = std::random_device()();  // numbers of open jobs must not come again after a restart
  TANDEM_ASSIGN_OR_RETURN(coordinator->ratings_, RatingBoard::Open(std::move(board)));
  absl::MutexLock lock(&coordinator->mutex_);
  coordinator->ledger_ = std::make_unique<NumberLedger>(std::move(ledger));
  coordinator->counters_.run_games = stock.games;
  coordinator->counters_.run_rows = stock.rows;
  coordinator->announcements_ = {used.limits.network_burst_bytes, used.clock->Now()};
  return coordinator;
}

Coordinator::Admission Coordinator::Admit(const Hello& hello, const std::string& peer) {
  const auto refuse = [&](WireMessage refusal) {
    Log().warn("{} ({}) is refused: {}", peer, Printable(hello.name()), refusal.refusal().text());
    absl::MutexLock lock(&mutex_);
    ++counters_.refused_sessions;
    return Admission{std::move(refusal), 0};
  };
  const auto version = AgreeOnVersion(hello.min_version(), hello.max_version());
  if (!version.ok()) return refuse(MakeRefusal(Refusal::VERSION, std::string(version.status().message())));
  const auto token = tokens_.Check(hello.token());
  if (absl::IsUnauthenticated(token.status())) return refuse(MakeRefusal(Refusal::TOKEN, std::string(token.status().message())));
  if (absl::IsResourceExhausted(token.status())) {
    return refuse(MakeRefusal(Refusal::QUARANTINE, std::string(token.status().message()), options_.limits.quarantine));
  }
  if (!token.ok()) return refuse(Trouble(token.status()));
  const std::string& game = options_.game->facts().spec;
  if (hello.has_game() && hello.game() != game) {
    return refuse(MakeRefusal(Refusal::GAME, absl::StrCat("this coordinator trains ", game, ", not ", Printable(hello.game()))));
  }
  if (hello.has_run_id() && hello.run_id() != options_.run_id) {
    return refuse(MakeRefusal(Refusal::RUN, absl::StrCat("this coordinator's run is ", options_.run_id, ", the worker's games are of run ",
                                                         Printable(hello.run_id()), "; deliver them there, or name another --spool")));
  }

  WireMessage reply;
  Welcome& welcome = *reply.mutable_welcome();
  welcome.set_version(*version);
  welcome.set_run_id(options_.run_id);
  welcome.set_game(game);
  welcome.set_build(BuildId());
  welcome.set_max_chunk_bytes(options_.limits.max_chunk_bytes);
  welcome.set_heartbeat_seconds(absl::ToDoubleSeconds(options_.limits.heartbeat));
  welcome.set_config_hash(ConfigHash(options_.config));
  std::uint64_t worker = 0;
  {
    absl::MutexLock lock(&mutex_);
    welcome.set_numbering(ledger_->numbering());
    const auto of_token = std::count_if(sessions_.begin(), sessions_.end(),
                                        [&](const auto& s) { return s.second.connected && s.second.token_id == token->id; });
    if (counters_.workers < options_.limits.max_sessions && of_token < options_.limits.max_sessions_per_token) {
      worker = ++last_worker_;
      ++counters_.workers;
      WorkerSession& session = sessions_[worker];
      session.token_id = token->id;
      session.token_name = token->name;
      session.name = Printable(hello.name());
      session.peer = peer;
      session.build = Printable(hello.build());
      session.threads = hello.threads();
      session.version = *version;
      session.since = session.seen = options_.clock->Now();
      for (auto old = sessions_.begin(); sessions_.size() > kRemembered && old != sessions_.end();) {
        old = old->second.connected ? std::next(old) : sessions_.erase(old);
      }
    }
  }
  if (worker == 0) return refuse(MakeRefusal(Refusal::BUSY, "too many workers are connected", kBusyRetry));
  welcome.set_worker(worker);
  *welcome.mutable_news() = MakeNews(worker);
  return {std::move(reply), worker};
}

void Coordinator::Leave(std::uint64_t worker) {
  absl::MutexLock lock(&mutex_);
  const auto session = sessions_.find(worker);
  if (session == sessions_.end() || !session->second.connected) return;
  session->second.connected = false;
  session->second.seen = options_.clock->Now();
  --counters_.workers;
}

absl::Duration Coordinator::Throttle(std::uint64_t worker, std::size_t bytes) {
  const CoordinatorLimits& limits = options_.limits;
  absl::MutexLock lock(&mutex_);
  const auto session = sessions_.find(worker);
  if (session == sessions_.end()) return absl::ZeroDuration();
  const absl::Time now = options_.clock->Now();
  Bucket& bucket = buckets_.try_emplace(session->second.token_id, Bucket{limits.burst_bytes, now}).first->second;
  bucket.bytes = std::min(limits.burst_bytes, bucket.bytes + absl::ToDoubleSeconds(now - bucket.filled) * limits.bytes_per_second);
  bucket.filled = now;
  bucket.bytes -= static_cast<double>(bytes);
  return bucket.bytes >= 0 ? absl::ZeroDuration() : absl::Seconds(-bucket.bytes / limits.bytes_per_second);
}

WireMessage Coordinator::Answer(std::uint64_t worker, const WireMessage& request) {
  std::string token_id;
  {
    absl::MutexLock lock(&mutex_);
    const auto session = sessions_.find(worker);
    if (session == sessions_.end() || !session->second.connected) return MakeRefusal(Refusal::MALFORMED, "no such session");
    session->second.seen = options_.clock->Now();
    token_id = session->second.token_id;
    if (request.has_heartbeat()) {
      const Heartbeat& beat = request.heartbeat();
      session->second.games = static_cast<std::int64_t>(beat.games());
      session->second.games_per_second = beat.games_per_second();
      session->second.positions_per_second = beat.positions_per_second();
      session->second.evaluations_per_second = beat.evaluations_per_second();
      session->second.spooled_chunks = static_cast<std::int64_t>(beat.spooled_chunks());
      session->second.spooled_bytes = static_cast<std::int64_t>(beat.spooled_bytes());
      session->second.net_id = Printable(beat.net_id());
      session->second.paused = beat.paused();
    }
  }
  if (const absl::Status usable = tokens_.CheckStill(token_id); !usable.ok()) {
    if (absl::IsUnauthenticated(usable)) return MakeRefusal(Refusal::TOKEN, std::string(usable.message()));
    if (absl::IsResourceExhausted(usable)) return MakeRefusal(Refusal::QUARANTINE, std::string(usable.message()), options_.limits.quarantine);
    return Trouble(usable);
  }

  WireMessage reply;
  absl::Status status;
  switch (request.body_case()) {
    case WireMessage::kGetAssignment: {
      auto assignment = Assign();
      status = assignment.status();
      if (status.ok()) *reply.mutable_assignment() = *std::move(assignment);
      break;
    }
    case WireMessage::kGetNetwork: {
      auto part = networks_.Part(request.get_network().net_id(), request.get_network().offset());
      status = part.status();
      if (status.ok()) *reply.mutable_network_part() = *std::move(part);
      break;
    }
    case WireMessage::kGetCanaries: {
      auto canaries = CanariesOf(request.get_canaries().net_id());
      status = canaries.status();
      if (status.ok()) *reply.mutable_canaries() = *std::move(canaries);
      break;
    }
    case WireMessage::kPutChunk:
      return TakeChunk(worker, token_id, request.put_chunk());
    case WireMessage::kHeartbeat:
      *reply.mutable_news() = MakeNews(worker);
      break;
    case WireMessage::kGetRatingJob: {
      const auto& opponents = request.get_rating_job().opponents();
      *reply.mutable_rating_job() = ratings_->NextJob(worker, token_id, SelfplayGames(), {opponents.begin(), opponents.end()});
      break;
    }
    case WireMessage::kPutRating:
      return TakeRating(worker, token_id, request.put_rating());
    case WireMessage::kBye:
      reply.mutable_bye()->set_reason("bye");
      break;
    default:
      return MakeRefusal(Refusal::MALFORMED, "a coordinator is not sent " + MessageName(request));
  }
  if (status.ok()) return reply;
  if (absl::IsInvalidArgument(status) || absl::IsNotFound(status)) return MakeRefusal(Refusal::MALFORMED, std::string(status.message()), kBusyRetry);
  return Trouble(status);
}

absl::StatusOr<Assignment> Coordinator::Assign() {
  absl::MutexLock lock(&mutex_);
  TANDEM_ASSIGN_OR_RETURN(const std::int64_t first, ledger_->Give(options_.limits.numbers_per_assignment));
  Assignment assignment;
  assignment.set_config(ConfigText(options_.config));
  assignment.set_first_number(static_cast<std::uint64_t>(first));
  assignment.set_count(static_cast<std::uint64_t>(options_.limits.numbers_per_assignment));
  return assignment;
}

absl::StatusOr<Canaries> Coordinator::CanariesOf(const std::string& net_id) {
  if (!networks_.Has(net_id)) return absl::NotFoundError("canaries: the network is not of this run");
  absl::MutexLock lock(&canary_mutex_);
  if (const auto known = canaries_.find(net_id); known != canaries_.end()) return known->second;
  Canaries canaries;
  canaries.set_net_id(net_id);
  if (options_.canaries) {
    TANDEM_ASSIGN_OR_RETURN(const std::vector<Canary> positions, options_.canaries(net_id));
    for (const Canary& position : positions) *canaries.add_positions() = position;
  }
  canaries_[net_id] = canaries;
  return canaries;
}

std::int64_t Coordinator::SelfplayGames() const {
  absl::MutexLock lock(&mutex_);
  return counters_.games;
}

// A thousand workers that hear of a network at once would all fetch it at once. So they hear of it one after the other, at the pace at which
// it can be sent to them; meanwhile they play on with the old one.
bool Coordinator::Announce(std::uint64_t worker, const std::string& net_id) {
  const auto session = sessions_.find(worker);
  if (session == sessions_.end() || session->second.told_net_id == net_id) return true;
  const CoordinatorLimits& limits = options_.limits;
  const absl::Time now = options_.clock->Now();
  Bucket& bucket = announcements_;
  bucket.bytes = std::min(limits.network_burst_bytes, bucket.bytes + absl::ToDoubleSeconds(now - bucket.filled) * limits.network_bytes_per_second);
  bucket.filled = now;
  if (bucket.bytes < 0) return false;
  bucket.bytes -= static_cast<double>(networks_.Bytes(net_id));
  session->second.told_net_id = net_id;
  return true;
}

News Coordinator::MakeNews(std::uint64_t worker) {
  const CheckpointInfo newest = networks_.Newest();
  News news;
  if (newest.net_id.empty()) return news;
  ratings_->SetCheckpoints(networks_.All());
  const std::string playing = ratings_->PlayingNetwork();
  {
    absl::MutexLock lock(&mutex_);
    const bool told = Announce(worker, playing);
    const auto session = sessions_.find(worker);
    const std::string& net_id = told ? playing : session->second.told_net_id;
    if (!net_id.empty()) news.set_net_id(net_id);
    if (session != sessions_.end() && session->second.version >= 2) news.set_rating(ratings_->Wanted(counters_.games));
  }
  // The learner's steps are known up to its last checkpoint; it may be nearly one further.
  const std::int64_t samples = (newest.step + options_.config.learner().checkpoint_steps()) * options_.config.learner().batch_size();
  absl::MutexLock lock(&mutex_);
  news.set_pause(!limiter_.MayPlay(counters_.run_rows, samples));
  return news;
}

absl::StatusOr<std::int64_t> Coordinator::TakeNumbers(std::int64_t count) {
  absl::MutexLock lock(&mutex_);
  return ledger_->Give(count);
}

absl::StatusOr<std::string> Coordinator::Put(const ChunkHeader& header, const std::vector<GameRecord>& games) {
  const std::string bytes = SerializeChunk(header, games);
  const std::string id = ChunkId(bytes);
  TANDEM_RETURN_IF_ERROR(Store(id, bytes, games).status());
  return id;
}

WireMessage Coordinator::TakeChunk(std::uint64_t worker, const std::string& token_id, const PutChunk& put) {
  WireMessage reply;
  ChunkAck& ack = *reply.mutable_chunk_ack();
  bool suspicious = false;
  const std::int64_t stored_games = Judge(put, &ack, &suspicious);
  if (ack.verdict() == ChunkAck::REFUSED) {
    std::string peer;
    {
      absl::MutexLock lock(&mutex_);
      ++counters_.refused_chunks;
      WorkerSession& session = sessions_[worker];
      ++session.refused_chunks;
      peer = absl::StrCat(session.peer, " (", session.token_name, ")");
    }
    Log().warn("a chunk of {} is refused: {}", peer, ack.reason());
    if (suspicious) NoteBadUpload(token_id);
  } else if (ack.verdict() == ChunkAck::STORED) {
    std::string token_name;
    {
      absl::MutexLock lock(&mutex_);
      sessions_[worker].accepted_games += stored_games;
      token_name = sessions_[worker].token_name;
    }
    // Only for the statistics of tokens: the game itself is stored.
    const boost::json::object line{{"chunk", ack.chunk_id()}, {"token", token_id}, {"name", token_name}, {"games", stored_games}};
    const absl::Status noted = AppendFile(UploadsPath(options_.directory), JsonText(line) + "\n");
    if (!noted.ok()) Log().warn("who brought a chunk is not noted: {}", std::string(noted.message()));
  }
  *ack.mutable_news() = MakeNews(worker);
  return reply;
}

void Coordinator::NoteBadUpload(const std::string& token_id) {
  const auto counted = tokens_.CountBadUpload(token_id, options_.limits.bad_uploads_before_quarantine, options_.limits.quarantine);
  if (!counted.ok()) Log().error("bad uploads are not counted: {}", std::string(counted.status().message()));
  if (counted.ok() && counted->quarantined_until > options_.clock->Now()) {
    Log().error("token {} goes into quarantine", counted->name);
    absl::MutexLock lock(&mutex_);
    ++counters_.quarantines;
  }
}

WireMessage Coordinator::TakeRating(std::uint64_t worker, const std::string& token_id, const PutRating& put) {
  WireMessage reply;
  RatingAck& ack = *reply.mutable_rating_ack();
  ack.set_id(put.id());
  const absl::Status recorded = ratings_->Record(token_id, put);
  ack.set_counted(recorded.ok());
  if (recorded.ok()) {
    absl::MutexLock lock(&mutex_);
    sessions_[worker].rating_games += 2;
    counters_.rating_games += 2;
  } else {
    Log().warn("a rating game of worker {} does not count: {}", worker, std::string(recorded.message()));
    ack.set_reason(std::string(recorded.message()));
    if (absl::IsInvalidArgument(recorded)) NoteBadUpload(token_id);
  }
  *ack.mutable_news() = MakeNews(worker);
  return reply;
}

// Fills the verdict and returns the number of games stored. `suspicious`: an honest worker with a sound processor would not have sent this.
std::int64_t Coordinator::Judge(const PutChunk& put, ChunkAck* ack, bool* suspicious) {
  ack->set_chunk_id(IsContentId(put.chunk_id()) ? put.chunk_id() : "");
  const auto refuse = [&](const std::string& reason) {
    ack->set_verdict(ChunkAck::REFUSED);
    ack->set_reason(reason);
    return std::int64_t{0};
  };
  *suspicious = true;
  if (ack->chunk_id().empty()) return refuse("an ill-formed chunk id");
  if (put.data().size() > options_.limits.max_chunk_bytes) {
    return refuse(absl::StrCat("a chunk of ", put.data().size(), " bytes, at most ", options_.limits.max_chunk_bytes, " are taken"));
  }
  if (ChunkId(put.data()) != put.chunk_id()) return refuse("the chunk is not what its name says");
  *suspicious = false;
  const auto again = [&] {
    ack->set_verdict(ChunkAck::ALREADY);
    absl::MutexLock lock(&mutex_);
    ++counters_.repeated_chunks;
    return std::int64_t{0};
  };
  if (chunks_->Contains(put.chunk_id())) return again();
  const auto chunk = Check(put);
  if (!chunk.ok()) {
    *suspicious = true;
    return refuse(std::string(chunk.status().message()));
  }
  const absl::StatusOr<bool> stored = Store(put.chunk_id(), put.data(), chunk->games);
  if (absl::IsAlreadyExists(stored.status())) return refuse(std::string(stored.status().message()));
  if (stored.ok() && !*stored) return again();
  if (stored.ok()) {
    ack->set_verdict(ChunkAck::STORED);
    return static_cast<std::int64_t>(chunk->games.size());
  }
  Log().error("a chunk can not be stored: {}", std::string(stored.status().message()));
  ack->set_verdict(ChunkAck::RETRY);
  ack->set_reason(std::string(stored.status().message()));
  ack->set_retry_after_seconds(absl::ToDoubleSeconds(kDiskRetry));
  absl::MutexLock lock(&mutex_);
  ++counters_.unstored_chunks;
  return 0;
}

absl::StatusOr<Chunk> Coordinator::Check(const PutChunk& put) {
  UploadRules rules{options_.game, &options_.config, options_.run_id, 0, [this](const std::string& net_id) { return networks_.Has(net_id); }};
  {
    absl::MutexLock lock(&mutex_);
    rules.next_number = ledger_->next();
  }
  checks_.acquire();
  absl::StatusOr<Chunk> chunk = CheckUpload(rules, put.data());
  checks_.release();
  return chunk;
}

// As ChunkStore::Store, and counts.
absl::StatusOr<bool> Coordinator::Store(const std::string& chunk_id, const std::string& bytes, const std::vector<GameRecord>& games) {
  TANDEM_ASSIGN_OR_RETURN(const bool is_new, chunks_->Store(chunk_id, bytes, games));
  if (!is_new) return false;
  std::int64_t stale_steps = 0, rows = 0;
  for (const GameRecord& game : games) {
    stale_steps += StepsBehind(game.net_id());
    rows += std::count_if(game.turns().begin(), game.turns().end(), [](const Turn& turn) { return turn.full_search(); });
  }
  absl::MutexLock lock(&mutex_);
  counters_.stale_steps += stale_steps;
  const std::int64_t num_games = static_cast<std::int64_t>(games.size());
  ++counters_.chunks;
  counters_.games += num_games;
  counters_.run_games += num_games;
  counters_.run_rows += rows;
  return true;
}

CoordinatorCounters Coordinator::counters() const {
  absl::MutexLock lock(&mutex_);
  return counters_;
}

std::map<std::uint64_t, WorkerSession> Coordinator::sessions() const {
  absl::MutexLock lock(&mutex_);
  return sessions_;
}

std::int64_t Coordinator::StepsBehind(const std::string& net_id) const {
  const std::int64_t step = networks_.StepOf(net_id);
  return step < 0 ? 0 : std::max<std::int64_t>(networks_.Newest().step - step, 0);
}

std::string Coordinator::Table() const {
  boost::json::array workers;
  for (const auto& [number, session] : sessions()) {
    workers.push_back({{"worker", number},
                       {"name", session.name},
                       {"token", session.token_name},
                       {"peer", session.peer},
                       {"build", session.build},
                       {"threads", session.threads},
                       {"connected", session.connected},
                       {"since", absl::ToUnixSeconds(session.since)},
                       {"seen", absl::ToUnixSeconds(session.seen)},
                       {"net_id", session.net_id},
                       {"steps_behind", StepsBehind(session.net_id)},
                       {"paused", session.paused},
                       {"games", session.games},
                       {"games_per_second", session.games_per_second},
                       {"positions_per_second", session.positions_per_second},
                       {"evaluations_per_second", session.evaluations_per_second},
                       {"spooled_chunks", session.spooled_chunks},
                       {"spooled_bytes", session.spooled_bytes},
                       {"accepted_games", session.accepted_games},
                       {"rating_games", session.rating_games},
                       {"refused_chunks", session.refused_chunks}});
  }
  return JsonPage(workers);
}

absl::Status Coordinator::WriteTable() const { return WriteFileAtomic(options_.directory.serve() / "workers.json", Table()); }

}  // namespace tandem
