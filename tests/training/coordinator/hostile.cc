#include "tests/training/coordinator/hostile.h"

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include "selfplay/wire/asio.h"
#include "selfplay/wire/frame.h"

namespace tandem {
namespace {

using tcp = asio::ip::tcp;

std::string RandomBytes(Rng& rng, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(rng());
  return bytes;
}

WireMessage HelloMessage(const std::string& token) {
  WireMessage message;
  message.mutable_hello()->set_min_version(kMinWireVersion);
  message.mutable_hello()->set_max_version(kMaxWireVersion);
  message.mutable_hello()->set_token(token);
  message.mutable_hello()->set_name("hostile");
  return message;
}

// Some request, often an ill-formed one.
WireMessage RandomRequest(Rng& rng) {
  WireMessage message;
  switch (rng.Below(8)) {
    case 0:
      message.mutable_put_chunk()->set_data(RandomBytes(rng, rng.Below(2000)));
      break;
    case 1:
      message.mutable_put_chunk()->set_chunk_id("0123456789abcdef0123456789abcdef");
      message.mutable_put_chunk()->set_data("TNDMCHK1" + RandomBytes(rng, rng.Below(100)));
      break;
    case 2:
      message.mutable_get_network()->set_net_id(RandomBytes(rng, 32));
      message.mutable_get_network()->set_offset(rng());
      break;
    case 3:
      message.mutable_get_canaries()->set_net_id("../../../etc/passwd");
      break;
    case 4:
      message.mutable_heartbeat()->set_games(rng());
      message.mutable_heartbeat()->set_net_id(RandomBytes(rng, 300));
      break;
    case 5:
      message.mutable_welcome()->set_version(7);
      break;
    case 6:
      message.mutable_hello()->set_token("again");
      break;
    default:
      message.mutable_bye();
  }
  return message;
}

std::string HostileBytes(const std::string& good_token, Rng& rng) {
  std::string frame = EncodeFrame(HelloMessage(rng.Below(2) == 0 ? good_token : "tandem_00000000_no"));
  switch (rng.Below(8)) {
    case 0:
      return RandomBytes(rng, rng.Below(300));
    case 1:
      return frame.substr(0, rng.Below(static_cast<std::uint32_t>(frame.size())));
    case 2: {
      const std::uint32_t bit = rng.Below(static_cast<std::uint32_t>(8 * frame.size()));
      frame[bit / 8] = static_cast<char>(frame[bit / 8] ^ (1 << (bit % 8)));
      return frame;
    }
    case 3:
      return std::string("\xff\xff\xff\x7f", 4) + RandomBytes(rng, 100);
    case 4:
      return "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    case 5:
      return EncodeFrame(RandomRequest(rng));
    case 6:
      for (std::uint32_t i = rng.Below(4); i > 0; --i) frame += EncodeFrame(RandomRequest(rng));
      return frame;
    default:
      return frame + RandomBytes(rng, rng.Below(500));
  }
}

}  // namespace

struct RawClient::Socket {
  asio::io_context io;
  tcp::socket socket{io};
};

RawClient::RawClient(std::uint16_t port) : socket_(new Socket) {
  socket_->socket.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), port));
}
RawClient::~RawClient() { delete socket_; }

void RawClient::Send(const std::string& bytes) { asio::write(socket_->socket, asio::buffer(bytes)); }

std::string RawClient::ReadToTheEnd() {
  std::string bytes;
  boost::system::error_code error;
  asio::read(socket_->socket, asio::dynamic_buffer(bytes), error);
  return bytes;
}

WireMessage RawClient::Read() {
  std::string prefix(kFramePrefixBytes, '\0');
  boost::system::error_code error;
  asio::read(socket_->socket, asio::buffer(prefix), error);
  if (error) return {};
  const auto decoded = DecodeFramePrefix(prefix, kMaxControlBytes);
  if (!decoded.ok()) return {};
  std::string payload(decoded->length, '\0');
  asio::read(socket_->socket, asio::buffer(payload), error);
  return error ? WireMessage() : DecodeFramePayload(*decoded, payload).value_or(WireMessage());
}

void RawClient::Reset() {
  boost::system::error_code ignored;
  socket_->socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_->socket.close(ignored);
}

void HostileSession(std::uint16_t port, const std::string& good_token, Rng& rng) {
  try {
    RawClient client(port);
    const std::string bytes = HostileBytes(good_token, rng);
    if (!bytes.empty()) client.Send(bytes);
    if (rng.Below(32) == 0) client.Read();
    client.Reset();
  } catch (const boost::system::system_error&) {
    // The server was quicker to close.
  }
}

bool IsWelcome(std::uint16_t port, const std::string& token) {
  RawClient client(port);
  client.Send(EncodeFrame(HelloMessage(token)));
  const bool welcome = client.Read().has_welcome();
  WireMessage bye;
  bye.mutable_bye();
  if (welcome) client.Send(EncodeFrame(bye));
  return welcome && client.Read().has_bye();
}

}  // namespace tandem
