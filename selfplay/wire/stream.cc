// One watchdog timer a connection: it closes the socket when an operation's time is up, which ends every pending operation of Asio and
// OpenSSL alike.
#include "selfplay/wire/stream.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "selfplay/wire/frame.h"

namespace tandem {
namespace {

constexpr std::size_t kBlockBytes = 1 << 16;
constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

using tcp = asio::ip::tcp;

std::string EndpointText(const tcp::socket& socket) {
  boost::system::error_code error;
  const tcp::endpoint endpoint = socket.remote_endpoint(error);
  if (error) return "a peer that is gone";
  return absl::StrCat(endpoint.address().to_string(), ":", endpoint.port());
}

}  // namespace

struct FrameStream::Connection {
  Connection(tcp::socket socket, asio::ssl::context* tls) : watchdog(socket.get_executor()) {
    if (tls != nullptr) {
      secure.emplace(std::move(socket), *tls);
    } else {
      plain.emplace(std::move(socket));
    }
  }
  tcp::socket& socket() { return secure ? secure->next_layer() : *plain; }
  void Close() {
    boost::system::error_code ignored;
    socket().shutdown(tcp::socket::shutdown_both, ignored);
    socket().close(ignored);
  }

  std::optional<asio::ssl::stream<tcp::socket>> secure;
  std::optional<tcp::socket> plain;
  asio::steady_timer watchdog;
  int operation = 0;  // number of the one under the watchdog's eye
  bool timed_out = false;
};

// In force while it lives.
class FrameStream::Deadline {
 public:
  Deadline(const std::shared_ptr<Connection>& connection, absl::Duration limit) : connection_(*connection) {
    const int operation = ++connection->operation;
    connection->watchdog.expires_after(ToChrono(limit));
    connection->watchdog.async_wait([connection, operation](const boost::system::error_code& error) {
      if (error || connection->operation != operation) return;
      connection->timed_out = true;
      connection->Close();
    });
  }
  ~Deadline() {
    ++connection_.operation;
    connection_.watchdog.cancel();
  }
  Deadline(const Deadline&) = delete;

 private:
  Connection& connection_;
};

FrameStream::FrameStream(tcp::socket socket, asio::ssl::context* tls)
    : connection_(std::make_shared<Connection>(std::move(socket), tls)), peer_(EndpointText(connection_->socket())) {
  boost::system::error_code ignored;
  connection_->socket().set_option(tcp::no_delay(true), ignored);
  connection_->socket().set_option(asio::socket_base::keep_alive(true), ignored);
}

FrameStream::~FrameStream() { connection_->Close(); }

void FrameStream::Close() { connection_->Close(); }

std::string FrameStream::peer() const { return peer_; }

absl::Status FrameStream::Failure(const boost::system::error_code& error, std::string_view doing) const {
  const std::string what = absl::StrCat(std::string(doing), " ", peer_, ": ");
  if (connection_->timed_out) return absl::DeadlineExceededError(what + "no progress within the time allowed");
  if (error == asio::error::eof || error == asio::ssl::error::stream_truncated || error == asio::error::connection_reset ||
      error == asio::error::broken_pipe) {
    return absl::UnavailableError(what + "the connection was closed");
  }
  return absl::UnavailableError(what + error.message());
}

Awaitable<absl::Status> FrameStream::Handshake(StreamRole role, absl::Duration deadline) {
  if (!connection_->secure) co_return absl::OkStatus();
  const Deadline watched(connection_, deadline);
  const auto type = role == StreamRole::kClient ? asio::ssl::stream_base::client : asio::ssl::stream_base::server;
  auto [error] = co_await connection_->secure->async_handshake(type, kAsTuple);
  if (!error) co_return absl::OkStatus();
  const bool verification = SSL_get_verify_result(connection_->secure->native_handle()) != X509_V_OK;
  connection_->Close();
  if (verification && !connection_->timed_out) {
    co_return absl::UnauthenticatedError(absl::StrCat("the certificate of ", peer_, " is not accepted: ",
                                                      X509_verify_cert_error_string(SSL_get_verify_result(connection_->secure->native_handle()))));
  }
  co_return Failure(error, "TLS handshake with");
}

Awaitable<absl::Status> FrameStream::ReadExactly(char* to, std::size_t size) {
  const auto buffer = asio::buffer(to, size);
  boost::system::error_code error;
  std::size_t got = 0;
  if (connection_->secure) {
    std::tie(error, got) = co_await asio::async_read(*connection_->secure, buffer, kAsTuple);
  } else {
    std::tie(error, got) = co_await asio::async_read(*connection_->plain, buffer, kAsTuple);
  }
  bytes_read_ += got;
  if (!error) co_return absl::OkStatus();
  connection_->Close();
  co_return Failure(error, "reading from");
}

// Not looked into yet.
struct FrameStream::Frame {
  FramePrefix prefix;
  std::string payload;
};

Awaitable<absl::StatusOr<FrameStream::Frame>> FrameStream::ReadFrame(std::size_t max_bytes, absl::Duration idle, absl::Duration deadline) {
  char prefix_bytes[kFramePrefixBytes];
  {
    const Deadline watched(connection_, idle);
    absl::Status status = co_await ReadExactly(prefix_bytes, sizeof(prefix_bytes));
    if (!status.ok()) co_return status;
  }
  const auto prefix = DecodeFramePrefix({prefix_bytes, sizeof(prefix_bytes)}, max_bytes);
  if (!prefix.ok()) {
    connection_->Close();
    co_return Annotate(prefix.status(), absl::StrCat("from ", peer_));
  }
  std::string payload;
  {
    const Deadline watched(connection_, deadline);
    while (payload.size() < prefix->length) {
      const std::size_t old = payload.size();
      // Blocks grow with what has come, so that a large frame takes few of them and a lie takes little.
      payload.resize(std::min<std::size_t>(prefix->length, old + std::max(kBlockBytes, old)));
      absl::Status status = co_await ReadExactly(payload.data() + old, payload.size() - old);
      if (!status.ok()) co_return status;
    }
  }
  co_return Frame{*prefix, std::move(payload)};
}

Awaitable<absl::StatusOr<WireMessage>> FrameStream::Read(std::size_t max_bytes, absl::Duration idle, absl::Duration deadline) {
  const absl::StatusOr<Frame> frame = co_await ReadFrame(max_bytes, idle, deadline);
  if (!frame.ok()) co_return frame.status();
  auto message = DecodeFramePayload(frame->prefix, frame->payload);
  if (!message.ok()) {
    connection_->Close();
    co_return Annotate(message.status(), absl::StrCat("from ", peer_));
  }
  co_return *std::move(message);
}

Awaitable<absl::StatusOr<Hello>> FrameStream::ReadHello(absl::Duration deadline) {
  const absl::StatusOr<Frame> frame = co_await ReadFrame(kMaxHelloBytes, deadline, deadline);
  if (!frame.ok()) co_return frame.status();
  auto hello = DecodeHelloPayload(frame->prefix, frame->payload);
  if (hello.ok()) co_return *std::move(hello);
  if (absl::IsInvalidArgument(hello.status())) co_return hello.status();
  connection_->Close();
  co_return Annotate(hello.status(), absl::StrCat("from ", peer_));
}

Awaitable<absl::Status> FrameStream::Write(const WireMessage& message, absl::Duration deadline) {
  const std::string frame = EncodeFrame(message);
  const Deadline watched(connection_, deadline);
  const auto buffer = asio::buffer(frame);
  boost::system::error_code error;
  std::size_t written = 0;
  if (connection_->secure) {
    std::tie(error, written) = co_await asio::async_write(*connection_->secure, buffer, kAsTuple);
  } else {
    std::tie(error, written) = co_await asio::async_write(*connection_->plain, buffer, kAsTuple);
  }
  bytes_written_ += written;
  if (!error) co_return absl::OkStatus();
  connection_->Close();
  co_return Failure(error, "writing to");
}

Awaitable<void> FrameStream::Finish(absl::Duration deadline) {
  if (connection_->secure && connection_->socket().is_open()) {
    const Deadline watched(connection_, deadline);
    auto [ignored] = co_await connection_->secure->async_shutdown(kAsTuple);
    (void)ignored;
  }
  connection_->Close();
}

}  // namespace tandem
