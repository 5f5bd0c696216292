#include "selfplay/monitor/http_server.h"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <stdexcept>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "selfplay/wire/asio.h"

namespace tandem {
namespace {

using asio::ip::tcp;
using testing::HasSubstr;
using testing::StartsWith;

// A peer that sends whatever bytes it is told.
class Peer {
 public:
  explicit Peer(std::uint16_t port) { socket_.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), port)); }
  void Send(const std::string& bytes) {
    boost::system::error_code ignored;
    asio::write(socket_, asio::buffer(bytes), ignored);
  }
  std::string ReadToTheEnd() {
    std::string bytes;
    boost::system::error_code ignored;
    asio::read(socket_, asio::dynamic_buffer(bytes), ignored);
    return bytes;
  }

 private:
  asio::io_context io_;
  tcp::socket socket_{io_};
};

class HttpServerTest : public testing::Test {
 protected:
  void Start(const HttpLimits& limits = {}) {
    HttpPages pages;
    pages["/page"] = [this] { return HttpReply{200, "look " + std::to_string(++looks_), "text/plain"}; };
    pages["/ill"] = [] { return HttpReply{503, "ill\n"}; };
    pages["/throws"] = []() -> HttpReply { throw std::runtime_error("no memory"); };
    auto server = HttpServer::Start({"127.0.0.1", 0}, std::move(pages), limits);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  std::string Ask(const std::string& bytes) {
    Peer peer(server_->port());
    peer.Send(bytes);
    return peer.ReadToTheEnd();
  }
  absl::StatusOr<std::string> Get(const std::string& path) { return HttpGet({"127.0.0.1", server_->port()}, path); }

  int looks_ = 0;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, ShowsAPageAnewEachTimeWithAQueryOrWithout) {
  Start();
  EXPECT_EQ(*Get("/page"), "look 1");
  EXPECT_EQ(*Get("/page?since=3"), "look 2");
  const std::string answer = Ask("GET /page HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
}

TEST_F(HttpServerTest, AnswersTwoPagesAfterOneAnotherAlsoToOldClients) {
  Start();
  EXPECT_THAT(Ask("GET /page HTTP/1.0\r\n\r\n"), HasSubstr("\r\n\r\nlook 1"));
}

TEST_F(HttpServerTest, KnowsNoOtherPagesAndNoOtherMethods) {
  Start();
  EXPECT_THAT(Ask("GET /other HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask("GET /../etc/passwd HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "HEAD"}) {
    const std::string answer = Ask(std::string(method) + " /page HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 ")) << method;
    EXPECT_THAT(answer, HasSubstr("Allow: GET\r\n")) << method;
  }
  EXPECT_EQ(looks_, 0);
}

TEST_F(HttpServerTest, SaysWhatIsWrongWithAHeadThatIsTooLongOrNoHttp) {
  Start();
  EXPECT_THAT(Ask("GET /page HTTP/1.1\r\nX: " + std::string(9000, 'x') + "\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(Ask("no http at all\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask(std::string("\x16\x03\x01\x02\x00\x01\r\n\r\n", 10)), StartsWith("HTTP/1.1 400 "));
  EXPECT_EQ(*Get("/page"), "look 1");
}

TEST_F(HttpServerTest, CutsAPeerThatSendsItsHeadTooSlowly) {
  HttpLimits limits;
  limits.read_time = absl::Milliseconds(50);
  Start(limits);
  EXPECT_EQ(Ask("GET /page HT"), "") << "closed without an answer";
  EXPECT_EQ(Ask(""), "");
}

TEST_F(HttpServerTest, KeepsOnlyAFewConnectionsAndLetsOthersInOnceTheyAreGone) {
  HttpLimits limits;
  limits.connections = 2;
  Start(limits);
  std::vector<std::unique_ptr<Peer>> idle;
  for (int i = 0; i < 2; ++i) idle.push_back(std::make_unique<Peer>(server_->port()));
  EXPECT_EQ(Peer(server_->port()).ReadToTheEnd(), "");
  idle.clear();
  while (!Get("/page").ok()) {
  }
}

TEST_F(HttpServerTest, TellsFailuresOfPagesAndOfTheWayApart) {
  Start();
  EXPECT_EQ(Get("/none").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Get("/ill").status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(Ask("GET /throws HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
  const HostPort address{"127.0.0.1", server_->port()};
  server_.reset();
  EXPECT_EQ(HttpGet(address, "/page").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(HttpServerTest, GivesUpOnAPeerThatNeverAnswers) {
  asio::io_context io;
  tcp::acceptor silent(io, tcp::endpoint(asio::ip::make_address("127.0.0.1"), 0));
  const HostPort address{"127.0.0.1", silent.local_endpoint().port()};
  EXPECT_EQ(HttpGet(address, "/page", absl::Milliseconds(50)).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(HttpServerTest, SaysThatAPortIsTakenAndThatAHostIsNone) {
  Start();
  EXPECT_EQ(HttpServer::Start({"127.0.0.1", server_->port()}, {}).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(HttpServer::Start({"no-such-host.invalid", 0}, {}).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tandem
