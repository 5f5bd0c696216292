#include "selfplay/monitor/http_server.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/log.h"
#include "engine/base/status.h"
#include "selfplay/wire/asio.h"
#include "selfplay/wire/listener.h"

namespace tandem {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;
constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr absl::Duration kAcceptRetry = absl::Milliseconds(100);  // after "too many open files" and the like
constexpr std::uint64_t kMaxReplyBytes = 16 << 20;                // that HttpGet takes

using Response = http::response<http::string_body>;

class BeastServer : public HttpServer {
 public:
  BeastServer(HttpPages pages, const HttpLimits& limits) : pages_(std::move(pages)), limits_(limits) {}
  ~BeastServer() override { io_.stop(); }

  absl::Status Listen(const HostPort& address);
  void Run();

  std::string address() const override { return listening_.address; }
  std::uint16_t port() const override { return listening_.port; }

 private:
  Awaitable<void> Accept();
  Awaitable<void> Serve(tcp::socket socket);
  Response Answer(const http::request<http::empty_body>& request) const;

  const HttpPages pages_;
  const HttpLimits limits_;
  ListeningAt listening_;
  int num_connections_ = 0;
  asio::io_context io_{1};
  tcp::acceptor acceptor_{io_};
  std::jthread thread_;
};

Response MakeResponse(int status, std::string body, const std::string& content_type) {
  Response response;
  response.result(static_cast<unsigned>(status));
  response.set(http::field::content_type, content_type);
  response.set(http::field::cache_control, "no-store");
  response.body() = std::move(body);
  response.keep_alive(false);
  response.prepare_payload();
  return response;
}

Response Problem(http::status status) {
  return MakeResponse(static_cast<int>(status), std::string(http::obsolete_reason(status)) + "\n", HttpReply().content_type);
}

absl::Status BeastServer::Listen(const HostPort& address) {
  TANDEM_ASSIGN_OR_RETURN(listening_, tandem::Listen(acceptor_, address, "--metrics", /*loopback_only=*/false));
  return absl::OkStatus();
}

void BeastServer::Run() {
  asio::co_spawn(io_, Accept(), asio::detached);
  thread_ = std::jthread([this] { RunConnections(io_, "monitor"); });
}

Awaitable<void> BeastServer::Accept() {
  asio::steady_timer retry(io_);
  for (;;) {
    auto [error, socket] = co_await acceptor_.async_accept(kAsTuple);
    if (error) {
      retry.expires_after(ToChrono(kAcceptRetry));
      co_await retry.async_wait(kAsTuple);
    } else if (num_connections_ < limits_.connections) {
      ++num_connections_;
      asio::co_spawn(io_, Serve(std::move(socket)), [this](const std::exception_ptr&) { --num_connections_; });
    }
  }
}

Awaitable<void> BeastServer::Serve(tcp::socket socket) {
  beast::tcp_stream stream(std::move(socket));
  // One byte beyond the limit, so that the parser sees an excess before the buffer is full.
  beast::flat_buffer buffer(limits_.head_bytes + 1);
  http::request_parser<http::empty_body> parser;
  parser.header_limit(limits_.head_bytes);
  stream.expires_after(ToChrono(limits_.read_time));
  auto [error, head_bytes] = co_await http::async_read_header(stream, buffer, parser, kAsTuple);
  Response response;
  if (!error) {
    response = Answer(parser.get());
  } else if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    response = Problem(http::status::request_header_fields_too_large);
  } else if (error.category() == make_error_code(http::error::bad_method).category() && error != http::error::end_of_stream &&
             error != http::error::partial_message) {
    response = Problem(http::status::bad_request);
  } else {
    co_return;  // gone, or out of time
  }
  stream.expires_after(ToChrono(limits_.write_time));
  auto [write_error, written_bytes] = co_await http::async_write(stream, response, kAsTuple);
  if (!write_error) stream.socket().shutdown(tcp::socket::shutdown_send, write_error);
}

Response BeastServer::Answer(const http::request<http::empty_body>& request) const {
  const std::string target(request.target());
  const auto page = pages_.find(target.substr(0, target.find('?')));
  if (page == pages_.end()) return Problem(http::status::not_found);
  if (request.method() != http::verb::get) {
    Response response = Problem(http::status::method_not_allowed);
    response.set(http::field::allow, "GET");
    return response;
  }
  try {
    HttpReply reply = page->second();
    return MakeResponse(reply.status, std::move(reply.body), reply.content_type);
  } catch (const std::exception& error) {
    Log().error("monitor: {}: {}", page->first, error.what());
    return Problem(http::status::internal_server_error);
  }
}

Awaitable<void> Get(const HostPort& address, const std::string& path, absl::Duration time, absl::StatusOr<std::string>& result) {
  const std::string where = absl::StrCat("http://", address.host, ":", address.port, path);
  const auto failure = [&where](const boost::system::error_code& error) {
    if (error == beast::error::timeout) return absl::DeadlineExceededError(where + ": no answer in time");
    if (error == http::error::body_limit) return absl::ResourceExhaustedError(where + ": the answer is too long");
    return absl::UnavailableError(absl::StrCat(where, ": ", error.message()));
  };
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  const std::string port = std::to_string(address.port);
  auto [resolve_error, found] = co_await resolver.async_resolve(address.host, port, kAsTuple);
  if (resolve_error) {
    result = failure(resolve_error);
    co_return;
  }
  beast::tcp_stream stream(executor);
  stream.expires_after(ToChrono(time));  // for all that follows
  auto [connect_error, endpoint] = co_await stream.async_connect(found, kAsTuple);
  if (connect_error) {
    result = failure(connect_error);
    co_return;
  }
  http::request<http::empty_body> request(http::verb::get, path, 11);
  request.set(http::field::host, address.host);
  auto [write_error, written_bytes] = co_await http::async_write(stream, request, kAsTuple);
  if (write_error) {
    result = failure(write_error);
    co_return;
  }
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(kMaxReplyBytes);
  auto [read_error, read_bytes] = co_await http::async_read(stream, buffer, parser, kAsTuple);
  if (read_error) {
    result = failure(read_error);
  } else if (parser.get().result() == http::status::not_found) {
    result = absl::NotFoundError(where + " is no page there; is it the right port?");
  } else if (parser.get().result() != http::status::ok) {
    result = absl::InternalError(absl::StrCat(where, " answers ", parser.get().result_int()));
  } else {
    result = std::move(parser.get().body());
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const HostPort& address, HttpPages pages, const HttpLimits& limits) {
  auto server = std::make_unique<BeastServer>(std::move(pages), limits);
  TANDEM_RETURN_IF_ERROR(server->Listen(address));
  server->Run();
  return server;
}

absl::StatusOr<std::string> HttpGet(const HostPort& address, const std::string& path, absl::Duration time) {
  asio::io_context io{1};
  absl::StatusOr<std::string> result = absl::InternalError("no answer");
  asio::co_spawn(io, Get(address, path, time, result), asio::detached);
  io.run();
  return result;
}

}  // namespace tandem
