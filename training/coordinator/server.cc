#include "training/coordinator/server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <list>
#include <optional>
#include <thread>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/status.h"
#include "selfplay/wire/frame.h"
#include "selfplay/wire/listener.h"
#include "selfplay/wire/stream.h"

namespace tandem {
namespace {

using tcp = asio::ip::tcp;
constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

constexpr absl::Duration kAcceptRetry = absl::Milliseconds(100);  // after "too many open files" and the like
constexpr absl::Duration kFinishTime = absl::Seconds(5);
constexpr absl::Duration kTableEvery = absl::Seconds(2);
constexpr int kFrameOverheadBytes = 4096;  // of a chunk's frame
constexpr int kHeartbeatsAllowed = 3;

class AsioServer : public Server {
 public:
  AsioServer(const ServerOptions& options, Coordinator* coordinator)
      : options_(options),
        coordinator_(coordinator),
        acceptor_(io_),
        table_timer_(io_),
        pool_(static_cast<std::size_t>(std::max(options.pool_threads, 1))) {}

  ~AsioServer() override {
    asio::post(io_, [this] { Stop(); });
    if (thread_.joinable()) thread_.join();
    pool_.join();
  }

  absl::Status Listen();
  void Run();

  std::string address() const override { return listening_.address; }
  std::uint16_t port() const override { return listening_.port; }
  ServerCounters counters() const override {
    absl::MutexLock lock(&mutex_);
    return counters_;
  }
  const Pulse& pulse() const override { return pulse_; }

 private:
  struct Session {
    explicit Session(tcp::socket socket, asio::ssl::context* tls) : stream(std::move(socket), tls) {}
    FrameStream stream;
    std::uint64_t worker = 0;  // 0: a stranger
    bool busy = false;         // at a request
    std::size_t counted_in = 0, counted_out = 0;
  };
  using Sessions = std::list<Session>;

  Awaitable<void> Accept();
  Awaitable<void> Serve(Sessions::iterator session);
  Awaitable<absl::Status> Greet(Session& session);
  Awaitable<absl::Status> AnswerRequests(Session& session);
  Awaitable<void> KeepTable();
  void Stop();
  void MaybeEnd();
  // What a session's stream has carried since it was last asked.
  void CountBytes(Session& session);
  void Count(const std::function<void(ServerCounters&)>& change) {
    absl::MutexLock lock(&mutex_);
    change(counters_);
  }

  // Runs `work` on the pool; the coroutine waits here and goes on on its own thread. `work` is a named variable of the caller: g++ 12 moves
  // temporaries of a co_await expression as if they were plain bytes.
  template <typename Result>
  Awaitable<Result> OnPool(const std::function<Result()>& work) {
    struct Job {
      explicit Job(asio::io_context& io) : done(io, asio::steady_timer::time_point::max()) {}
      std::optional<Result> result;
      bool finished = false;  // seen on the sessions' thread
      asio::steady_timer done;
    };
    const auto job = std::make_shared<Job>(io_);
    Count([](ServerCounters& c) { ++c.waiting_requests; });
    asio::post(pool_, [this, job, &work] {
      job->result = work();
      asio::post(io_, [job] {
        job->finished = true;
        job->done.cancel();
      });
    });
    while (!job->finished) co_await job->done.async_wait(kAsTuple);
    Count([](ServerCounters& c) { --c.waiting_requests; });
    co_return *std::move(job->result);
  }

  const ServerOptions options_;
  Coordinator* const coordinator_;
  ListeningAt listening_;

  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  asio::steady_timer table_timer_;
  Sessions sessions_;
  int num_strangers_ = 0;
  Pulse pulse_;
  mutable absl::Mutex mutex_;
  ServerCounters counters_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ = false;
  std::shared_ptr<asio::steady_timer> stop_timer_;
  asio::thread_pool pool_;
  std::jthread thread_;
};

absl::Status AsioServer::Listen() {
  TANDEM_ASSIGN_OR_RETURN(listening_, tandem::Listen(acceptor_, {options_.host, options_.port}, "--listen",
                                                     /*loopback_only=*/options_.tls == nullptr));
  return absl::OkStatus();
}

void AsioServer::Run() {
  pulse_.Beat(Clock::Real().Now());
  asio::co_spawn(io_, Accept(), asio::detached);
  asio::co_spawn(io_, KeepTable(), asio::detached);
  thread_ = std::jthread([this] { RunConnections(io_, "server"); });
}

Awaitable<void> AsioServer::Accept() {
  asio::steady_timer retry(io_);
  while (acceptor_.is_open()) {
    auto [error, socket] = co_await acceptor_.async_accept(kAsTuple);
    if (error) {
      if (!acceptor_.is_open()) break;
      Log().warn("server: a connection was not accepted: {}", error.message());
      retry.expires_after(ToChrono(kAcceptRetry));
      co_await retry.async_wait(kAsTuple);
      continue;
    }
    const bool full = num_strangers_ >= options_.max_strangers;
    Count([full](ServerCounters& c) {
      ++c.connections;
      ++(full ? c.turned_away : c.strangers);
    });
    if (full) continue;  // the socket is closed as it goes out of scope
    ++num_strangers_;
    sessions_.emplace_front(std::move(socket), options_.tls);
    asio::co_spawn(io_, Serve(sessions_.begin()), asio::detached);
  }
}

Awaitable<void> AsioServer::Serve(Sessions::iterator session) {
  absl::Status status = co_await Greet(*session);
  --num_strangers_;
  CountBytes(*session);
  Count([&session](ServerCounters& c) {
    --c.strangers;
    c.failed_greetings += session->worker == 0 ? 1 : 0;
  });
  if (session->worker != 0) {
    Log().info("worker {} ({}) is connected", session->worker, session->stream.peer());
    status = co_await AnswerRequests(*session);
    coordinator_->Leave(session->worker);
    CountBytes(*session);
    if (!status.ok()) Count([](ServerCounters& c) { ++c.broken_sessions; });
    Log().info("worker {} ({}) is gone{}{}", session->worker, session->stream.peer(), status.ok() ? "" : ": ", std::string(status.message()));
  } else if (!status.ok()) {
    Log().debug("{} did not become a worker: {}", session->stream.peer(), std::string(status.message()));
  }
  sessions_.erase(session);
  MaybeEnd();
}

// TLS, Hello, Welcome or Refusal.
Awaitable<absl::Status> AsioServer::Greet(Session& session) {
  absl::Status status = co_await session.stream.Handshake(StreamRole::kServer, options_.handshake_time);
  if (!status.ok()) co_return status;
  const absl::StatusOr<Hello> hello = co_await session.stream.ReadHello(options_.handshake_time);
  Coordinator::Admission admission;
  if (hello.ok()) {
    const std::string peer = session.stream.peer();
    const std::function<Coordinator::Admission()> admit = [&] { return coordinator_->Admit(*hello, peer); };
    admission = co_await OnPool(admit);
  } else if (absl::IsInvalidArgument(hello.status())) {
    admission.reply = Coordinator::MakeRefusal(Refusal::MALFORMED, std::string(hello.status().message()));
  } else {
    co_return hello.status();
  }
  session.worker = admission.worker;
  status = co_await session.stream.Write(admission.reply, options_.handshake_time);
  if (admission.worker == 0) co_await session.stream.Finish(kFinishTime);
  co_return status;
}

Awaitable<absl::Status> AsioServer::AnswerRequests(Session& session) {
  const std::size_t max_bytes = std::max<std::size_t>(kMaxControlBytes, coordinator_->limits().max_chunk_bytes + kFrameOverheadBytes);
  const absl::Duration idle = coordinator_->limits().heartbeat * kHeartbeatsAllowed;
  const std::uint64_t worker = session.worker;
  asio::steady_timer throttle(io_);
  for (;;) {
    if (stopping_) {
      const WireMessage refusal = Coordinator::MakeRefusal(Refusal::STOPPING, "the coordinator is stopping", kFinishTime);
      co_await session.stream.Write(refusal, kFinishTime);
      co_await session.stream.Finish(kFinishTime);
      co_return absl::OkStatus();
    }
    const std::size_t read_before = session.stream.bytes_read();
    const absl::StatusOr<WireMessage> request = co_await session.stream.Read(max_bytes, idle, options_.frame_time);
    if (!request.ok()) co_return request.status();
    session.busy = true;
    const std::function<WireMessage()> answer = [&] { return coordinator_->Answer(worker, *request); };
    const WireMessage reply = co_await OnPool(answer);
    absl::Status status = co_await session.stream.Write(reply, options_.frame_time);
    session.busy = false;
    CountBytes(session);
    if (!status.ok()) co_return status;
    if (reply.has_refusal() || reply.has_bye()) {
      co_await session.stream.Finish(kFinishTime);
      co_return reply.has_bye() ? absl::OkStatus() : absl::PermissionDeniedError(reply.refusal().text());
    }
    const absl::Duration wait = coordinator_->Throttle(worker, session.stream.bytes_read() - read_before);
    if (wait > absl::ZeroDuration()) {
      throttle.expires_after(ToChrono(wait));
      co_await throttle.async_wait(kAsTuple);
    }
  }
}

Awaitable<void> AsioServer::KeepTable() {
  const std::function<absl::Status()> write = [this] { return coordinator_->WriteTable(); };
  while (!stopping_) {
    pulse_.Beat(Clock::Real().Now());
    const absl::Status written = co_await OnPool(write);
    if (!written.ok()) Log().warn("the table of workers is not written: {}", std::string(written.message()));
    if (stopping_) break;
    table_timer_.expires_after(ToChrono(kTableEvery));
    co_await table_timer_.async_wait(kAsTuple);
  }
}

void AsioServer::CountBytes(Session& session) {
  const std::size_t in = session.stream.bytes_read(), out = session.stream.bytes_written();
  Count([&session, in, out](ServerCounters& c) {
    c.received_bytes += static_cast<std::int64_t>(in - session.counted_in);
    c.sent_bytes += static_cast<std::int64_t>(out - session.counted_out);
  });
  session.counted_in = in;
  session.counted_out = out;
}

void AsioServer::Stop() {
  stopping_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  table_timer_.cancel();
  for (Session& session : sessions_) {
    if (!session.busy) session.stream.Close();
  }
  // Those at a request end after it; a peer that does not take its answer is not waited for.
  auto last_call = std::make_shared<asio::steady_timer>(io_, ToChrono(kFinishTime));
  last_call->async_wait([this, last_call](const boost::system::error_code&) {
    for (Session& session : sessions_) session.stream.Close();
  });
  stop_timer_ = last_call;
  MaybeEnd();
}

void AsioServer::MaybeEnd() {
  if (stopping_ && sessions_.empty() && stop_timer_ != nullptr) stop_timer_->cancel();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, Coordinator* coordinator) {
  auto server = std::make_unique<AsioServer>(options, coordinator);
  TANDEM_RETURN_IF_ERROR(server->Listen());
  server->Run();
  return server;
}

}  // namespace tandem
