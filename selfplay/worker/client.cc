#include "selfplay/worker/client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <random>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "engine/base/build_info.h"
#include "engine/base/clock.h"
#include "engine/base/config.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "engine/base/thread.h"
#include "engine/game/registry.h"
#include "selfplay/wire/backoff.h"
#include "selfplay/wire/frame.h"
#include "selfplay/wire/stream.h"
#include "selfplay/worker/canary.h"
#include "selfplay/worker/network_cache.h"

namespace tandem {
namespace {

using tcp = asio::ip::tcp;
constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

constexpr absl::Duration kConnectTime = absl::Seconds(20);
constexpr absl::Duration kFetchPoll = absl::Milliseconds(500);  // while another worker of this host fetches the network
constexpr absl::Duration kNoNetworkPoll = absl::Seconds(1);     // while the coordinator has none yet
constexpr std::int64_t kFewNumbers = 1 << 16;                   // ask for more in time: a day of self-play

class AsioClient : public Client {
 public:
  AsioClient(const WorkerOptions& options, WorkerState* state, Spool* spool, const PlayCounters* play)
      : options_(options),
        state_(state),
        spool_(spool),
        play_(play),
        cache_(options.cache),
        wake_(io_),
        // The only randomness of the program that a seed must not decide: two workers must not wait equally long.
        backoff_(options.first_retry, options.longest_retry, Rng(std::random_device()())) {
    asio::co_spawn(io_, Work(), asio::detached);
    spool_->SetListener([this] { Wake(); });
    thread_ = std::jthread([this] {
      SetThreadName("client");
      try {
        io_.run();
      } catch (const std::exception& error) {
        state_->Fail(absl::InternalError(absl::StrCat("client: ", error.what())));
      }
      state_->SetClientDone();
    });
  }
  ~AsioClient() override {
    spool_->SetListener(nullptr);
    io_.stop();
    thread_.join();
  }

  void Wake() override {
    asio::post(io_, [this] {
      woken_ = true;
      wake_.cancel();
    });
  }
  const ClientCounters& counters() const override { return counters_; }

 private:
  Awaitable<void> Work();
  Awaitable<absl::Status> Session();
  // While there has been no connection yet: the assignment and network that the last worker on this spool left.
  void PlayFromStock();
  absl::Status TakeKeptJob(const KeptAssignment& kept);
  Awaitable<absl::StatusOr<std::unique_ptr<FrameStream>>> Connect();
  Awaitable<absl::Status> Introduce(FrameStream& stream);
  Awaitable<absl::Status> DoWhatIsDue(FrameStream& stream);
  Awaitable<absl::Status> TakeAssignment(FrameStream& stream);
  Awaitable<absl::Status> TakeNetwork(FrameStream& stream);
  // Brings a network into the cache; OK and not there: another process is at it.
  Awaitable<absl::Status> Fetch(FrameStream& stream, const std::string& net_id);
  Awaitable<absl::Status> UseNetwork(FrameStream& stream);
  // Arguments of coroutines are references to named variables: g++ 12 moves temporaries of a co_await expression as if they were plain bytes.
  Awaitable<absl::Status> Deliver(FrameStream& stream, const std::string& chunk_id);
  Awaitable<absl::Status> SayAlive(FrameStream& stream);
  Awaitable<absl::Status> TakeRatingJob(FrameStream& stream);
  Awaitable<absl::Status> DeliverRating(FrameStream& stream, const PutRating& result);
  // The answer to `request`, which must be of kind `expected`; a Refusal becomes an error.
  Awaitable<absl::StatusOr<WireMessage>> Ask(FrameStream& stream, const WireMessage& request, WireMessage::BodyCase expected);
  Awaitable<void> Wait(absl::Duration duration);

  absl::Status Refused(const Refusal& refusal);
  // An error after which no attempt makes sense.
  absl::Status Fatal(const absl::Status& status) {
    state_->Fail(status);
    return status;
  }
  void Hear(const News& news);
  bool NewNetworkIsOut() const {
    const bool in_use = news_net_id_ == state_->net_id() && !network_unchecked_;
    return !news_net_id_.empty() && !in_use && news_net_id_ != state_->refused_net_id();
  }
  bool Finished() const { return state_->players_done() && spool_->OldestId().empty(); }

  const WorkerOptions options_;
  WorkerState* const state_;
  Spool* const spool_;
  const PlayCounters* const play_;
  const NetworkCache cache_;
  ClientCounters counters_;

  asio::io_context io_{1};
  asio::steady_timer wake_;
  bool woken_ = false;
  Backoff backoff_;
  absl::Duration asked_to_wait_;  // by the coordinator's last refusal
  bool was_connected_ = false;    // ever

  // Of the connection; before the first one, of the stock.
  std::string run_id_;
  std::string numbering_;
  std::string config_hash_;
  const Game* game_ = nullptr;
  bool has_assignment_ = false;
  std::uint32_t version_ = 0;
  std::string news_net_id_;
  bool network_unchecked_ = false;  // of the stock: this process has not been asked its canaries yet
  bool rating_wanted_ = false;
  std::optional<RatingJob> rating_job_;  // taken, its networks not all here yet
  absl::Duration heartbeat_;
  absl::Time next_heartbeat_;
  std::uint64_t max_chunk_bytes_ = 0;
  std::int64_t games_at_last_beat_ = 0, positions_at_last_beat_ = 0, evaluations_at_last_beat_ = 0;
  absl::Time last_beat_;

  std::jthread thread_;
};

// Until fatal, or drained; a worker that was told to stop ends the waiting by its drain time.
Awaitable<void> AsioClient::Work() {
  for (;;) {
    asked_to_wait_ = absl::ZeroDuration();
    const absl::Status status = co_await Session();
    if (status.ok() || !state_->failure().ok()) co_return;
    if (Finished()) co_return;  // nothing is left that a connection would be good for
    if (!was_connected_) PlayFromStock();
    const absl::Duration wait = std::max(backoff_.Next(), asked_to_wait_);
    Log().warn("{}; {} chunks wait in the spool; trying again in {}", std::string(status.message()), spool_->num_chunks(),
               absl::FormatDuration(absl::Trunc(wait, absl::Milliseconds(100))));
    const absl::Time until = Clock::Real().Now() + wait;
    while (Clock::Real().Now() < until && !Finished()) co_await Wait(until - Clock::Real().Now());
  }
}

absl::Status AsioClient::TakeKeptJob(const KeptAssignment& kept) {
  Job job;
  job.kept = kept;
  TANDEM_ASSIGN_OR_RETURN(job.game, FindGame(kept.game));
  TANDEM_RETURN_IF_ERROR(ParseConfigText(kept.config_text, "the assignment kept in the spool", job.config));
  game_ = job.game;
  run_id_ = kept.run_id;
  numbering_ = kept.numbering;
  config_hash_ = kept.config_hash;
  has_assignment_ = true;
  state_->SetJob(std::move(job), 0, 0);
  return absl::OkStatus();
}

void AsioClient::PlayFromStock() {
  const std::optional<KeptAssignment> kept = state_->kept();
  const std::string net_id = state_->kept_net_id();
  if (has_assignment_ || !kept.has_value() || state_->numbers_left() == 0 || !cache_.Has(net_id) || state_->draining()) return;
  if (!options_.game.empty() && options_.game != kept->game) return;
  absl::Status ready = TakeKeptJob(*kept);
  auto network = ready.ok() ? options_.load_network(*game_, cache_.Path(net_id)) : ready;
  if (!network.ok()) {
    Log().warn("not playing before there is a coordinator: {}", std::string(network.status().message()));
    return;
  }
  state_->SetNetwork(*std::move(network));
  network_unchecked_ = true;
  Log().info("playing on for run {} with network {} and {} numbers that were left in the spool", run_id_, net_id, state_->numbers_left());
}

// Ends early when woken.
Awaitable<void> AsioClient::Wait(absl::Duration duration) {
  if (!std::exchange(woken_, false)) {
    wake_.expires_after(ToChrono(std::max(duration, absl::ZeroDuration())));
    co_await wake_.async_wait(kAsTuple);
    woken_ = false;
  }
}

Awaitable<absl::Status> AsioClient::Session() {
  absl::StatusOr<std::unique_ptr<FrameStream>> stream = co_await Connect();
  if (!stream.ok()) co_return stream.status();
  absl::Status status = co_await Introduce(**stream);
  if (!status.ok()) co_return status;
  was_connected_ = true;
  ++counters_.connections;
  counters_.connected = true;
  const absl::Cleanup gone = [this] { counters_.connected = false; };
  backoff_.Reset();
  Log().info("connected to {}: run {}, game {}", (*stream)->peer(), run_id_, game_->facts().spec);
  while (status.ok() && !Finished()) status = co_await DoWhatIsDue(**stream);
  if (status.ok()) {
    WireMessage bye;
    bye.mutable_bye()->set_reason("done");
    co_await Ask(**stream, bye, WireMessage::kBye);
    co_await (*stream)->Finish(options_.network_time);
  }
  co_return status;
}

Awaitable<absl::StatusOr<std::unique_ptr<FrameStream>>> AsioClient::Connect() {
  const std::string where = absl::StrCat(options_.host, ":", options_.port);
  const std::string port = std::to_string(options_.port);
  tcp::resolver resolver(io_);
  auto [resolve_error, found] = co_await resolver.async_resolve(options_.host, port, kAsTuple);
  if (resolve_error) {
    const absl::Status status = absl::NotFoundError(absl::StrCat("the host of ", where, " can not be resolved: ", resolve_error.message()));
    // A name that does not exist is a slip of the pen, unless it existed a while ago.
    const bool unknown = resolve_error == asio::error::host_not_found || resolve_error == asio::error::no_data;
    co_return unknown && !was_connected_ ? Fatal(status) : absl::UnavailableError(status.message());
  }
  tcp::socket socket(io_);
  auto timer = std::make_shared<asio::steady_timer>(io_, ToChrono(kConnectTime));
  timer->async_wait([&socket, timer](const boost::system::error_code& error) {
    boost::system::error_code ignored;
    if (!error) socket.close(ignored);
  });
  auto [error, endpoint] = co_await asio::async_connect(socket, found, kAsTuple);
  const bool in_time = timer->cancel() > 0;
  if (error || !in_time) {
    co_return absl::UnavailableError(absl::StrCat("no coordinator at ", where, ": ", in_time ? error.message() : "no answer"));
  }
  if (options_.tls == nullptr && !endpoint.address().is_loopback()) {
    co_return Fatal(BadInput("--plaintext to ", where, ": without encryption only loopback addresses (127.0.0.1, ::1) are allowed; use --fingerprint"));
  }
  auto stream = std::make_unique<FrameStream>(std::move(socket), options_.tls);
  absl::Status secured = co_await stream->Handshake(StreamRole::kClient, kConnectTime);
  if (absl::IsUnauthenticated(secured)) {
    constexpr absl::string_view kAdvice = "; compare --fingerprint with the one that `tandem serve` prints, or --ca with who signed its certificate";
    co_return Fatal(absl::UnauthenticatedError(absl::StrCat(secured.message(), kAdvice)));
  }
  if (!secured.ok()) co_return secured;
  co_return stream;
}

absl::Status AsioClient::Refused(const Refusal& refusal) {
  // Another program's text goes to a terminal: one printable line.
  std::string text;
  for (const char c : refusal.text().substr(0, 500)) text += c >= ' ' && c < 0x7f ? c : '?';
  const std::string message = absl::StrCat("the coordinator refuses: ", text);
  if (!refusal.has_retry_after_seconds()) return Fatal(absl::PermissionDeniedError(message));
  asked_to_wait_ = absl::Seconds(std::min(std::max(refusal.retry_after_seconds(), 0.0), 3600.0));
  return absl::UnavailableError(message);
}

Awaitable<absl::StatusOr<WireMessage>> AsioClient::Ask(FrameStream& stream, const WireMessage& request, WireMessage::BodyCase expected) {
  const std::size_t sent_before = stream.bytes_written(), received_before = stream.bytes_read();
  absl::Status written = co_await stream.Write(request, options_.network_time);
  // A coordinator that refuses may have closed before it read everything; what it said is still there to be read.
  absl::StatusOr<WireMessage> reply = co_await stream.Read(2 * kMaxControlBytes, options_.network_time, options_.network_time);
  counters_.sent_bytes += static_cast<std::int64_t>(stream.bytes_written() - sent_before);
  counters_.received_bytes += static_cast<std::int64_t>(stream.bytes_read() - received_before);
  if (!reply.ok()) co_return written.ok() ? reply.status() : written;
  if (reply->has_refusal()) co_return Refused(reply->refusal());
  if (reply->body_case() != expected) {
    stream.Close();
    co_return Corrupt("the coordinator answered ", MessageName(request), " with ", MessageName(*reply));
  }
  co_return reply;
}

void AsioClient::Hear(const News& news) {
  if (news.has_net_id() && IsContentId(news.net_id())) news_net_id_ = news.net_id();
  if (news.pause() != state_->paused()) Log().info(news.pause() ? "paused: the learner is behind" : "playing on");
  state_->SetPaused(news.pause());
  rating_wanted_ = version_ >= 2 && news.rating();
}

Awaitable<absl::Status> AsioClient::Introduce(FrameStream& stream) {
  WireMessage message;
  Hello& hello = *message.mutable_hello();
  hello.set_min_version(kMinWireVersion);
  hello.set_max_version(kMaxWireVersion);
  hello.set_token(options_.token);
  hello.set_name(options_.name);
  hello.set_build(BuildId());
  hello.set_threads(options_.threads);
  if (!options_.game.empty()) hello.set_game(options_.game);
  if (const std::string run_id = spool_->run_id(); !run_id.empty()) hello.set_run_id(run_id);
  const absl::StatusOr<WireMessage> reply = co_await Ask(stream, message, WireMessage::kWelcome);
  if (!reply.ok()) co_return reply.status();
  const Welcome& welcome = reply->welcome();
  if (welcome.version() < kMinWireVersion || welcome.version() > kMaxWireVersion) {
    co_return Fatal(absl::FailedPreconditionError(absl::StrCat("the coordinator chose protocol version ", welcome.version(), ", expected ",
                                                               kMinWireVersion, " to ", kMaxWireVersion)));
  }
  const auto game = FindGame(welcome.game());
  if (!game.ok()) co_return Fatal(Annotate(game.status(), "the coordinator's game is not in this program"));
  absl::Status claimed = spool_->Claim(welcome.run_id(), welcome.game(), welcome.numbering());
  if (absl::IsFailedPrecondition(claimed)) co_return Fatal(claimed);
  if (!claimed.ok()) co_return claimed;
  const std::optional<KeptAssignment> kept = state_->kept();
  const auto is_of_here = [&welcome](const std::string& run_id, const std::string& numbering) {
    return run_id == welcome.run_id() && numbering == welcome.numbering();
  };
  if (!was_connected_ && !has_assignment_ && kept.has_value() && is_of_here(kept->run_id, kept->numbering) &&
      kept->config_hash == welcome.config_hash()) {
    const absl::Status taken = TakeKeptJob(*kept);
    if (!taken.ok()) Log().warn("{}; a new assignment is asked for", std::string(taken.message()));
  }
  // Numbers of a run are good for that run only.
  if (!is_of_here(run_id_, numbering_)) has_assignment_ = false;
  run_id_ = welcome.run_id();
  numbering_ = welcome.numbering();
  game_ = *game;
  heartbeat_ = absl::Seconds(std::clamp(welcome.heartbeat_seconds(), 0.01, 600.0));
  next_heartbeat_ = Clock::Real().Now();
  max_chunk_bytes_ = welcome.max_chunk_bytes();
  version_ = welcome.version();
  rating_job_.reset();  // asked for again: the coordinator may be another one
  Hear(welcome.news());
  // The configuration may be another than before the connection broke.
  has_assignment_ = has_assignment_ && welcome.config_hash() == config_hash_;
  config_hash_ = welcome.config_hash();
  co_return absl::OkStatus();
}

Awaitable<absl::Status> AsioClient::DoWhatIsDue(FrameStream& stream) {
  const bool playing = !state_->draining();
  if (playing && (!has_assignment_ || state_->numbers_left() < kFewNumbers)) co_return co_await TakeAssignment(stream);
  if (playing && NewNetworkIsOut()) co_return co_await TakeNetwork(stream);
  if (Clock::Real().Now() >= next_heartbeat_) co_return co_await SayAlive(stream);
  // Rating games are few; chunks may come without a pause, and would leave no time for them.
  const std::optional<PutRating> rated = state_->TakeRatingResult();
  if (rated.has_value()) co_return co_await DeliverRating(stream, *rated);
  // Not before it plays: its own network comes first.
  const bool may_rate = playing && state_->RatingIdle() && !state_->net_id().empty();
  if (may_rate && (rating_wanted_ || rating_job_.has_value())) co_return co_await TakeRatingJob(stream);
  const std::string chunk_id = spool_->OldestId();
  if (!chunk_id.empty()) co_return co_await Deliver(stream, chunk_id);
  const bool no_network = state_->net_id().empty();
  co_await Wait(std::min(next_heartbeat_ - Clock::Real().Now(), no_network ? kNoNetworkPoll : absl::InfiniteDuration()));
  if (no_network) next_heartbeat_ = std::min(next_heartbeat_, Clock::Real().Now());  // ask whether there is one now
  co_return absl::OkStatus();
}

Awaitable<absl::Status> AsioClient::TakeAssignment(FrameStream& stream) {
  WireMessage request;
  request.mutable_get_assignment();
  const absl::StatusOr<WireMessage> reply = co_await Ask(stream, request, WireMessage::kAssignment);
  if (!reply.ok()) co_return reply.status();
  const Assignment& assignment = reply->assignment();
  Job job;
  job.kept = {run_id_, numbering_, game_->facts().spec, config_hash_, assignment.config()};
  job.game = game_;
  // A newer coordinator may know options that this program does not: playing without them would be another experiment.
  absl::Status parsed = ParseConfigText(assignment.config(), "the coordinator's configuration", job.config);
  if (!parsed.ok()) co_return Fatal(Annotate(parsed, "this program can not play what the coordinator asks for; update it"));
  constexpr std::uint64_t kMost = std::uint64_t{1} << 62;
  if (assignment.count() == 0 || assignment.count() > kMost || assignment.first_number() > kMost) {
    co_return Corrupt("the coordinator gave ", assignment.count(), " numbers from ", assignment.first_number());
  }
  has_assignment_ = true;
  state_->SetJob(std::move(job), static_cast<std::int64_t>(assignment.first_number()), static_cast<std::int64_t>(assignment.count()));
  co_return absl::OkStatus();
}

Awaitable<absl::Status> AsioClient::TakeNetwork(FrameStream& stream) {
  if (!cache_.Has(news_net_id_)) {
    const std::string net_id = news_net_id_;
    absl::Status fetched = co_await Fetch(stream, net_id);
    if (!fetched.ok()) co_return fetched;
    // Not there: another process is at it, and this one went on living meanwhile.
    if (!cache_.Has(news_net_id_)) co_return absl::OkStatus();
  }
  co_return co_await UseNetwork(stream);
}

Awaitable<absl::Status> AsioClient::Fetch(FrameStream& stream, const std::string& net_id) {
  auto fetch = cache_.Begin(net_id);
  if (!fetch.ok()) co_return absl::IsPermissionDenied(fetch.status()) ? Fatal(fetch.status()) : fetch.status();
  if (*fetch == nullptr) {
    co_await Wait(kFetchPoll);
    if (Clock::Real().Now() >= next_heartbeat_) co_return co_await SayAlive(stream);
    co_return absl::OkStatus();
  }
  while (!(*fetch)->done()) {
    WireMessage request;
    request.mutable_get_network()->set_net_id(net_id);
    request.mutable_get_network()->set_offset((*fetch)->offset());
    const absl::StatusOr<WireMessage> reply = co_await Ask(stream, request, WireMessage::kNetworkPart);
    if (!reply.ok()) co_return reply.status();
    absl::Status added = (*fetch)->Add(reply->network_part());
    if (!added.ok()) co_return added;
  }
  co_return absl::OkStatus();
}

Awaitable<absl::Status> AsioClient::UseNetwork(FrameStream& stream) {
  const std::string net_id = news_net_id_;
  WireMessage request;
  request.mutable_get_canaries()->set_net_id(net_id);
  const absl::StatusOr<WireMessage> reply = co_await Ask(stream, request, WireMessage::kCanaries);
  if (!reply.ok()) co_return reply.status();
  auto network = options_.load_network(*game_, cache_.Path(net_id));
  if (!network.ok()) {
    cache_.Remove(net_id);
    co_return network.status();
  }
  absl::Status sound = CheckCanaries(**network, reply->canaries());
  if (absl::IsFailedPrecondition(sound)) co_return Fatal(sound);
  if (!sound.ok()) co_return sound;
  state_->SetNetwork(*std::move(network));
  network_unchecked_ = false;
  Log().info("plays with network {}", net_id);
  co_return absl::OkStatus();
}

Awaitable<absl::Status> AsioClient::Deliver(FrameStream& stream, const std::string& chunk_id) {
  auto content = spool_->Read(chunk_id);
  if (!content.ok() || content->size() > max_chunk_bytes_) {
    const std::string reason = content.ok() ? absl::StrCat("larger than the ", max_chunk_bytes_, " bytes that the coordinator takes")
                                            : std::string(content.status().message());
    spool_->Refuse(chunk_id, reason);
    ++counters_.refused_chunks;
    co_return absl::OkStatus();
  }
  WireMessage request;
  request.mutable_put_chunk()->set_chunk_id(chunk_id);
  request.mutable_put_chunk()->set_data(*std::move(content));
  const absl::StatusOr<WireMessage> reply = co_await Ask(stream, request, WireMessage::kChunkAck);
  if (!reply.ok()) co_return reply.status();
  const ChunkAck& ack = reply->chunk_ack();
  if (ack.chunk_id() != chunk_id) co_return Corrupt("the coordinator acknowledged another chunk");
  Hear(ack.news());
  switch (ack.verdict()) {
    case ChunkAck::STORED:
    case ChunkAck::ALREADY:
      Log().debug("chunk {} is acknowledged", chunk_id);
      spool_->Remove(chunk_id);
      ++counters_.delivered_chunks;
      co_return absl::OkStatus();
    case ChunkAck::REFUSED:
      spool_->Refuse(chunk_id, ack.reason());
      ++counters_.refused_chunks;
      co_return absl::OkStatus();
    default:
      asked_to_wait_ = absl::Seconds(std::clamp(ack.retry_after_seconds(), 0.0, 600.0));
      co_return absl::UnavailableError("the coordinator could not store a chunk: " + ack.reason());
  }
}

// Asks for a job, brings its networks, hands it to the players: a step a call, so that chunks and heartbeats go on between.
Awaitable<absl::Status> AsioClient::TakeRatingJob(FrameStream& stream) {
  if (!rating_job_.has_value()) {
    rating_wanted_ = false;  // until the next news
    WireMessage request;
    const std::set<std::string> offered = OfferedOpponents(options_.opponents, state_->failed_opponent());
    for (const std::string& opponent : offered) request.mutable_get_rating_job()->add_opponents(opponent);
    const absl::StatusOr<WireMessage> reply = co_await Ask(stream, request, WireMessage::kRatingJob);
    if (!reply.ok()) co_return reply.status();
    const RatingJob& job = reply->rating_job();
    if (!job.has_id()) co_return absl::OkStatus();
    const bool rival_is_fine = job.has_opponent() ? IsOffered(offered, job.opponent()) : IsContentId(job.net_b());
    if (!IsContentId(job.net_a()) || !rival_is_fine || job.simulations() < 1) {
      co_return Corrupt("the coordinator's rating job makes no sense");
    }
    rating_job_ = job;
  }
  for (const std::string& net_id : {rating_job_->net_a(), rating_job_->net_b()}) {
    if (!net_id.empty() && !cache_.Has(net_id)) co_return co_await Fetch(stream, net_id);
  }
  const std::optional<Job> playing = state_->ReadyJob();
  if (!playing.has_value()) co_return absl::OkStatus();
  RatingWork work;
  work.job = *std::exchange(rating_job_, std::nullopt);
  work.game = game_;
  work.search = playing->config.search();
  for (const bool a : {true, false}) {
    if (!a && work.job.has_opponent()) break;
    auto network = options_.load_network(*game_, cache_.Path(a ? work.job.net_a() : work.job.net_b()));
    if (!network.ok()) {
      cache_.Remove(a ? work.job.net_a() : work.job.net_b());
      co_return network.status();
    }
    (a ? work.net_a : work.net_b) = *std::move(network);
  }
  state_->SetRatingWork(std::move(work));
  co_return absl::OkStatus();
}

Awaitable<absl::Status> AsioClient::DeliverRating(FrameStream& stream, const PutRating& result) {
  if (version_ < 2) {  // this coordinator knows nothing of it
    state_->FinishRating();
    co_return absl::OkStatus();
  }
  WireMessage request;
  *request.mutable_put_rating() = result;
  const absl::StatusOr<WireMessage> reply = co_await Ask(stream, request, WireMessage::kRatingAck);
  if (!reply.ok()) {
    state_->SetRatingResult(result);
    co_return reply.status();
  }
  const RatingAck& ack = reply->rating_ack();
  if (!ack.counted()) Log().warn("a rating game does not count: {}", ack.reason());
  state_->FinishRating();
  Hear(ack.news());
  co_return absl::OkStatus();
}

Awaitable<absl::Status> AsioClient::SayAlive(FrameStream& stream) {
  WireMessage request;
  Heartbeat& beat = *request.mutable_heartbeat();
  const std::int64_t games = play_->games;
  const absl::Time now = Clock::Real().Now();
  const double seconds = absl::ToDoubleSeconds(now - last_beat_);
  const auto rate = [seconds](std::int64_t count, std::int64_t& before) {
    const double made = static_cast<double>(count - std::exchange(before, count));
    return seconds > 0 ? made / seconds : 0;
  };
  beat.set_games(static_cast<std::uint64_t>(games));
  beat.set_games_per_second(rate(games, games_at_last_beat_));
  beat.set_positions_per_second(rate(play_->positions, positions_at_last_beat_));
  beat.set_evaluations_per_second(rate(play_->evaluations, evaluations_at_last_beat_));
  beat.set_spooled_chunks(static_cast<std::uint64_t>(spool_->num_chunks()));
  beat.set_spooled_bytes(spool_->bytes());
  beat.set_net_id(state_->net_id());
  beat.set_paused(state_->paused());
  last_beat_ = now;
  const absl::StatusOr<WireMessage> reply = co_await Ask(stream, request, WireMessage::kNews);
  if (!reply.ok()) co_return reply.status();
  next_heartbeat_ = Clock::Real().Now() + heartbeat_;
  Hear(reply->news());
  co_return absl::OkStatus();
}

}  // namespace

std::unique_ptr<Client> Client::Make(const WorkerOptions& options, WorkerState* state, Spool* spool, const PlayCounters* play) {
  return std::make_unique<AsioClient>(options, state, spool, play);
}

}  // namespace tandem
