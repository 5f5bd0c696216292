#include "tests/end_to_end/heartbeats.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <memory>
#include <utility>

#include "engine/base/status.h"
#include "selfplay/wire/asio.h"
#include "selfplay/wire/frame.h"
#include "selfplay/wire/stream.h"
#include "selfplay/wire/tls.h"

namespace tandem {
namespace {

using tcp = asio::ip::tcp;
using SteadyClock = std::chrono::steady_clock;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr int kGreetingAtOnce = 32;  // below what a coordinator takes of peers that it does not know yet
constexpr absl::Duration kPatience = absl::Seconds(60);

WireMessage HelloWith(const std::string& token) {
  WireMessage message;
  message.mutable_hello()->set_min_version(kMinWireVersion);
  message.mutable_hello()->set_max_version(kMaxWireVersion);
  message.mutable_hello()->set_token(token);
  message.mutable_hello()->set_name("heartbeats");
  return message;
}

WireMessage SomeHeartbeat() {
  WireMessage message;
  Heartbeat& beat = *message.mutable_heartbeat();
  beat.set_games(123456);
  beat.set_games_per_second(1);
  beat.set_spooled_chunks(1);
  beat.set_spooled_bytes(40000);
  beat.set_net_id("0123456789abcdef0123456789abcdef");
  beat.set_positions_per_second(30);
  beat.set_evaluations_per_second(1500);
  return message;
}

class Crowd {
 public:
  Crowd(const HeartbeatOrder& order, asio::ssl::context* tls)
      : order_(order), tls_(tls), streams_(static_cast<std::size_t>(order.sessions)), beat_(SomeHeartbeat()) {
    bye_.mutable_bye();
  }

  absl::Status Open() {
    for (int first = 0; first < kGreetingAtOnce; ++first) asio::co_spawn(io_, OpenEvery(first), asio::detached);
    io_.run();
    return status_;
  }

  HeartbeatReport Send() {
    const auto start = SteadyClock::now();
    end_ = start + ToChrono(order_.length);
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      // Spread over the interval.
      const auto first = start + ToChrono(order_.interval * static_cast<double>(i) / static_cast<double>(streams_.size()));
      asio::co_spawn(io_, Beat(i, first), asio::detached);
    }
    io_.restart();
    io_.run();
    HeartbeatReport report;
    report.seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
    report.answered = static_cast<std::int64_t>(milliseconds_.size());
    report.lost = lost_;
    std::sort(milliseconds_.begin(), milliseconds_.end());
    if (!milliseconds_.empty()) {
      report.median_ms = milliseconds_[milliseconds_.size() / 2];
      report.worst_percent_ms = milliseconds_[milliseconds_.size() * 99 / 100];
    }
    for (std::size_t i = 0; i < streams_.size(); ++i) asio::co_spawn(io_, Leave(i), asio::detached);
    io_.restart();
    io_.run();
    return report;
  }

 private:
  Awaitable<void> OpenEvery(int first) {
    for (int i = first; i < order_.sessions && status_.ok(); i += kGreetingAtOnce) {
      const absl::Status opened = co_await OpenOne(static_cast<std::size_t>(i));
      if (!opened.ok() && status_.ok()) status_ = Annotate(opened, absl::StrCat("session ", i));
    }
  }

  Awaitable<absl::Status> OpenOne(std::size_t i) {
    tcp::socket socket(io_);
    const tcp::endpoint endpoint(asio::ip::make_address("127.0.0.1"), order_.port);
    auto [error] = co_await socket.async_connect(endpoint, kAsTuple);
    if (error) co_return absl::UnavailableError(error.message());
    streams_[i] = std::make_unique<FrameStream>(std::move(socket), tls_);
    const absl::Status secure = co_await streams_[i]->Handshake(StreamRole::kClient, kPatience);
    if (!secure.ok()) co_return secure;
    const WireMessage hello = HelloWith(order_.tokens[i % order_.tokens.size()]);
    const absl::StatusOr<WireMessage> reply = co_await Ask(i, hello);
    if (!reply.ok()) co_return reply.status();
    co_return reply->has_welcome() ? absl::OkStatus() : absl::PermissionDeniedError(reply->refusal().text());
  }

  // `request` is a named variable of the caller: g++ 12 moves temporaries of a co_await expression as if they were plain bytes.
  Awaitable<absl::StatusOr<WireMessage>> Ask(std::size_t i, const WireMessage& request) {
    const absl::Status sent = co_await streams_[i]->Write(request, kPatience);
    if (!sent.ok()) co_return sent;
    co_return co_await streams_[i]->Read(kMaxControlBytes, kPatience, kPatience);
  }

  Awaitable<void> Beat(std::size_t i, SteadyClock::time_point next) {
    asio::steady_timer timer(io_);
    for (; next < end_ && SteadyClock::now() < end_; next += ToChrono(order_.interval)) {
      if (order_.interval > absl::ZeroDuration()) {
        timer.expires_at(next);
        co_await timer.async_wait(kAsTuple);
      }
      const auto asked = SteadyClock::now();
      const absl::StatusOr<WireMessage> reply = co_await Ask(i, beat_);
      if (!reply.ok() || !reply->has_news()) {
        ++lost_;
        co_return;
      }
      milliseconds_.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - asked).count());
    }
  }

  Awaitable<void> Leave(std::size_t i) {
    const absl::StatusOr<WireMessage> answer = co_await Ask(i, bye_);
    streams_[i]->Close();
  }

  const HeartbeatOrder order_;
  asio::ssl::context* const tls_;
  asio::io_context io_{1};
  std::vector<std::unique_ptr<FrameStream>> streams_;
  const WireMessage beat_;
  WireMessage bye_;
  SteadyClock::time_point end_;
  absl::Status status_;
  int lost_ = 0;
  std::vector<double> milliseconds_;
};

}  // namespace

absl::StatusOr<HeartbeatReport> SendHeartbeats(const HeartbeatOrder& order, void (*opened)()) {
  std::unique_ptr<asio::ssl::context> tls;
  if (!order.fingerprint.empty()) {
    TANDEM_ASSIGN_OR_RETURN(tls, MakeClientContext({.fingerprint = order.fingerprint, .ca_file = {}, .host = {}}));
  }
  Crowd crowd(order, tls.get());
  TANDEM_RETURN_IF_ERROR(crowd.Open());
  opened();
  return crowd.Send();
}

}  // namespace tandem
