#include "selfplay/wire/listener.h"

#include <boost/asio/post.hpp>
#include <stdexcept>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "selfplay/wire/asio.h"

namespace tandem {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using tcp = asio::ip::tcp;

class ListenerTest : public testing::Test {
 protected:
  absl::StatusOr<ListeningAt> Open(tcp::acceptor& acceptor, const HostPort& at) { return Listen(acceptor, at, "--door", loopback_only_); }

  bool loopback_only_ = false;
  asio::io_context io_;
  tcp::acceptor first_{io_}, second_{io_};
};

TEST_F(ListenerTest, TakesAnyFreePortForZeroAndSaysWhichOne) {
  const auto at = Open(first_, {"127.0.0.1", 0});
  ASSERT_TRUE(at.ok()) << at.status();
  EXPECT_GT(at->port, 0);
  EXPECT_EQ(at->address, "127.0.0.1:" + std::to_string(at->port));
  tcp::socket client(io_);
  client.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), at->port));
}

TEST_F(ListenerTest, NamesTheOptionThatGaveAnAddressWhichIsTakenOrNowhere) {
  const std::uint16_t port = Open(first_, {"127.0.0.1", 0})->port;
  const absl::Status taken = Open(second_, {"127.0.0.1", port}).status();
  EXPECT_EQ(taken.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(taken.message()), StartsWith("--door 127.0.0.1:"));
  tcp::acceptor third(io_);
  const absl::Status nowhere = Open(third, {"no-such-host.invalid", 1}).status();
  EXPECT_EQ(nowhere.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(nowhere.message()), StartsWith("--door no-such-host.invalid:1"));
}

TEST_F(ListenerTest, KeepsToLoopbackWhereThatIsAsked) {
  loopback_only_ = true;
  EXPECT_THAT(std::string(Open(first_, {"0.0.0.0", 0}).status().message()), HasSubstr("loopback"));
  EXPECT_TRUE(Open(second_, {"127.0.0.1", 0}).ok());
}

TEST_F(ListenerTest, RunsOtherConnectionsOnAfterOneThrew) {
  bool reached = false;
  asio::post(io_, [] { throw std::runtime_error("no memory for this one"); });
  asio::post(io_, [&reached] { reached = true; });
  RunConnections(io_, "test");
  EXPECT_TRUE(reached);
}

}  // namespace
}  // namespace tandem
